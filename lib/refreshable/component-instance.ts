/** One instance of a refreshable, and the versions it serves: from its own up to the one that superseded it. */
export interface ComponentInstance<X> {
  readonly instance: X;
  /** The version it was built for. */
  readonly from: number;
  /** The version that superseded it; undefined while it is the newest. */
  until: number | undefined;
  /** Lets go of it at last, when draining takes too long. */
  timer: NodeJS.Timeout | undefined;
  /** Whether it is disposed of, or about to be. */
  gone: boolean;
}
