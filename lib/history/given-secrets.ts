import type { ConfigTree } from '../model/config-tree.js';
import type { SecretReference } from '../interpolation/interpolation.js';
import { isPlainObject } from '../util/branches.js';
import { valueAt } from '../model/paths.js';
import { PathSet } from '../secrets/path-set.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import { diff } from '../snapshot/diff.js';
import type { Override } from '../sources/overrides.source.js';
import type { VersionRecord } from './version-record.js';

/** What one version is made of. */
export interface VersionInput {
  /** The trees of the sources, by the source or its name, lowest first; without the overrides. */
  readonly trees: ReadonlyMap<unknown, ConfigTree>;
  readonly overrides: readonly Override[];
  /** The values that references put secrets into. */
  readonly references: readonly SecretReference[];
}

/** Returns what a recorded version is made of. */
export function inputOf({
  layers,
  overrides,
  references = [],
}: Pick<VersionRecord, 'layers' | 'overrides' | 'references'>): VersionInput {
  return { trees: new Map(layers.map(({ source, tree }) => [source, tree])), overrides, references };
}

/**
 * Returns the paths of the secrets that another source gives now, or that were set or unset. They count as changed even if
 * their values are equal: otherwise a client that sets a guess, or writes it into a file, would learn whether it is right
 * (invariant 10). Undefined if there are none.
 */
export function givenSecrets(
  before: VersionInput,
  after: VersionInput,
  secrets: Pick<SecretPolicy, 'isSecret'>,
): PathSet | undefined {
  const given = new PathSet();
  const isSecret = (path: readonly string[]) => secrets.isSecret(path);
  for (const entry of changedOverrides(before.overrides, after.overrides))
    for (const path of leavesOf(entry).filter(isSecret)) given.add(path);
  for (const key of new Set([...before.trees.keys(), ...after.trees.keys()])) {
    const changed = diff(before.trees.get(key), after.trees.get(key)).map(({ segments }) => segments);
    const paths = changed.filter(isSecret);
    if (paths.length === 0) continue; // most sources
    const [aboveBefore, aboveAfter] = [treesAbove(key, before.trees), treesAbove(key, after.trees)];
    for (const path of paths)
      if (!isHidden(path, aboveBefore) || !isHidden(path, aboveAfter)) given.add(path);
  }
  if (given.count === 0) return undefined;
  addReferences(given, [...before.references, ...after.references]);
  return given;
}

/** Adds the values that refer to one of the paths, also through other references. */
function addReferences(given: PathSet, references: readonly SecretReference[]): void {
  const added = references.filter(
    ({ path, targets }) => targets.some((target) => given.touches(target)) && given.add(path),
  );
  if (added.length > 0) addReferences(given, references);
}

/** Returns whether overrides with secrets in them were set or unset. */
export function haveSecretsChanged(
  before: readonly Override[],
  after: readonly Override[],
  secrets: Pick<SecretPolicy, 'isSecret'>,
): boolean {
  return changedOverrides(before, after).some((entry) =>
    leavesOf(entry).some((path) => secrets.isSecret(path)),
  );
}

/** Of an earlier process, an override is another object. */
function changedOverrides(before: readonly Override[], after: readonly Override[]): readonly Override[] {
  if (before === after) return [];
  const idOf = ({ path, since }: Override) => `${+since} ${path}`;
  const [idsBefore, idsAfter] = [new Set(before.map(idOf)), new Set(after.map(idOf))];
  return [
    ...before.filter((entry) => !idsAfter.has(idOf(entry))),
    ...after.filter((entry) => !idsBefore.has(idOf(entry))),
  ];
}

function leavesOf({ segments, value }: Override): readonly (readonly string[])[] {
  return diff(undefined, value).map((change) => [...segments, ...change.segments]);
}

/** Returns the trees of the later sources. */
function treesAbove(key: unknown, trees: ReadonlyMap<unknown, ConfigTree>): readonly ConfigTree[] {
  const index = [...trees.keys()].indexOf(key);
  return index === -1 ? [] : [...trees.values()].slice(index + 1);
}

/** A later source hides a value with its own one, and with a scalar or a list above it. */
function isHidden(path: readonly string[], trees: readonly ConfigTree[]): boolean {
  return trees.some((tree) =>
    path.some((_key, index) => {
      const value = valueAt(tree, path.slice(0, index + 1));
      return value !== undefined && (index === path.length - 1 || !isPlainObject(value));
    }),
  );
}
