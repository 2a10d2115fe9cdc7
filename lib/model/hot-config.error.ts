import { inspect } from 'node:util';
import type { HotConfigErrorCode } from './error-code.js';
import type { ReloadStage } from './reload-stage.js';
import type { ConfigIssue } from './config-issue.interface.js';
import { formatIssues } from './format-issues.js';
import { escapeControlsKeepLines } from '../util/control-characters.js';
import { isInstance } from '../util/is-instance.js';
import { boundedIssues, shorten } from '../util/bounded.js';
import { reasonOf } from '../util/reason-of.js';

/**
 * The root of every error this library throws on purpose.
 *
 * @publicApi
 */
export class HotConfigError extends Error {
  override readonly name: string = this.constructor.name;
  /** All problems, with their positions. Of more than 1,000, the last one says how many are left out. */
  readonly issues: readonly ConfigIssue[];

  constructor(
    /** One line about the problem, without the issues. */
    readonly summary: string,
    /** A stable code for programs, for example `CONFIG_VALIDATION`. */
    readonly code: HotConfigErrorCode,
    /** The stage of the reload that failed. */
    readonly stage?: ReloadStage,
    issues: readonly ConfigIssue[] = [],
    options?: ErrorOptions,
  ) {
    const shown = boundedIssues(issues, (message) => ({ path: '', message }));
    const line = shorten(summary);
    super(escapeControlsKeepLines(shown.length > 0 ? `${line}\n${formatIssues(shown)}` : line), options);
    this.issues = shown;
  }

  /** Returns what JSON logs and responses show: no stack, no cause, and no revision, which may reveal secrets. */
  toJSON(): Pick<HotConfigError, 'name' | 'code' | 'stage' | 'summary' | 'message' | 'issues'> {
    const { name, code, stage, summary, message, issues } = this;
    return { name, code, ...(stage && { stage }), summary, message, issues };
  }

  /** Returns what `console.log` shows: the stack, without repeating the content of the message as properties. */
  [inspect.custom](): string {
    return this.stack ?? this.message;
  }
}

/** Converts any thrown value, such as an error of a schema class's constructor, so that it counts as a rejection. */
export function toHotConfigError(thrown: unknown): HotConfigError {
  if (isInstance(thrown, HotConfigError)) return thrown;
  const issue = { path: '', message: reasonOf(thrown) };
  return new HotConfigError('The configuration cannot be used', 'CONFIG_UNEXPECTED', undefined, [issue], {
    cause: thrown,
  });
}
