import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { HotConfigErrorCode } from '../model/error-code.js';
import type { Part } from '../model/part.interface.js';
import { ReloadCounter, type LastReload, type ReloadCounts } from './reload-counter.js';
import type { SafeLogger } from './safe-logger.js';
import type { RejectedReload, ReloadResult } from '../model/reload-result.interface.js';
import type { ReportedRequest } from '../model/reported-request.interface.js';
import type { ReloadStage } from '../model/reload-stage.js';
import { formatTime } from '../util/format-time.js';
import { summarizeNames } from '../util/summarize-names.js';
import {
  describeCircumstances,
  describeHolds,
  describeRepetition,
  describeResult,
} from './describe-result.js';
import { WarningLog } from './warning-log.js';

/**
 * The error of the last rejected reload.
 *
 * @publicApi
 */
export interface HotConfigStatusError {
  /** A stable code, for example `CONFIG_VALIDATION`. */
  readonly code: HotConfigErrorCode;
  /** The stage that failed. */
  readonly stage: ReloadStage;
  /** The whole log message: all issues with file, line and column. */
  readonly message: string;
  /** The same issues as data. */
  readonly issues: readonly ConfigIssue[];
  /** Time of the rejection. */
  readonly time: Date;
  /** Time from which it is over: a reload has succeeded, and the content of the sources is accepted. Absent until then. */
  readonly overSince?: Date;
}

/** The members of `HotConfigManager.status()`. */
export interface ReloadLogStatus {
  /** Number of reloads since the app started, by outcome. */
  readonly reloads: ReloadCounts;
  /** Outcome of the last reload. */
  readonly lastReload?: LastReload;
  /** Time of the last reload that ended `applied` or `unchanged`. */
  readonly lastSuccess?: Date;
  /** The last rejection. It stays here after the content has been fixed, so that the cause can still be looked up. */
  readonly lastError?: HotConfigStatusError;
}

/** What the log has to know about a reload beyond its result. */
export interface LoggedReloads {
  /** The rejection of the content that the sources have now. */
  readonly rejection: { readonly current: RejectionState | undefined };
  /** Returns the names of the sources that the version in force has changed. */
  readonly changedSources: () => readonly string[];
}

interface NamedSource {
  readonly name: string;
}

/** The rejection of the content that the sources have now. */
export interface RejectionState {
  readonly result: RejectedReload;
  /** The sources whose content is at fault. */
  readonly sources: readonly NamedSource[];
  readonly since: Date;
}

/** The parts of a commit that an operator has to know about until they end. */
interface LastingState {
  /** The sources whose content was rolled back from. */
  readonly drift: { readonly sources: readonly string[] };
  /** The paths whose new values wait for a restart. */
  readonly pendingRestart: readonly string[];
}

/** Logs and counts each reload. One that succeeds is one line. */
export class ReloadLog implements Part {
  readonly counter = new ReloadCounter();
  #lastError: HotConfigStatusError | undefined;
  readonly #warnings: WarningLog;

  /** The rejection that was reported last; undefined if the content of the sources is accepted. */
  #reported: RejectionState | undefined;
  /** The sources whose waiting changes were reported since the content of the sources is rejected. */
  readonly #waiting = new Set<NamedSource>();

  #lasting: LastingState = { drift: { sources: [] }, pendingRestart: [] };
  /** The lasting state that the log describes. */
  #loggedLasting = this.#lasting;

  constructor(
    private readonly logger: SafeLogger,
    private readonly reloads: LoggedReloads,
  ) {
    this.#warnings = new WarningLog(logger);
  }

