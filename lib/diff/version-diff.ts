import { inspect } from 'node:util';
import { joinPath } from '../model/paths.js';
import { TreeComparison, type Difference, type DiffSecrets, type ElementDifference } from './difference.js';
import { formatDiff } from './diff-text.js';
import { createPatch } from './json-patch.js';
import { toJsonValue } from '../util/json-value.js';
import type {
  JsonPatchOperation,
  VersionDiff,
  VersionDiffEntry,
  VersionDiffJson,
  VersionDiffStats,
  VersionDiffTextOptions,
} from './version-diff.interface.js';

/** One side of a comparison. */
export interface ComparedVersion {
  /** The name in the output: `version 3`. */
  readonly label: string;
  readonly tree: unknown;
}

/** Compares two trees. The result contains none of the values that are secret. */
export function compareVersions(
  from: ComparedVersion,
  to: ComparedVersion,
  secrets: DiffSecrets,
): VersionDiff {
  return new TreeDiff(from.label, to.label, new TreeComparison(secrets).compare(from.tree, to.tree));
}

class TreeDiff implements VersionDiff {
  readonly entries: readonly VersionDiffEntry[];
  readonly stats: VersionDiffStats;
  readonly #difference: Difference | undefined;

  constructor(
    readonly from: string,
    readonly to: string,
    difference: Difference | undefined,
  ) {
    this.#difference = difference;
    this.entries = difference === undefined ? [] : [...entriesOf(difference, ROOT)];
    this.stats = countByKind(this.entries);
  }

  toJSON(): VersionDiffJson {
    const { from, to, stats, entries } = this;
    return {
      from,
      to,
      stats,
      entries: entries.map((entry) => toJsonValue(entry) as Partial<VersionDiffEntry>),
    };
  }

  toJsonPatch(): JsonPatchOperation[] {
    return createPatch(this.#difference);
  }

  toText(options: VersionDiffTextOptions = {}): string {
    return formatDiff(this, this.#difference, options);
  }

  /** The output of `console.log`. */
  [inspect.custom](): string {
    return this.toText();
  }
}

/** The current and the previous path of an entry. */
interface EntryPath {
  readonly path: string;
  readonly previousPath: string;
  readonly segments: readonly string[];
}

const ROOT: Readonly<EntryPath> = { path: '', previousPath: '', segments: [] };

function* entriesOf(difference: Difference, at: EntryPath): Generator<VersionDiffEntry> {
  if (difference.kind === 'members') {
    for (const [key, member] of difference.members) yield* entriesOf(member, below(at, key));
  } else if (difference.kind === 'elements') {
    for (const element of difference.elements) yield* entriesOfElement(element, at);
  } else {
    const { kind, previous, current } = difference;
    yield entry(kind, at, previous, current);
  }
}

function* entriesOfElement(element: ElementDifference, list: EntryPath): Generator<VersionDiffEntry> {
  const { index, previousIndex, moved, difference } = element;
  const at = below(list, String(index), String(previousIndex ?? index));
  if (moved !== undefined) yield entry('moved', at, moved.previous, moved.current);
  if (difference !== undefined) yield* entriesOf(difference, at);
}

function entry(
  kind: VersionDiffEntry['kind'],
  { path, previousPath, segments }: EntryPath,
  previous: unknown,
  current: unknown,
): VersionDiffEntry {
  const before = kind !== 'added' && previousPath !== path ? { previousPath } : {};
  return { kind, path, segments, ...before, previous, current };
}

function below({ path, previousPath, segments }: EntryPath, key: string, previousKey = key): EntryPath {
  return {
    path: joinPath(path, key),
    previousPath: joinPath(previousPath, previousKey),
    segments: [...segments, key],
  };
}

function countByKind(entries: readonly VersionDiffEntry[]): VersionDiffStats {
  const stats = { added: 0, removed: 0, changed: 0, typeChanged: 0, moved: 0 };
  for (const { kind } of entries) stats[kind] += 1;
  return stats;
}
