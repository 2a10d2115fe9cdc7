import type { ReloadRequest } from './reload-result.interface.js';

/** The parameters of a reload, with those that decide how its result is reported. */
export interface ReportedRequest extends ReloadRequest {
  /** Set for a check without a trigger. If it finds nothing new, it is not reported. */
  readonly audit?: 'safety-poll' | 'catch-up';
  /** Set for a value that a caller of `set()` has chosen: if it is refused, that is no error of the app. */
  readonly trial?: true;
}
