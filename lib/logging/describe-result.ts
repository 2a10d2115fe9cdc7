import { formatIssues } from '../model/format-issues.js';
import { formatTime } from '../util/format-time.js';
import { escapeControls } from '../util/control-characters.js';
import type { RejectedReload, ReloadResult } from '../model/reload-result.interface.js';

/** Maximum length of a reason or an actor in a log line, in characters. */
const MAX_QUOTE_LENGTH = 200;

/** Describes a result for the log: in one line, and for a rejection with one more line for each issue. */
export function describeResult(result: ReloadResult): string {
  const { version } = result;
  switch (result.outcome) {
    case 'applied':
      return `Configuration version ${version} applied (${describeCircumstances(result)})`;
    case 'unchanged':
      return `Configuration unchanged, still version ${version} (${describeCircumstances(result)})`;
    case 'rejected':
      return describeRejection(result);
  }
}

/** Describes the cause, actor, reason, number of changes and duration of a reload. */
export function describeCircumstances(result: ReloadResult): string {
  const { cause, actor, reason, outcome, changes, durationMs } = result;
  const by = actor === undefined ? '' : ` by ${quoted(actor)}`;
  const why = reason === undefined ? '' : `: ${quoted(reason)}`;
  const isCounted = outcome === 'applied' && cause !== 'boot';
  const changed = isCounted ? `, ${changes.length} ${changes.length === 1 ? 'change' : 'changes'}` : '';
  const duration = durationMs < 10 ? durationMs.toFixed(1) : Math.round(durationMs);
  return `${cause}${by}${why}${changed}, ${duration} ms`;
}

function describeRejection({ stage, version, error }: RejectedReload): string {
  const consequence = version === 0 ? 'the app cannot start' : `keeping version ${version}`;
  return `Configuration rejected at ${stage}, ${consequence}:\n${describeProblems(error)}`;
}

/**
 * Describes in one line a rejection with the same problems as the one before: the content was saved again.
 *
 * @param since start of the rejection
 */
export function describeRepetition(result: RejectedReload, since: Date): string {
  const { stage, version, error } = result;
  const others = error.issues.length - 1;
  const more = others > 0 ? `, and ${others} more ${others === 1 ? 'problem' : 'problems'} as before` : '';
  return (
    `Configuration still rejected at ${stage}, keeping version ${version}: ${describeFirstProblem(error)}${more} ` +
    `(${describeCircumstances(result)}; rejected since ${formatTime(since)})`
  );
}

/** Describes all problems of a rejection, in one or more lines each. */
export function describeProblems({ issues, summary }: RejectedReload['error']): string {
  return issues.length > 0 ? formatIssues(issues) : `  ${summary}`;
}

/** Describes the first problem of a rejection in one line, with its place. */
export function describeFirstProblem({ issues, summary }: RejectedReload['error']): string {
  const [first] = issues;
  return first === undefined ? summary : formatIssues([first]).trim().replaceAll(/\s+/g, ' ');
}

/** Shortens a string of a client, and escapes line breaks, which could forge another log line. */
function quoted(note: string): string {
  return escapeControls(note.length > MAX_QUOTE_LENGTH ? `${note.slice(0, MAX_QUOTE_LENGTH)}…` : note);
}
