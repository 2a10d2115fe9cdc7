import { plural } from '../util/plural.js';
import type { OutcomeCounts } from '../pinning/outcome-counters.js';
import type { ProbationRules } from './probation-options.js';

/** Outcomes on the last proven version, to compare with. */
export interface Baseline {
  readonly version: number;
  readonly counts: OutcomeCounts;
}

/** Returns why the errors of a version fail it, compared with those of the baseline; undefined if they do not. */
export function tooManyErrors(
  counts: OutcomeCounts,
  baseline: Baseline,
  { minRequests, maxErrorRate }: ProbationRules,
): string | undefined {
  const increase = errorRate(counts, minRequests) - errorRate(baseline.counts, minRequests);
  // 1e-9: in floating point, 0.4 - 0.3 is a little more than 0.1.
  if (counts.requests < minRequests || increase <= maxErrorRate + 1e-9) return undefined;
  const before =
    baseline.counts.requests === 0 ? '' : ` (${errorsOf(baseline.counts)} on version ${baseline.version})`;
  return `${counts.errors} of ${plural(counts.requests, 'request')} failed${before}`;
}

/** Divides by at least `minRequests`: one failure of one request is not a rate of 100 %. */
function errorRate({ requests, errors }: OutcomeCounts, minRequests: number): number {
  return errors / Math.max(requests, minRequests);
}

function errorsOf({ requests, errors }: OutcomeCounts): string {
  return `${errors} of ${requests}`;
}
