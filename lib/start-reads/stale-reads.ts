import type { SafeLogger } from '../logging/safe-logger.js';
import type { HandlerChanges } from '../changes/dispatcher.js';
import type { Change } from '../model/change.interface.js';
import type { Part } from '../model/part.interface.js';
import { formatPath, isWithin, valueAt } from '../model/paths.js';
import type { ReloadResult } from '../model/reload-result.interface.js';
import type { StartRead } from '../model/start-read.interface.js';
import type { CommittedReload } from '../reload/commit.js';
import type { ReloadObserver } from '../reload/reload-observer.interface.js';
import { plural } from '../util/plural.js';
import { summarizeNames } from '../util/summarize-names.js';
import { changeAt, isHandlerOf, StartComparison } from './start-comparison.js';
import type { RecordedRead, StartReads } from './start-reads.js';

/** Maximum number of lines that one reload logs. */
const MAX_LINES = 10;

/** Maximum number of changed paths in one line. */
const MAX_PATHS = 3;

/** The members of `HotConfigManager.status()`. */
export interface StaleReadsStatusMember {
  /**
   * The values that were read at the start and have changed since then, without those that a handler or a component of the
   * same class follows: their readers may still use the old values. Empty again when the values are those of the start.
   */
  readonly readAtStart: readonly StartRead[];
}

/** Everything that stale reads are found with. */
export interface StaleReadsContext {
  readonly startReads: StartReads;
  readonly store: { readonly inForce: { readonly snapshot?: { readonly value: unknown } | undefined } };
  /** Calls the handlers, whose labels begin with the name of their class. */
  readonly dispatcher: { matching(changes: readonly Change[]): readonly HandlerChanges[] };
  /** Builds the components again, and returns the names of those that changes concern. */
  readonly refreshables: { concernedBy(changes: readonly Change[]): readonly string[] };
  readonly logger: SafeLogger;
}

/** A read whose value has changed since then. */
interface StaleRead {
  readonly read: RecordedRead;
  /** The paths that differ, and that the reader does not follow. */
  readonly changed: readonly string[];
}

/**
 * Compares what was read at the start with the configuration in force. A class that follows a path by a handler or as a
 * component updates itself.
 */
export class StaleReads implements Part, ReloadObserver {
  #stale: readonly StaleRead[] = [];
  /** The changed paths that were logged for each stale read. */
  readonly #logged = new Map<RecordedRead, ReadonlySet<string>>();

  constructor(private readonly context: StaleReadsContext) {}

  status(): StaleReadsStatusMember {
    return { readAtStart: this.#stale.map(({ read }) => this.#describe(read)) };
  }

  /**
   * Returns the reads that keep an old value if `value` comes into force.
   *
   * @param rebuilt the components that are built again then
   */
  keptWith(value: unknown, rebuilt: readonly string[]): StartRead[] {
    const inForce = this.context.store.inForce.snapshot?.value;
    return this.#staleIn(value)
      .filter(({ read: { by, segments } }) => {
        const isChanged = !Object.is(valueAt(inForce, segments), valueAt(value, segments)); // what is unchanged is shared
        return isChanged && !rebuilt.includes(by ?? '');
      })
      .map(({ read }) => this.#describe(read));
  }

  /** Returns the reads that a change at this path would concern. */
  of(path: readonly string[]): StartRead[] {
    return [...this.context.startReads.all]
      .filter((read) => {
        const deeper = path.length > read.segments.length ? path : read.segments;
        const isRelated = isWithin(path, read.segments) || isWithin(read.segments, path);
        return isRelated && !this.#isFollowed(read, changeAt(deeper));
      })
      .map((read) => this.#describe(read));
  }

  /** A component that is built again has read its values again. */
  committed({ commit, result }: CommittedReload): void {
    const { startReads, refreshables } = this.context;
    const rebuilt = new Set(refreshables.concernedBy(result.changes));
    if (rebuilt.size === 0) return;
    for (const read of startReads.all)
      if (rebuilt.has(read.by ?? '')) read.value = valueAt(commit.snapshot.value, read.segments);
  }

  ended({ outcome, cause }: ReloadResult): void {
    if (outcome !== 'applied' || cause === 'boot') return;
    this.#stale = this.#staleIn(this.context.store.inForce.snapshot?.value);
    this.#log();
  }

  #staleIn(value: unknown): StaleRead[] {
    const { startReads, dispatcher } = this.context;
    const comparison = new StartComparison(value, dispatcher);
    return [...startReads.all].flatMap((read) => {
      const changed = comparison.changedPaths(read);
      return changed.length === 0 ? [] : [{ read, changed }];
    });
  }

  #isFollowed({ by }: RecordedRead, change: Change): boolean {
    const { dispatcher, refreshables } = this.context;
    return (
      dispatcher.matching([change]).some(({ label }) => isHandlerOf(label, by)) ||
      refreshables.concernedBy([change]).includes(by ?? '')
    );
  }

  /** Logs each changed path once for each reader, until the value is that of the start again. */
  #log(): void {
    const { logger } = this.context;
    const news = this.#news();
    const lines = news.slice(0, MAX_LINES).map(({ read, changed }) => this.#line(read, changed));
    if (lines.length === 0) return;
    if (news.length === 1) return logger.warn(lines[0]!);
    // One record: it is one change that concerns them all.
    const more = news.length - lines.length;
    if (more > 0) lines.push(`${plural(more, 'more reader')}: hot-config status`);
    logger.warn([`${news.length} readers at start may still use old values:`, ...lines].join('\n  '));
  }

  /** Returns what was not logged yet. If a reader has read a value and what contains it, only the value. */
  #news(): StaleRead[] {
    const before = new Map(this.#logged);
    this.#logged.clear();
    const seen = new Set<string>();
    return this.#stale.toSorted(deepestFirst).flatMap(({ read, changed }) => {
      const isNew = (path: string) => !before.get(read)?.has(path) && !seen.has(`${path}\n${read.reader}`);
      const paths = changed.filter(isNew);
      for (const path of changed) seen.add(`${path}\n${read.reader}`);
      this.#logged.set(read, new Set(changed));
      return paths.length === 0 ? [] : [{ read, changed: paths }];
    });
  }

  #line(read: RecordedRead, changed: readonly string[]): string {
    const { path, by, place } = this.#describe(read);
    const isItself = changed.length === 1 && changed[0] === path;
    const what = isItself ? 'it' : path;
    const reader = by === undefined ? `${what} was read at start` : `${by} read ${what} at start`;
    const where = place === undefined ? '' : ` (${place})`;
    const consequence =
      by === undefined ? 'by code that may still use the old value' : 'and may still use the old value';
    return `${summarizeNames(changed, MAX_PATHS)} changed; ${reader}${where} ${consequence}`;
  }

  #describe(read: RecordedRead): StartRead {
    const place = this.context.startReads.placeOf(read);
    return {
      path: formatPath(read.segments),
      ...(read.by !== undefined && { by: read.by }),
      ...(place !== undefined && { place }),
    };
  }
}

function deepestFirst(one: StaleRead, other: StaleRead): number {
  return other.read.segments.length - one.read.segments.length;
}
