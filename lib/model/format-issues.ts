import { formatOrigin } from './origin.interface.js';
import type { ConfigIssue } from './config-issue.interface.js';
import { escapeControls } from '../util/control-characters.js';

/**
 * One line an issue, places aligned in a column:
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
    .map((issue, index) => `  ${places[index]!}`.padEnd(indent) + tame(issue.message, indent))
    .join('\n');
}

/** Lines after the first are indented: a key or a value with a line break in it cannot forge a line of the log. */
function tame(message: string, indent: number): string {
  const lines = message.split(/\r?\n/);
  return lines.map(escapeControls).join(`\n${' '.repeat(indent)}`);
}
