import { formatIssues } from '../model/format-issues.js';
import type { History } from '../history/history.js';
import type { ConfigLogger } from '../model/config-logger.interface.js';
import type { ReloadJob } from './reload-job.js';
import type { AppliedReload, RejectedReload, ReloadResult } from '../model/reload-result.interface.js';

/**
 * What becomes of an app whose configuration cannot be used when it starts: it does not (`fail`), or it starts on the
 * newest version on disk that is still valid (`lastKnownGood`).
 *
 * @publicApi
 */
export type InvalidBootPolicy = 'fail' | 'lastKnownGood';

/** What a start on an earlier version needs of the rest. */
export interface LastKnownGoodContext {
  readonly history: History;
  readonly logger: ConfigLogger;
  readonly reload: (order: ReloadJob) => Promise<ReloadResult>;
}

/** Starts an app whose sources say nothing that can be used, on what they said before. */
export class LastKnownGood {
  #degraded: string | undefined;

  constructor(private readonly context: LastKnownGoodContext) {}

  /** Why the app runs on an earlier version; undefined where it does not. */
  get degraded(): string | undefined {
    return this.#degraded;
  }

  /**
   * Tries the versions that are kept, the newest first; each is validated with the schema of now.
   *
   * @returns why none of them can be used, for people; undefined where one is in force
   */
  async start(rejection: RejectedReload): Promise<string | undefined> {
    const { history, reload } = this.context;
    const refused: string[] = [];
    for (const { version, time } of history.records.toReversed()) {
      const result = await reload({
        cause: 'boot',
        reason: `the sources were rejected at ${rejection.stage}`,
        input: { kind: 'fallback', find: () => history.version(version) },
      });
      if (result.outcome !== 'rejected') {
        this.#tell(rejection, result as AppliedReload, { version, time }, refused);
        return undefined;
      }
      refused.push(`Version ${version} cannot be used either:\n${describe(result)}`);
    }
    return refused.length === 0 ? 'There is no earlier version to start on.' : refused.join('\n');
  }

  /** To be called when the sources are in force again. */
  end(): void {
    if (this.#degraded === undefined) return;
    this.#degraded = undefined;
    this.context.logger.log('Configuration is no longer degraded: what the sources say is in force.');
  }

  #tell(
    rejection: RejectedReload,
    result: AppliedReload,
    { version, time }: { readonly version: number; readonly time: Date },
    refused: readonly string[],
  ): void {
    const good = `version ${version} of ${time.toISOString()}, ${ageOf(time)} old`;
    const [first] = rejection.error.issues.length > 0 ? rejection.error.issues : [];
    const place = first ? formatIssues([first]).trim().replaceAll(/\s+/g, ' ') : rejection.error.summary;
    this.#degraded = `started on ${good}: the sources were rejected at ${rejection.stage} (${place})`;
    const lines = [
      `Configuration rejected at ${rejection.stage}, starting on the last good ${good}:`,
      describe(rejection),
      ...refused,
      `It is in force as version ${result.version}, until the sources say something that is valid.`,
    ];
    this.context.logger.error(lines.join('\n'));
  }
}

function describe({ error }: RejectedReload): string {
  return error.issues.length > 0 ? formatIssues(error.issues) : `  ${error.summary}`;
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
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
