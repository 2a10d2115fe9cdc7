import type { HealthIndicatorResult } from '@nestjs/terminus';

type Details = Record<string, unknown>;

/** Maker of the result of one check. Only Terminus 12 and newer has `degraded()`. */
interface HealthIndicatorSession<Key extends string> {
  up(details: Details): HealthIndicatorResult<Key>;
  degraded?(details: Details): HealthIndicatorResult<Key>;
}

/**
 * Returns the result of a check that passes although there are problems: `degraded`. Terminus 11 has only `up` and `down`:
 * there it is `up`, with `degraded: true` among the details.
 */
export function degraded<Key extends string>(
  session: HealthIndicatorSession<Key>,
  details: Details,
): HealthIndicatorResult<Key> {
  return session.degraded?.(details) ?? session.up({ ...details, degraded: true });
}