  status(): ReloadLogStatus {
    const { counts, last, lastSuccess } = this.counter;
    return {
      reloads: counts,
      ...(last && { lastReload: last }),
      ...(lastSuccess && { lastSuccess }),
      ...(this.#lastError && { lastError: this.#lastError }),
    };
  }

  ended(result: ReloadResult, request: Pick<ReportedRequest, 'trial'>): void {
    this.counter.count(result);
    const before = this.#reported;
    const { current } = this.reloads.rejection;
    this.#reported = current;
    if (result.outcome === 'rejected' && request.trial) return this.#refused(result);
    if (result.outcome === 'rejected')
      return this.#rejected(result, current?.result === result ? before : undefined);
    if (this.#lastError !== undefined && current === undefined)
      this.#lastError = { overSince: new Date(), ...this.#lastError };
    this.#warnings.write(result.issues, result.cause !== 'rollback');
    const notes = [...this.#takeNotes()];
    if (before !== undefined && current === undefined) {
      this.#waiting.clear();
      notes.unshift(`The content of the sources was rejected from ${formatTime(before.since)} until now`);
    }
    const isNews = result.outcome === 'applied' || notes.length > 0;
    const holds = describeHolds(result);
    if (holds !== undefined) notes.push(holds);
    const message =
      describeResult(result, this.reloads.changedSources()) + notes.map((note) => `. ${note}`).join('');
    if (isNews) this.logger.log(message);
    else this.logger.verbose(message);
  }

  /** Remembers what lasts beyond the reload, for its line. */
  assigned({ drift, pendingRestart }: LastingState): void {
    this.#lasting = { drift, pendingRestart };
  }

  /** Returns a sentence for each lasting state that the reload has begun or ended, if no other line says it. */
  #takeNotes(): string[] {
    const [before, now] = [this.#loggedLasting, this.#lasting];
    this.#loggedLasting = now;
    const added = namesWithout(now.drift.sources, before.drift.sources);
    const ended = namesWithout(before.drift.sources, now.drift.sources);
    const restarts = namesWithout(before.pendingRestart, now.pendingRestart);
    return [
      ...(added
        ? [`The content of ${added} is not in force until it changes, or until a reload with force`]
        : []),
      ...(ended ? [`The content of ${ended} is no longer rolled back`] : []),
      ...(restarts ? [`No restart is needed any more for ${restarts}`] : []),
    ];
  }

  /** Logs once for each source that its change waits, because the content of others is rejected. */
  waiting(sources: readonly NamedSource[], rejection: RejectionState): void {
    const added = sources.filter((source) => !this.#waiting.has(source));
    if (added.length === 0) return;
    for (const source of added) this.#waiting.add(source);
    const [changed, rejected] = [added, rejection.sources].map((list) =>
      summarizeNames(list.map(({ name }) => name)),
    );
    this.logger.warn(
      `${changed} ${added.length === 1 ? 'has' : 'have'} changed. This is applied when ${rejected} ` +
        `${rejection.sources.length === 1 ? 'is' : 'are'} valid (rejected since ${formatTime(rejection.since)}).`,
    );
  }

  /** The value that a caller has tried is refused. The caller learns why; nothing is wrong with the app. */
  #refused(result: RejectedReload): void {
    this.logger.warn(`${describeResult(result)}\n  (${describeCircumstances(result)})`);
  }

  /** @param before the rejection of the sources' content that was reported before, if this one continues it */
  #rejected(result: RejectedReload, before: RejectionState | undefined): void {
    const message = describeResult(result);
    const { code, issues } = result.error;
    this.#lastError = { code, stage: result.stage, message, issues, time: new Date() };
    // At boot the error is thrown, and logged by Nest or by the app.
    if (result.cause === 'boot') return;
    if (before !== undefined && hasSameIssues(before.result, result))
      return this.logger.error(describeRepetition(result, before.since));
    const since = before === undefined ? '' : `; rejected since ${formatTime(before.since)}`;
    this.logger.error(`${message}\n  (${describeCircumstances(result)}${since})`);
  }
}

/** Returns the names that are in the first list only; an empty string if there are none. */
function namesWithout(names: readonly string[], others: readonly string[]): string {
  return summarizeNames(names.filter((name) => !others.includes(name)));
}

/** Compares the problems of two rejections, wherever they are now. */
function hasSameIssues(one: RejectedReload, other: RejectedReload): boolean {
  const textOf = ({ stage, error }: RejectedReload) =>
    [stage, error.summary, ...error.issues.map(({ path, message }) => `${path} ${message}`)].join('\n');
  return textOf(one) === textOf(other);
}
