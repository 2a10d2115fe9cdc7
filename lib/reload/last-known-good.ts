import { describeFirstProblem, describeProblems } from '../logging/describe-result.js';
import type { History } from '../history/history.js';
import type { SafeLogger } from '../logging/safe-logger.js';
import type { Part } from '../model/part.interface.js';
import { formatTime } from '../util/format-time.js';
import type { LastRejection } from './last-rejection.js';
import { plural } from '../util/plural.js';
import type { Reload } from './reload-job.js';
import type { ReloadObserver } from './reload-observer.interface.js';
import type { AppliedReload, RejectedReload } from '../model/reload-result.interface.js';

/**
 * Behaviour of an app whose configuration is invalid at startup: `fail` does not start it, `lastKnownGood` starts it
 * with the newest version on disk that is still valid.
 *
 * @publicApi
 */
export type InvalidBootPolicy = 'fail' | 'lastKnownGood';

/** The member of `HotConfigManager.status()`. */
export interface LastKnownGoodStatus {
  /**
   * Reason why the app runs on an earlier version since its start: the content of the sources could not be used
   * (`onInvalidBoot: 'lastKnownGood'`). Absent if it does not.
   */
  readonly degraded?: string;
}

/** Everything that a start with an earlier version needs. */
export interface LastKnownGoodContext {
  readonly history: History;
  readonly logger: SafeLogger;
  readonly reload: Reload;
  readonly rejection: LastRejection;
}

/** Starts an app with its last good version if the content of its sources cannot be used. */
export class LastKnownGood implements Part, ReloadObserver {
  /** The reason why the app runs on an earlier version; undefined if it does not. */
  #degraded: string | undefined;

  constructor(private readonly context: LastKnownGoodContext) {}

  status(): LastKnownGoodStatus {
    return this.#degraded === undefined ? {} : { degraded: this.#degraded };
  }

  /**
   * Tries the kept versions, the newest first; each one is validated against the current schema.
   *
   * @returns a message that says why none can be used; undefined if one is in force
   */
  async boot(rejection: RejectedReload): Promise<string | undefined> {
    const { history, reload } = this.context;
    const refused: string[] = [];
    for (const { version, time } of history.records.toReversed()) {
      const result = await reload({
        cause: 'boot',
        reason: `the sources were rejected at ${rejection.stage}`,
        input: { kind: 'fallback', find: () => history.version(version) },
      });
      if (result.outcome !== 'rejected') {
        this.#report(rejection, result as AppliedReload, { version, time }, refused);
        return undefined;
      }
      refused.push(`Version ${version} cannot be used either:\n${describeProblems(result.error)}`);
    }
    return refused.length === 0 ? 'There is no earlier version to start with.' : refused.join('\n');
  }

  /** Ends the degraded state if the content of the sources is in force again. */
  ended(): void {
    if (this.#degraded === undefined || this.context.rejection.result !== undefined) return;
    this.#degraded = undefined;
  }

  #report(
    rejection: RejectedReload,
    result: AppliedReload,
    { version, time }: { readonly version: number; readonly time: Date },
    refused: readonly string[],
  ): void {
    const good = `version ${version} of ${formatTime(time)}, ${ageOf(time)} old`;
    const place = describeFirstProblem(rejection.error);
    this.#degraded = `started with ${good}: the sources were rejected at ${rejection.stage} (${place})`;
    const lines = [
      `Configuration rejected at ${rejection.stage}, starting with the last good ${good}:`,
      describeProblems(rejection.error),
      ...refused,
      `It is in force as version ${result.version} until the content of the sources is valid.`,
    ];
    this.context.logger.error(lines.join('\n'));
  }
}

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

function ageOf(time: Date): string {
  const age = Math.max(0, Date.now() - time.getTime());
  const [unit, length] = UNITS.find(([, ms]) => age >= ms) ?? ['second', 1_000];
  const count = Math.floor(age / length);
  return plural(count, unit);
}
