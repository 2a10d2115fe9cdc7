import { isBranch, isObjectBranch, isPlainObject, isSameKind, ownMember } from '../util/branches.js';
import { contentText } from '../snapshot/content-text.js';
import { sameLeaf } from '../snapshot/equality.js';
import { align, nameOf } from './alignment.js';
import { HIDDEN } from '../secrets/secret-names.js';
import { type SecretPaths, typeOf, withoutSecrets } from './json-value.js';

/** How a value differs from what it was; holds no secrets. Follows the shape of what is compared. */
export type Difference = ValueDifference | MembersDifference | ElementsDifference;

/** A value as a whole. */
export interface ValueDifference {
  readonly kind: 'added' | 'removed' | 'changed' | 'typeChanged';
  readonly previous: unknown;
  readonly current: unknown;
}

/** An object some of whose members differ. */
export interface MembersDifference {
  readonly kind: 'members';
  readonly members: readonly (readonly [key: string, difference: Difference])[];
}

/** A list some of whose elements differ. */
export interface ElementsDifference {
  readonly kind: 'elements';
  /** What differs, in the order of the list as it is now; what was removed comes last. */
  readonly elements: readonly ElementDifference[];
  /** For each element its index before; -1 where it is new. */
  readonly origins: Int32Array;
  /** How many elements there were. */
  readonly previousLength: number;
  /** The whole list as it is now, for whoever had rather replace it. */
  readonly current: () => unknown;
}

/** One element of a list. */
export interface ElementDifference {
  /** Its index now; where it was removed, before. */
  readonly index: number;
  /** Its index before; undefined where it is new. */
  readonly previousIndex: number | undefined;
  /** What people call it, where its list has such: `name: eu-1`. */
  readonly label: string | undefined;
  /** Given where it changed its place among the others. */
  readonly moved?: { readonly previous: unknown; readonly current: unknown };
  /** Given where it is new, gone or differs within. */
  readonly difference?: Difference;
}

/**
 * Compares two trees. What both share is skipped by reference, so the cost follows what changed: the differing values,
 * the members of the objects around them, and n log n of a list whose elements differ.
 */
export class Comparison {
  /** The keys to where the comparison is; they differ where an element has another index than before. */
  readonly #before: string[] = [];
  readonly #after: string[] = [];

  constructor(private readonly secrets: SecretPaths) {}

  compare(previous: unknown, current: unknown): Difference | undefined {
    if (Object.is(previous, current)) return undefined;
    if (this.#isSecret()) return compareSecrets(previous, current);
    if (Array.isArray(previous) && Array.isArray(current)) return this.#compareLists(previous, current);
    if (isObjectBranch(previous) && isObjectBranch(current) && isComparable(previous, current))
      return this.#compareObjects(previous, current);
    if ((!isBranch(previous) || !isBranch(current)) && sameLeaf(previous, current)) return undefined;
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
    for (const key of Object.keys(current)) compareMember(key, ownMember(previous, key), current[key]);
    for (const key of Object.keys(previous))
      if (!Object.hasOwn(current, key)) compareMember(key, previous[key], undefined);
    return members.length > 0 ? { kind: 'members', members } : undefined;
  }

  /** A member that is undefined is not there. */
  #compareMember(previous: unknown, current: unknown): Difference | undefined {
    return previous === undefined || current === undefined
      ? this.#replaced(previous, current)
      : this.compare(previous, current);
  }

  #compareLists(previous: readonly unknown[], current: readonly unknown[]): ElementsDifference | undefined {
    const { origins, moved, identity } = align(previous, current);
    const elements: ElementDifference[] = [];
    origins.forEach((origin, index) => {
      const element = current[index];
      if (origin >= 0 && !moved.has(index) && Object.is(previous[origin], element)) return;
      const previousIndex = origin >= 0 ? origin : undefined;
      const found = this.#below(String(previousIndex ?? index), String(index), () => ({
        label: this.#label(element, identity),
        ...(moved.has(index) && { moved: this.#shown(previous[origin], element) }),
        ...differenceOf(
          origin < 0 ? this.#replaced(undefined, element) : this.compare(previous[origin], element),
        ),
      }));
      if ('moved' in found || 'difference' in found) elements.push({ index, previousIndex, ...found });
    });
    const stayed = new Set(origins);
    previous.forEach((element, index) => {
      if (stayed.has(index)) return;
      const key = String(index);
      const found = this.#below(key, key, () => ({
        label: this.#label(element, identity),
        difference: this.#replaced(element, undefined),
      }));
      elements.push({ index, previousIndex: index, ...found });
    });
    if (elements.length === 0) return undefined;
    const segments = [...this.#after];
    const whole = () => withoutSecrets(current, segments, this.secrets);
    return { kind: 'elements', elements, origins, previousLength: previous.length, current: whole };
  }

  #replaced(previous: unknown, current: unknown): ValueDifference {
    const kind =
      previous === undefined ? 'added' : current === undefined ? 'removed' : kindOfChange(previous, current);
    return { kind, ...this.#shown(previous, current) };
  }

  #shown(previous: unknown, current: unknown): { previous: unknown; current: unknown } {
    const isSecret = this.#isSecret();
    const show = (value: unknown, keys: readonly string[]) =>
      isSecret && value !== undefined ? HIDDEN : withoutSecrets(value, keys, this.secrets);
    return { previous: show(previous, this.#before), current: show(current, this.#after) };
  }

  #label(element: unknown, identity: string | undefined): string | undefined {
    if (identity === undefined) return undefined;
    const name = nameOf(element, identity);
    const shown = this.#below(identity, identity, () => this.#shown(name, name).current);
    return shown === HIDDEN ? undefined : `${identity}: ${String(shown)}`;
  }

  #isSecret(): boolean {
    return this.secrets.isSecret(this.#after) || this.secrets.isSecret(this.#before);
  }

  #below<R>(before: string, after: string, look: () => R): R {
    this.#before.push(before);
    this.#after.push(after);
    const found = look();
    this.#before.pop();
    this.#after.pop();
    return found;
  }
}

/** Of a secret it is told that it changed, not even to which type. */
function compareSecrets(previous: unknown, current: unknown): ValueDifference | undefined {
  if (contentText(previous) === contentText(current)) return undefined;
  return { kind: 'changed', previous: HIDDEN, current: HIDDEN };
}

function kindOfChange(previous: unknown, current: unknown): 'changed' | 'typeChanged' {
  return typeOf(previous) === typeOf(current) ? 'changed' : 'typeChanged';
}

/** A plain object, as a source yields it, and an instance of a schema class are compared by their members. */
function isComparable(a: object, b: object): boolean {
  return isPlainObject(a) || isPlainObject(b) || isSameKind(a, b);
}

function differenceOf(difference: Difference | undefined): { difference?: Difference } {
  return difference === undefined ? {} : { difference };
}
