import type { HandlerChanges } from '../changes/dispatcher.js';
import type { Change } from '../model/change.interface.js';
import { formatPath, valueAt } from '../model/paths.js';
import { ValueChange } from '../model/value-change.js';
import { diff } from '../snapshot/diff.js';
import type { RecordedRead } from './start-reads.js';

/** Maximum number of changed paths of one read; if there are more, the path that was read stands for them. */
const MAX_PATHS = 100;

/** Finds the changes that handlers follow. */
interface Followers {
  matching(changes: readonly Change[]): readonly HandlerChanges[];
}

/** The changes at one path since a value was read there. */
interface ChangesSince {
  readonly before: unknown;
  readonly changes: readonly Change[];
  readonly followed: readonly HandlerChanges[];
}

/**
 * Compares what was read at the start with one state of the configuration. Many classes read the same path, and a handler
 * may follow one of thousands below it: each path is compared once, and handlers are looked up once for it.
 */
export class StartComparison {
  readonly #known = new Map<string, ChangesSince>();

  constructor(
    private readonly value: unknown,
    private readonly followers: Followers,
  ) {}

  /** Returns the paths that differ from what was read, and that no handler of the reader follows. */
  changedPaths(read: RecordedRead): readonly string[] {
    const current = valueAt(this.value, read.segments);
    if (Object.is(current, read.value)) return []; // what is unchanged is shared
    const path = formatPath(read.segments);
    const { changes, followed } = this.#changesSince(read, path, current);
    const own = followed.filter(({ label }) => isHandlerOf(label, read.by));
    const taken = new Set(own.flatMap((each) => each.changes));
    const left = taken.size === 0 ? changes : changes.filter((change) => !taken.has(change));
    return left.length > MAX_PATHS ? [path] : left.map((change) => change.path);
  }

  #changesSince({ segments, value }: RecordedRead, path: string, current: unknown): ChangesSince {
    const known = this.#known.get(path);
    if (known !== undefined && Object.is(known.before, value)) return known;
    const changes = diff(value, current).map((change) => changeAt([...segments, ...change.segments]));
    const found = { before: value, changes, followed: this.followers.matching(changes) };
    this.#known.set(path, found);
    return found;
  }
}

/** Checks by its label whether a handler is one of the class that has read. */
export function isHandlerOf(label: string, by: string | undefined): boolean {
  return by !== undefined && label.startsWith(`${by}.`);
}

/** Returns a change that is only looked up by its path. */
export function changeAt(segments: readonly string[]): Change {
  return new ValueChange(formatPath(segments), segments, 'changed', undefined, undefined);
}
