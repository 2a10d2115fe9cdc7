import { inspect } from 'node:util';
import type { ReloadStage } from './reload-stage.js';
import type { ConfigIssue } from './config-issue.interface.js';
import { formatIssues } from './format-issues.js';

/**
 * The root of every error this library throws on purpose.
 *
 * @publicApi
 */
export class HotConfigError extends Error {
  override readonly name: string = this.constructor.name;

  constructor(
    /** What went wrong, in one line, without the issues. */
    readonly summary: string,
    /** A stable name for programs, for example `CONFIG_VALIDATION`. */
    readonly code: string,
    /** The stage of the reload it happened in. */
    readonly stage?: ReloadStage,
    /** Each thing that is wrong, with its place. */
    readonly issues: readonly ConfigIssue[] = [],
    options?: ErrorOptions,
  ) {
    super(issues.length > 0 ? `${summary}\n${formatIssues(issues)}` : summary, options);
  }

  /** What logs and answers in JSON show of it: no stack, no cause, no revision of content that may hold secrets. */
  toJSON(): Pick<HotConfigError, 'name' | 'code' | 'stage' | 'summary' | 'message' | 'issues'> {
    const { name, code, stage, summary, message, issues } = this;
    return { name, code, ...(stage && { stage }), summary, message, issues };
  }

  /** What a console shows of it, without all that the message tells already once more as properties. */
  [inspect.custom](): string {
    return this.stack ?? this.message;
  }
}
