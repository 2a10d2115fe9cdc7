/** The result of one check of `hot-config doctor`. */
export interface Finding {
  /** The thing that was checked: a file, an app, a limit. */
  readonly check: string;
  /** `fail`: it does not work. `warn`: it works badly, or may stop working soon. */
  readonly state: 'ok' | 'warn' | 'fail';
  readonly text: string;
  /** Advice for the operator. */
  readonly next?: string;
}
