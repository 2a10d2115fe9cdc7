import { valueAt } from '../model/paths.js';
import type { ConfigTree } from '../model/config-tree.js';
import { getOwn, isObjectBranch, isPlainObject, setOwn } from '../util/branches.js';
import { findDroppedKeys } from './unknown-keys.js';
import type {
  CheckContext,
  Schema,
  SchemaResult,
  UndeclaredKeys,
  UnknownKey,
} from './validator.interface.js';

type Path = readonly string[];
type Tree = Readonly<Record<string, unknown>>;

/**
 * A schema that does not refuse an accepted key because it does not declare it: it is checked without such keys, which are
 * unknown keys then.
 */
export class AcceptingSchema implements Schema {
  constructor(private readonly schema: Schema) {}

  async check(tree: Tree, context: CheckContext = {}): Promise<SchemaResult> {
    const { undeclared } = context;
    let left: readonly UnknownKey[] = [];
    let input = tree;
    for (;;) {
      const result = await this.schema.check(input, context);
      const refused = undeclared === undefined ? [] : refusedKeys(result, input, undeclared);
      if (refused.length === 0) return left.length === 0 ? result : withUnknownKeys(result, left, tree);
      // Again, as some libraries report only the first key that they refuse.
      left = [...left, ...refused];
      input = refused.reduce(without, input);
    }
  }
}

/** Returns the accepted keys that a schema has refused only because it does not declare them. */
function refusedKeys({ issues }: SchemaResult, tree: Tree, undeclared: UndeclaredKeys): UnknownKey[] {
  return issues
    .filter(({ isUnknownKey, path }) => isUnknownKey === true && isAccepted(path, undeclared))
    .map(({ path }) => ({ path, suggestion: undefined }))
    .filter((key) => isIn(tree, key.path) && !isIn(without(tree, key), key.path));
}

function withUnknownKeys(result: SchemaResult, keys: readonly UnknownKey[], tree: Tree): SchemaResult {
  return { ...result, unknownKeys: [...result.unknownKeys, ...keys.filter(({ path }) => isIn(tree, path))] };
}

/** Returns a result in which accepted keys are not unknown, and in whose value the app reads those that are kept. */
export function withAccepted(result: SchemaResult, tree: Tree, undeclared: UndeclaredKeys): SchemaResult {
  const { unknownKeys: keys, value } = result;
  // Of an accepted branch, a file may have members that are not.
  const unknownKeys = keys.flatMap((key) =>
    isAccepted(key.path, undeclared)
      ? findDroppedKeys(valueAt(tree, key.path), valueAt(undeclared.allowed, key.path), key.path)
      : [key],
  );
  return { ...result, unknownKeys, value: withKept(value, keys, tree, undeclared.kept) };
}

function withKept(value: unknown, keys: readonly UnknownKey[], tree: Tree, kept: ConfigTree): unknown {
  return keys
    .filter(({ path }) => isIn(kept, path))
    .filter(({ path }) => valueAt(value, path) === undefined)
    .reduce((whole, { path }) => replaceAt(whole, path, valueAt(tree, path)), value);
}

function without(tree: Tree, { path }: UnknownKey): Tree {
  return replaceAt(tree, path, undefined) as Tree;
}

/** Copies what is along the path. An instance gets the member itself: its class may not survive a copy. */
function replaceAt(value: unknown, [key, ...below]: Path, member: unknown): unknown {
  if (key === undefined) return member;
  if (Array.isArray(value)) return value.with(Number(key), replaceAt(value[Number(key)], below, member));
  if (!isObjectBranch(value)) return value;
  const after = replaceAt(getOwn(value, key), below, member);
  if (!isPlainObject(value)) {
    if (after !== undefined && Object.isExtensible(value)) setOwn(value, key, after);
    return value;
  }
  const { [key]: _before, ...copy } = value;
  if (after !== undefined) setOwn(copy, key, after);
  return copy;
}

function isAccepted(path: Path, { allowed, kept }: UndeclaredKeys): boolean {
  return isIn(path.length === 1 ? allowed : kept, path);
}

function isIn(tree: Tree, path: Path): boolean {
  return valueAt(tree, path) !== undefined;
}
