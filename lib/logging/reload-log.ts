import { formatIssues } from '../model/format-issues.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { ConfigLogger } from '../model/config-logger.interface.js';
import { ReloadCounter } from './reload-counts.js';
import type { ReloadResult } from '../model/reload-result.interface.js';
import type { ReloadStage } from '../model/reload-stage.js';
import { describeCircumstances, describeResult } from './describe-result.js';

/**
 * What was wrong with the content that was rejected last.
 *
 * @publicApi
 */
export interface HotConfigStatusError {
  /** A stable name, for example `CONFIG_VALIDATION`. */
  readonly code: string;
  /** The stage it failed in. */
  readonly stage: ReloadStage;
  /** All of it for people, with places. */
  readonly message: string;
  /** Each thing that was wrong, with its place. */
  readonly issues: readonly ConfigIssue[];
  /** When it was rejected. */
  readonly time: Date;
}

/** Writes each reload to the log, in one line where it went well, and keeps count. */
export class ReloadLog {
  readonly counter = new ReloadCounter();
  #lastError: HotConfigStatusError | undefined;

  constructor(private readonly logger: ConfigLogger) {}

  get lastError(): HotConfigStatusError | undefined {
    return this.#lastError;
  }

  write(result: ReloadResult): void {
    this.counter.count(result);
    const text = describeResult(result);
    if (result.outcome === 'rejected') {
      const { code, issues } = result.error;
      this.#lastError = { code, stage: result.stage, message: text, issues, time: new Date() };
      // At boot the error is thrown, and told by whoever catches it.
      if (result.cause !== 'boot') this.logger.error(`${text}\n  (${describeCircumstances(result)})`);
      return;
    }
    for (const issue of result.issues) this.logger.warn(formatIssues([issue]).trim());
    if (result.outcome === 'applied') this.logger.log(text);
    else this.logger.verbose?.(text);
  }
}
