/** What a check of `hot-config doctor` found. */
export interface Finding {
  /** What was looked at. */
  readonly check: string;
  /** `fail`: it does not work. `warn`: it works worse than it could, or soon will not. */
  readonly state: 'ok' | 'warn' | 'fail';
  readonly text: string;
  /** What to do about it. */
  readonly next?: string;
}
