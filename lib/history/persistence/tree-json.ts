import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ConfigValue } from '../../model/config-tree.js';
import type { ContentLimits } from '../../limits/content-limits.js';
import { inspectTree } from '../../limits/inspect-tree.js';
import { setOwn } from '../../util/branches.js';
import { redactCredentials } from '../../secrets/credentials.js';
import { formatPath } from '../../model/paths.js';
import { UnusableVersionFile } from './version-file.js';

/** Checks whether the value at a path must not be on disk in the clear. A branch is checked without its value. */
export type IsSecret = (segments: readonly string[], value?: string) => boolean;

/** A secret value that was left out of the JSON. */
export interface OmittedSecret {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** A tree as JSON, without the secrets in it. */
export interface TreeJson {
  readonly json: string;
  readonly secrets: readonly OmittedSecret[];
}

/** A tree that was read from JSON, with `null` in the place of each absent value. */
export interface ParsedTree {
  readonly tree: ConfigValue;
  /** The paths of the values that are not in the JSON. */
  readonly absentPaths: readonly (readonly string[])[];
}

/**
 * Stands for a value that JSON cannot represent, or must not contain: in the tree, `null` is in its place. It is stored
 * beside the tree, so that a value of the configuration can never be taken for a placeholder.
 */
interface Placeholder {
  readonly path: readonly string[];
  /** `absent` if the value is not in the JSON: a secret, an instance of a class. */
  readonly kind: 'number' | 'bigint' | 'date' | 'bytes' | 'undefined' | 'absent';
  readonly text?: string;
}

const ABSENT = { kind: 'absent' } as const;

/** Maximum time, in ms, for which writing a large tree blocks the event loop. */
const SLICE = 4;

/** Limit for the depth of a tree. No configuration nests this deep, and a parser would overflow its stack. */
const MAX_DEPTH = 1_000;

/** Limit for the digits of a bigint that is read. No configuration has a longer number. */
const MAX_DIGITS = 10_000;

/**
 * Writes a tree as JSON, in slices of a few milliseconds, so that a large tree does not delay requests. The tree must not
 * change meanwhile; the trees of layers never do.
 *
 * @param isSecret Selects the values to leave out. Default: none.
 * @param above The path of the tree within the configuration.
 * @throws RangeError if the tree contains itself
 */
export async function stringifyTree(
  tree: unknown,
  isSecret?: IsSecret,
  above: readonly string[] = [],
): Promise<TreeJson> {
  const writer = new TreeWriter(isSecret);
  await writer.write(tree, above);
  const relative = <T extends { readonly path: readonly string[] }>(items: readonly T[]) =>
    items.map((item) => ({ ...item, path: item.path.slice(above.length) }));
  const holes = relative(writer.placeholders);
  return {
    json: `{"tree":${writer.json},"holes":${JSON.stringify(holes)}}`,
    secrets: relative(writer.secrets),
  };
}

/**
 * Parses the JSON of `stringifyTree`. The content is inspected as that of a source.
 *
 * @throws UnusableVersionFile if it exceeds a limit, or contains keys that are not allowed
 * @throws if `stringifyTree` did not write it
 */
export function parseTree(json: string, limits: ContentLimits): ParsedTree {
  const { tree, holes } = JSON.parse(json) as { tree: ConfigValue; holes: readonly Placeholder[] };
  inspectRestored(tree, limits);
  const isAbsent = ({ kind }: Placeholder) => kind === 'absent';
  return {
    tree: holes
      .filter((placeholder) => !isAbsent(placeholder))
      .reduce((root, placeholder) => setAt(root, placeholder.path, valueOf(placeholder)), tree),
    absentPaths: holes.filter(isAbsent).map(({ path }) => path),
  };
}

/** @throws UnusableVersionFile with the first problem of a restored value */
export function inspectRestored(value: unknown, limits: ContentLimits): void {
  const [problem] = inspectTree(value, limits).problems;
  if (problem === undefined) return;
  throw new UnusableVersionFile(
    `is not usable: ${formatPath(problem.path) || 'its content'} ${problem.message}`,
  );
}

/**
 * Sets a value in a tree that was just parsed, and returns the root of the tree; for an empty path, the root is `value`.
 * `undefined` removes a member of an object. Does nothing if the path does not exist.
 */
export function setAt(tree: ConfigValue, path: readonly string[], value: ConfigValue): ConfigValue {
  const last = path.at(-1);
  if (last === undefined) return value;
  let parent: unknown = tree;
  for (const key of path.slice(0, -1)) parent = hasOwn(parent, key) ? parent[key] : undefined;
  if (!hasOwn(parent, last)) return tree;
  if (value === undefined && !Array.isArray(parent)) delete parent[last];
  else setOwn(parent, last, value);
  return tree;
}

/** Only own members count: a key from a file may be called `__proto__`. */
function hasOwn(value: unknown, key: string): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key);
}

