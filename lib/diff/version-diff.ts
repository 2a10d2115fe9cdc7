import { inspect } from 'node:util';
import { joinPath } from '../model/paths.js';
import { Comparison, type Difference, type DiffSecrets, type ElementDifference } from './difference.js';
import { diffText } from './diff-text.js';
import { jsonPatch } from './json-patch.js';
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
  /** For people: `version 3`. */
  readonly label: string;
  readonly tree: unknown;
}

/** Compares two trees. `secrets` says what must not be shown; nothing of that is kept in the result. */
export function compareVersions(
  from: ComparedVersion,
  to: ComparedVersion,
  secrets: DiffSecrets,
): VersionDiff {
  return new TreeDiff(from.label, to.label, new Comparison(secrets).compare(from.tree, to.tree));
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
    this.entries = difference === undefined ? [] : [...entriesOf(difference, AT_ROOT)];
    this.stats = count(this.entries);
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
    return jsonPatch(this.#difference);
  }

  toText(options: VersionDiffTextOptions = {}): string {
    return diffText(this, this.#difference, options);
  }

  /** What a console shows. */
  [inspect.custom](): string {
    return this.toText();
  }
}

/** Where an entry is, and was. */
interface Place {
  readonly path: string;
  readonly previousPath: string;
  readonly segments: readonly string[];
}

const AT_ROOT: Place = { path: '', previousPath: '', segments: [] };

function* entriesOf(difference: Difference, place: Place): Generator<VersionDiffEntry> {
  if (difference.kind === 'members') {
    for (const [key, member] of difference.members) yield* entriesOf(member, below(place, key));
  } else if (difference.kind === 'elements') {
    for (const element of difference.elements) yield* entriesOfElement(element, place);
  } else {
    const { kind, previous, current } = difference;
    yield entry(kind, place, previous, current);
  }
}

function* entriesOfElement(element: ElementDifference, list: Place): Generator<VersionDiffEntry> {
  const { index, previousIndex, moved, difference } = element;
  const place = below(list, String(index), String(previousIndex ?? index));
  if (moved !== undefined) yield entry('moved', place, moved.previous, moved.current);
  if (difference !== undefined) yield* entriesOf(difference, place);
}

function entry(
  kind: VersionDiffEntry['kind'],
  { path, previousPath, segments }: Place,
  previous: unknown,
  current: unknown,
): VersionDiffEntry {
  const before = kind !== 'added' && previousPath !== path ? { previousPath } : {};
  return { kind, path, segments, ...before, previous, current };
}

function below({ path, previousPath, segments }: Place, key: string, previousKey = key): Place {
  return {
    path: joinPath(path, key),
    previousPath: joinPath(previousPath, previousKey),
    segments: [...segments, key],
  };
}

function count(entries: readonly VersionDiffEntry[]): VersionDiffStats {
  const stats = { added: 0, removed: 0, changed: 0, typeChanged: 0, moved: 0 };
  for (const { kind } of entries) stats[kind] += 1;
  return stats;
}
