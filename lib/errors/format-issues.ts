import { formatOrigin } from '../snapshot/origin.interface.js';
import type { ConfigIssue } from './config-issue.interface.js';

/**
 * One line an issue, places aligned in a column:
 *
 * ```text
 *   config/llm.yaml:12:16  llm.temperature must not be greater than 2 (was 7)
 *   config/llm.yaml:14:3   llm.modle is not a known key; did you mean llm.model?
 * ```
 */
export function formatIssues(issues: readonly ConfigIssue[]): string {
  const places = issues.map((issue) => (issue.origin ? formatOrigin(issue.origin) : ''));
  const width = places.reduce((longest, place) => Math.max(longest, place.length), 0);
  const indent = width > 0 ? width + 4 : 2;
  return issues
    .map((issue, index) => `  ${places[index]!}`.padEnd(indent) + tame(issue.message, indent))
    .join('\n');
}

// eslint-disable-next-line no-control-regex -- they are what it is about
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

/** A text without line breaks and control characters: escapes in their place. */
export function onOneLine(text: string): string {
  return text.replaceAll(CONTROL, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Lines after the first are indented: a key or a value with a line break in it cannot forge a line of the log. */
function tame(message: string, indent: number): string {
  const lines = message.split(/\r?\n/);
  return lines.map(onOneLine).join(`\n${' '.repeat(indent)}`);
}
