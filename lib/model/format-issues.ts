import { formatOrigin } from './origin.interface.js';
import type { ConfigIssue } from './config-issue.interface.js';
import { escapeControls } from '../util/control-characters.js';

/**
 * Formats issues, one line each, with their positions aligned in a column:
 *
 * ```text
 *   config/llm.yaml:12:16  llm.temperature must not be greater than 2 (was 7)
 *   config/llm.yaml:14:3   llm.modle is not a known key; did you mean llm.model?
 * ```
 */
export function formatIssues(issues: readonly ConfigIssue[]): string {
  const places = issues.map((issue) => escapeControls(placeOf(issue)));
  const width = places.reduce((longest, place) => Math.max(longest, place.length), 0);
  const indent = width > 0 ? width + 4 : 2;
  return issues
    .map((issue, index) => `  ${places[index]!}`.padEnd(indent) + indentLines(issue.message, indent))
    .join('\n');
}

/** Returns the place of an issue: the source, if the message itself begins with the name of the variable. */
function placeOf({ origin, message }: ConfigIssue): string {
  if (origin === undefined) return '';
  const place = formatOrigin(origin);
  return message.startsWith(`${place} `) ? origin.source : place;
}

/** Indents the lines after the first, so that a key or value with a line break cannot forge a line of the log. */
function indentLines(message: string, indent: number): string {
  const lines = message.split(/\r?\n/);
  return lines.map(escapeControls).join(`\n${' '.repeat(indent)}`);
}
