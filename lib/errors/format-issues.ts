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
  const width = Math.max(...places.map((place) => place.length));
  return issues
    .map((issue, index) => `  ${width > 0 ? `${places[index]!.padEnd(width)}  ` : ''}${issue.message}`)
    .join('\n');
}
