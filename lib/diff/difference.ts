import { isBranch, isObjectBranch, isPlainObject, isSameKind, getOwn } from '../util/branches.js';
import { canonicalString, isSameLeaf } from '../snapshot/canonical-string.js';
import { alignLists } from './align-lists.js';
import { ContentNumbers } from './content-numbers.js';
import { identityOf } from './element-identity.js';
import { REDACTED } from '../secrets/secret-names.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import { typeName } from './type-name.js';

/** The difference between two values, in the shape of these values. Contains no secrets. */
export type Difference = ValueDifference | MembersDifference | ElementsDifference;

/** A difference of a value as a whole. */
export interface ValueDifference {
  readonly kind: 'added' | 'removed' | 'changed' | 'typeChanged';
  readonly previous: unknown;
  readonly current: unknown;
}

/** The differing members of an object. */
export interface MembersDifference {
  readonly kind: 'members';
  readonly members: readonly (readonly [key: string, difference: Difference])[];
}

/** The differing elements of a list. */
export interface ElementsDifference {
  readonly kind: 'elements';
  /** In the order of the current list; removed elements come last. */
  readonly elements: readonly ElementDifference[];
  /** For each element its previous index; -1 if it is new. */
  readonly origins: Int32Array;
  /** The number of elements before. */
  readonly previousLength: number;
  /** Returns the whole current list, for a patch that replaces the list. */
  readonly current: () => unknown;
}

/** The parts of a secret policy that a comparison calls. */
export type DiffSecrets = Pick<SecretPolicy, 'isSecret' | 'redact'>;

/** A difference of one element of a list. */
export interface ElementDifference {
  /** The current index; the previous index if the element was removed. */
  readonly index: number;
  /** The previous index; undefined if the element is new. */
  readonly previousIndex: number | undefined;
  /** The identity of the element, if the elements of its list have one: `name: eu-1`. */
  readonly label: string | undefined;
  /** Present if the element has changed its order among the others. */
  readonly moved?: { readonly previous: unknown; readonly current: unknown };
  /** Present if the element is new, removed or differs inside. */
  readonly difference?: Difference;
}

/**
 * Compares two trees. Parts that both trees share are skipped by reference, so the cost depends on what changed: the
 * differing values, the members of the objects around them, and the matching of the lists around them.
 */
export class TreeComparison {
  /** The keys of the value that is being compared. The two paths differ if an element has another index than before. */
  readonly #before: string[] = [];
  readonly #after: string[] = [];
  readonly #contents = new ContentNumbers();

  constructor(private readonly secrets: DiffSecrets) {}

  compare(previous: unknown, current: unknown): Difference | undefined {
    if (Object.is(previous, current)) return undefined;
    if (this.#isSecret()) return compareSecrets(previous, current);
    if (Array.isArray(previous) && Array.isArray(current)) return this.#compareLists(previous, current);
    if (isObjectBranch(previous) && isObjectBranch(current) && isComparable(previous, current))
      return this.#compareObjects(previous, current);
    if ((!isBranch(previous) || !isBranch(current)) && isSameLeaf(previous, current)) return undefined;
    return this.#replaced(previous, current);
  }

  #compareObjects(
    previous: Record<string, unknown>,
    current: Record<string, unknown>,
  ): MembersDifference | undefined {
    const members: [string, Difference][] = [];
    const compareMember = (key: string, before: unknown, after: unknown) => {
      if (Object.is(before, after)) return;
      const difference = this.#below(key, key, () => this.#compareMember(before, after));
      if (difference !== undefined) members.push([key, difference]);
    };
    for (const key of Object.keys(current)) compareMember(key, getOwn(previous, key), current[key]);
    for (const key of Object.keys(previous))
      if (!Object.hasOwn(current, key)) compareMember(key, previous[key], undefined);
    return members.length > 0 ? { kind: 'members', members } : undefined;
  }

  /** A member that is undefined counts as missing. */
  #compareMember(previous: unknown, current: unknown): Difference | undefined {
    return previous === undefined || current === undefined
      ? this.#replaced(previous, current)
      : this.compare(previous, current);
  }

  #compareLists(previous: readonly unknown[], current: readonly unknown[]): ElementsDifference | undefined {
    const { origins, moved, identityKey } = alignLists(previous, current, this.#contents);
    const elements: ElementDifference[] = [];
    origins.forEach((origin, index) => {
      const element = current[index];
      if (origin >= 0 && !moved.has(index) && Object.is(previous[origin], element)) return;
      const previousIndex = origin >= 0 ? origin : undefined;
      const found = this.#below(String(previousIndex ?? index), String(index), () => ({
        label: this.#label(element, identityKey),
        ...(moved.has(index) && { moved: this.#redacted(previous[origin], element) }),
        ...differenceOf(
          origin < 0 ? this.#replaced(undefined, element) : this.compare(previous[origin], element),
        ),
      }));
      if ('moved' in found || 'difference' in found) elements.push({ index, previousIndex, ...found });
    });
    const kept = new Set(origins);
    previous.forEach((element, index) => {
      if (kept.has(index)) return;
      const key = String(index);
      const found = this.#below(key, key, () => ({
        label: this.#label(element, identityKey),
        difference: this.#replaced(element, undefined),
      }));
      elements.push({ index, previousIndex: index, ...found });
    });
    if (elements.length === 0) return undefined;
    const segments = [...this.#after];
    const whole = () => this.secrets.redact(current, segments);
    return { kind: 'elements', elements, origins, previousLength: previous.length, current: whole };
  }

  #replaced(previous: unknown, current: unknown): ValueDifference {
    const kind =
      previous === undefined ? 'added' : current === undefined ? 'removed' : kindOfChange(previous, current);
    return { kind, ...this.#redacted(previous, current) };
  }

  #redacted(previous: unknown, current: unknown): { previous: unknown; current: unknown } {
    const isSecret = this.#isSecret();
    const redacted = (value: unknown, keys: readonly string[]) =>
      isSecret && value !== undefined ? REDACTED : this.secrets.redact(value, keys);
    return { previous: redacted(previous, this.#before), current: redacted(current, this.#after) };
  }

  #label(element: unknown, identityKey: string | undefined): string | undefined {
    if (identityKey === undefined) return undefined;
    const identity = identityOf(element, identityKey);
    const shown = this.#below(identityKey, identityKey, () => this.#redacted(identity, identity).current);
    return shown === REDACTED ? undefined : `${identityKey}: ${String(shown)}`;
  }

  #isSecret(): boolean {
    return this.secrets.isSecret(this.#after) || this.secrets.isSecret(this.#before);
  }

  #below<R>(before: string, after: string, compare: () => R): R {
    this.#before.push(before);
    this.#after.push(after);
    const found = compare();
    this.#before.pop();
    this.#after.pop();
    return found;
  }
}

/** Reports only that a secret changed, not even a change of its type. */
function compareSecrets(previous: unknown, current: unknown): ValueDifference | undefined {
  if (canonicalString(previous) === canonicalString(current)) return undefined;
  return { kind: 'changed', previous: REDACTED, current: REDACTED };
}

function kindOfChange(previous: unknown, current: unknown): 'changed' | 'typeChanged' {
  return typeName(previous) === typeName(current) ? 'changed' : 'typeChanged';
}

/** `true` for two instances of one class, and for a plain object, as a source returns it, and an instance of a schema class. */
function isComparable(a: object, b: object): boolean {
  return isPlainObject(a) || isPlainObject(b) || isSameKind(a, b);
}

function differenceOf(difference: Difference | undefined): { difference?: Difference } {
  return difference === undefined ? {} : { difference };
}
