import { CHANGE_MARKS } from '../../diff/change-marks.js';
import type { VersionDiffKind } from '../../diff/version-diff.interface.js';
import type { ChangeResponse, ReloadResponse } from '../../control/responses.js';
import type { ConfigIssue } from '../../model/config-issue.interface.js';
import { formatIssues } from '../../model/format-issues.js';
import { escapeControlsKeepLines } from '../../util/control-characters.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import { nextStepAfter } from '../errors/next-steps.js';
import { formatDuration } from '../../util/format-duration.js';
import { plural } from '../../util/plural.js';
import { cell, type Output } from './output.js';

/**
 * Prints the result of a reload.
 *
 * @throws CliError if the reload was rejected
 */
export function showReload(output: Output, response: ReloadResponse): void {
  if (output.isJson) output.json(response);
  else if (response.outcome !== 'rejected') {
    output.line(summaryOf(output, response));
    showChanges(output, response);
    showIssues(output, response);
  }
  if (response.outcome === 'rejected') throw rejection(response.error!.code, response.error!.message);
}

/** Returns the error for a reload that was rejected, or would be. */
export function rejection(code: string, message: string): CliError {
  const next = nextStepAfter(code) ?? 'Fix the problem above and retry.';
  return new CliError(ExitCode.No, { other: code }, escapeControlsKeepLines(message), next);
}

/** Summarizes a reload: `Version 3 applied (manual, 2 changes, 4.1 ms)`. */
export function summaryOf(output: Output, response: ReloadResponse): string {
  const { outcome, durationMs } = response;
  const [version, cause, stage] = [cell(response.version), cell(response.cause), cell(response.stage)];
  const took = typeof durationMs === 'number' ? `, ${formatDuration(durationMs)}` : '';
  switch (outcome) {
    case 'applied':
      return `${output.style('green', `Version ${version} applied`)} (${cause}, ${countOf(response)}${took})`;
    case 'unchanged':
      return `Unchanged, still version ${version} (${cause}${took})`;
    case 'rejected':
      return `${output.style('red', `Rejected at ${stage}`)}, keeping version ${version} (${cause}${took})`;
    default: // of a newer app
      return `${cell(outcome)}, version ${version} (${cause}, ${countOf(response)}${took})`;
  }
}

/** An outcome that only a newer app knows may have no changes. */
interface Changed {
  readonly changes?: readonly ChangeResponse[];
  readonly moreChanges?: number;
}

/** Counts changes, including those that the app left out of the response. */
export function countOf({ changes = [], moreChanges = 0 }: Changed): string {
  return plural(changes.length + moreChanges, 'change');
}

/** Prints the changes, one per line. */
export function showChanges(output: Output, { changes = [], moreChanges = 0 }: Changed): void {
  output.table(
    ['', 'path', 'before', 'now'],
    changes.map((change) => changeRow(output, change)),
  );
  if (moreChanges > 0) output.note(`… and ${plural(moreChanges, 'more change')}`);
}

/** Prints the issues of a reload or a plan that are no failure, as a note. */
export function showIssues(
  output: Output,
  { issues = [] }: { readonly issues?: readonly ConfigIssue[] },
): void {
  if (issues.length > 0) output.note(escapeControlsKeepLines(formatIssues(issues)));
}

/** The mark of a kind of change that only a newer app knows. */
const UNKNOWN_MARK = { sign: '?', style: 'yellow' } as const;

/** Returns the row of one change: sign, path, value before and now. */
export function changeRow(
  output: Output,
  { kind, path, previous, current }: Omit<ChangeResponse, 'kind'> & { readonly kind: VersionDiffKind },
): string[] {
  const { sign, style } = Object.hasOwn(CHANGE_MARKS, kind) ? CHANGE_MARKS[kind] : UNKNOWN_MARK;
  return [
    output.style(style, sign),
    cell(path),
    kind === 'added' ? '' : cell(previous ?? null),
    kind === 'removed' ? '' : cell(current ?? null),
  ];
}
