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
  const places = issues.map((issue) => (issue.origin ? escapeControls(formatOrigin(issue.origin)) : ''));
  const width = places.reduce((longest, place) => Math.max(longest, place.length), 0);
  const indent = width > 0 ? width + 4 : 2;
  return issues
    .map((issue, index) => `  ${places[index]!}`.padEnd(indent) + indentLines(issue.message, indent))
    .join('\n');
}

/** Indents the lines after the first, so that a key or value with a line break cannot forge a line of the log. */
function indentLines(message: string, indent: number): string {
  const lines = message.split(/\r?\n/);
  return lines.map(escapeControls).join(`\n${' '.repeat(indent)}`);
}
