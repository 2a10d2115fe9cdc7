import { formatIssues } from '../errors/format-issues.js';
import type { AppliedReload, RejectedReload, ReloadResult } from './reload-result.interface.js';

/** A result in one line; a rejection with a line for each issue. What a person reads in the log. */
export function describeResult(result: ReloadResult): string {
  switch (result.outcome) {
    case 'applied':
      return describeApplied(result);
    case 'unchanged':
      return `Configuration unchanged, still version ${result.version} (${result.cause}, ${ms(result)})`;
    case 'rejected':
      return describeRejection(result);
  }
}

function describeApplied(result: AppliedReload): string {
  const count = result.changes.length;
  const changes = result.cause === 'boot' ? '' : `, ${count} ${count === 1 ? 'change' : 'changes'}`;
  return `Configuration version ${result.version} applied (${result.cause}${changes}, ${ms(result)})`;
}

function describeRejection({ stage, version, error }: RejectedReload): string {
  const consequence = version === 0 ? 'the app cannot start' : `keeping version ${version}`;
  const details = error.issues.length > 0 ? formatIssues(error.issues) : `  ${error.summary}`;
  return `Configuration rejected at ${stage}, ${consequence}:\n${details}`;
}

function ms({ durationMs }: ReloadResult): string {
  return `${durationMs < 10 ? durationMs.toFixed(1) : Math.round(durationMs)} ms`;
}
