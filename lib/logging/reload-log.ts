import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { Part } from '../model/part.interface.js';
import { ReloadCounter, type LastReload, type ReloadCounts } from './reload-counter.js';
import type { SafeLogger } from './safe-logger.js';
import type { ReloadResult } from '../model/reload-result.interface.js';
import type { ReloadStage } from '../model/reload-stage.js';
import { describeCircumstances, describeResult } from './describe-result.js';
import { WarningLog } from './warning-log.js';

/**
 * The error of the last rejected reload.
 *
 * @publicApi
 */
export interface HotConfigStatusError {
  /** A stable code, for example `CONFIG_VALIDATION`. */
  readonly code: string;
  /** The stage that failed. */
  readonly stage: ReloadStage;
  /** The whole log message: all issues with file, line and column. */
  readonly message: string;
  /** The same issues as data. */
  readonly issues: readonly ConfigIssue[];
  /** Time of the rejection. */
  readonly time: Date;
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

/** Logs and counts each reload. One that succeeds is one line. */
export class ReloadLog implements Part {
  readonly counter = new ReloadCounter();
  #lastError: HotConfigStatusError | undefined;
  readonly #warnings: WarningLog;

  constructor(private readonly logger: SafeLogger) {
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

  ended(result: ReloadResult): void {
    this.counter.count(result);
    const message = describeResult(result);
    if (result.outcome === 'rejected') {
      const { code, issues } = result.error;
      this.#lastError = { code, stage: result.stage, message, issues, time: new Date() };
      // At boot the error is thrown, and logged by Nest or by the app.
      if (result.cause !== 'boot') this.logger.error(`${message}\n  (${describeCircumstances(result)})`);
      return;
    }
    this.#warnings.write(result.issues, result.cause !== 'rollback');
    if (result.outcome === 'applied') this.logger.log(message);
    else this.logger.verbose(message);
  }
}