function valueOf({ kind, text = '' }: Placeholder): ConfigValue {
  if (kind === 'number') return Number(text);
  if (kind === 'bigint') return bigintOf(text);
  if (kind === 'date') return new Date(Number(text));
  if (kind === 'bytes') return Buffer.from(text, 'base64');
  if (kind === 'undefined') return undefined;
  throw new UnusableVersionFile(`has a value of a kind that this release cannot read (${kind})`, true);
}

/** The time to parse a number grows with the square of its length. */
function bigintOf(text: string): bigint {
  if (text.length > MAX_DIGITS) throw new RangeError('the number has too many digits');
  return BigInt(text);
}

/** The placeholder for a value; `undefined` if JSON can represent the value or its members. */
function placeholderFor(value: unknown): Omit<Placeholder, 'path'> | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (typeof value === 'number') {
    if (Number.isFinite(value) && !Object.is(value, -0)) return undefined;
    return { kind: 'number', text: Object.is(value, -0) ? '-0' : String(value) };
  }
  if (typeof value === 'bigint') return { kind: 'bigint', text: String(value) };
  if (value === undefined) return { kind: 'undefined' };
  if (Array.isArray(value) || isPlain(value)) return undefined;
  if (value instanceof Date) return { kind: 'date', text: String(value.getTime()) };
  if (value instanceof Uint8Array) return { kind: 'bytes', text: Buffer.from(value).toString('base64') };
  return ABSENT;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

class TreeWriter {
  json = '';
  readonly placeholders: Placeholder[] = [];
  readonly secrets: OmittedSecret[] = [];
  readonly #path: string[] = [];
  #sliceEnd = performance.now() + SLICE;

  constructor(private readonly isSecret: IsSecret | undefined) {}

  async write(value: unknown, above: readonly string[]): Promise<void> {
    this.#path.push(...above);
    if (!this.#writeLeaf(value)) await this.#writeBranch(value as object);
  }

  /** Returns `false`, and writes nothing, if the value is a branch. Synchronous: most values are leaves. */
  #writeLeaf(value: unknown): boolean {
    const isSecret = this.#isSecret(value);
    if (isSecret) this.secrets.push({ path: [...this.#path], value });
    const placeholder = isSecret ? ABSENT : placeholderFor(value);
    if (placeholder !== undefined) this.placeholders.push({ path: [...this.#path], ...placeholder });
    else if (typeof value === 'object' && value !== null) return false;
    this.json += placeholder === undefined ? JSON.stringify(value) : 'null';
    return true;
  }

  async #writeBranch(branch: object): Promise<void> {
    if (this.#path.length > MAX_DEPTH) throw new RangeError('it contains itself, or nests too deeply');
    const isList = Array.isArray(branch);
    const members = branch as Record<string, unknown>;
    const keys = isList ? Array.from(branch.keys(), String) : Object.keys(branch);
    this.json += isList ? '[' : '{';
    for (const [index, key] of keys.entries()) {
      const comma = index > 0 ? ',' : '';
      this.json += isList ? comma : `${comma}${JSON.stringify(key)}:`;
      this.#path.push(key);
      if (!this.#writeLeaf(members[key])) await this.#writeBranch(members[key] as object);
      this.#path.pop();
      if (index % 64 === 0 && performance.now() > this.#sliceEnd) await this.#yield();
    }
    this.json += isList ? ']' : '}';
  }

  /** A URL with a password in it is secret, whatever its key is called. */
  #isSecret(value: unknown): boolean {
    if (value === null || value === undefined || this.isSecret === undefined) return false;
    if (typeof value !== 'string') return this.isSecret(this.#path);
    return this.isSecret(this.#path, value) || redactCredentials(value) !== value;
  }

  async #yield(): Promise<void> {
    await nextTurn();
    this.#sliceEnd = performance.now() + SLICE;
  }
}
