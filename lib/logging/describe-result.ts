import { formatIssues } from '../model/format-issues.js';
import { onOneLine } from '../util/printable-text.js';
import type { AppliedReload, RejectedReload, ReloadResult } from '../model/reload-result.interface.js';

/** How much is told of what somebody gave as a reason, in characters. */
const LONGEST_QUOTE = 200;

/** A result in one line; a rejection with a line for each issue. What a person reads in the log. */
export function describeResult(result: ReloadResult): string {
  switch (result.outcome) {
    case 'applied':
      return describeApplied(result);
    case 'unchanged':
      return `Configuration unchanged, still version ${result.version} (${describeCircumstances(result)})`;
    case 'rejected':
      return describeRejection(result);
  }
}

/** What set a reload off, by whom and why, how much it changed, and how long it took. */
export function describeCircumstances(result: ReloadResult): string {
  const { cause, actor, reason, outcome, changes } = result;
  const who = actor === undefined ? '' : ` by ${quoted(actor)}`;
  const why = reason === undefined ? '' : `: ${quoted(reason)}`;
  const isCounted = outcome === 'applied' && cause !== 'boot';
  const changed = isCounted ? `, ${changes.length} ${changes.length === 1 ? 'change' : 'changes'}` : '';
  return `${cause}${who}${why}${changed}, ${ms(result)}`;
}

function describeApplied(result: AppliedReload): string {
  return `Configuration version ${result.version} applied (${describeCircumstances(result)})`;
}

function describeRejection({ stage, version, error }: RejectedReload): string {
  const consequence = version === 0 ? 'the app cannot start' : `keeping version ${version}`;
  const details = error.issues.length > 0 ? formatIssues(error.issues) : `  ${error.summary}`;
  return `Configuration rejected at ${stage}, ${consequence}:\n${details}`;
}

function ms({ durationMs }: ReloadResult): string {
  return `${durationMs < 10 ? durationMs.toFixed(1) : Math.round(durationMs)} ms`;
}

/** Somebody's words, which may come from anywhere: neither long nor with line breaks, which could forge a line. */
function quoted(words: string): string {
  return onOneLine(words.length > LONGEST_QUOTE ? `${words.slice(0, LONGEST_QUOTE)}…` : words);
}
