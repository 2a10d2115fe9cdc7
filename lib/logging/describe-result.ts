import { formatIssues } from '../model/format-issues.js';
import { formatTime } from '../util/format-time.js';
import { plural } from '../util/plural.js';
import { summarizeNames } from '../util/summarize-names.js';
import type { Change } from '../model/change.interface.js';
import { escapeControls } from '../util/control-characters.js';
import type { RejectedReload, ReloadResult } from '../model/reload-result.interface.js';

/** Maximum length of a reason or an actor in a log line, in characters. */
const MAX_NOTE_LENGTH = 200;

/** Maximum number of paths in a log line. */
const MAX_PATHS = 5;

/** Maximum length of a path in a log line, in characters. */
const MAX_PATH_LENGTH = 100;

/** Time for which code of the app may hold the event loop before the log says so, in ms: every request waited that long. */
export const MAX_HELD = 100;

/**
 * Describes a result for the log: in one line, and for a rejection with one more line for each issue.
 *
 * @param sources the names of the sources that have changed, if that is known
 */
export function describeResult(result: ReloadResult, sources: readonly string[] = []): string {
  const { version } = result;
  switch (result.outcome) {
    case 'applied':
      return `Configuration version ${version} applied (${describeCircumstances(result)})${describeChanges(result, sources)}`;
    case 'unchanged':
      return `Configuration unchanged, still version ${version} (${describeCircumstances(result)})`;
    case 'rejected':
      return describeRejection(result);
  }
}

/**
 * Describes the cause, actor, reason, number of changes and duration of a reload. Line breaks in the actor and the reason
 * were escaped by `SecretPolicy.redactNote()`.
 */
export function describeCircumstances(result: ReloadResult): string {
  const { cause, actor, reason, outcome, changes, durationMs } = result;
  const by = actor === undefined ? '' : ` by ${shortened(actor, MAX_NOTE_LENGTH)}`;
  const why = reason === undefined ? '' : `: ${shortened(reason, MAX_NOTE_LENGTH)}`;
  const isCounted = outcome === 'applied' && cause !== 'boot';
  const changed = isCounted ? `, ${plural(changes.length, 'change')}` : '';
  const duration = durationMs < 10 ? durationMs.toFixed(1) : Math.round(durationMs);
  return `${cause}${by}${why}${changed}, ${duration} ms`;
}

/** Names the code of the app for which requests had to wait; undefined if there is none. At boot, none can wait. */
export function describeHolds({ calls, cause }: ReloadResult): string | undefined {
  if (cause === 'boot') return undefined;
  const held = calls.filter(({ heldMs }) => heldMs >= MAX_HELD).sort((a, b) => b.heldMs - a.heldMs);
  if (held.length === 0) return undefined;
  const named = held.map(({ name, heldMs }) => `${escapeControls(name)} for ${Math.round(heldMs)} ms`);
  return `All requests waited for code of the app: ${summarizeNames(named)}`;
}

/** Names the changed paths, and where the changes come from: `: llm.model, llm.timeout from config/llm.yaml`. */
function describeChanges({ cause, changes }: ReloadResult, sources: readonly string[]): string {
  if (cause === 'boot' || changes.length === 0) return '';
  // The values of an override come from its caller.
  const from = cause === 'override' || sources.length === 0 ? '' : ` from ${summarizeNames(sources, 3)}`;
  return `: ${describePaths(changes)}${from}`;
}

/** Names the first few paths: `llm.model, llm.timeout and 3 more`. Without values, and of a limited length. */
export function describePaths(changes: readonly Pick<Change, 'path'>[]): string {
  const shown = changes
    .slice(0, MAX_PATHS)
    .map(({ path }) => shortened(escapeControls(path), MAX_PATH_LENGTH));
  const others = changes.length - shown.length;
  return `${shown.join(', ')}${others > 0 ? ` and ${others} more` : ''}`;
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
  const more = others > 0 ? `, and ${plural(others, 'more problem')} as before` : '';
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

function shortened(text: string, maxLength: number): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
}
