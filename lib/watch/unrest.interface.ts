/**
 * Whether files change. Who reads while a change is under way, or sees another one begin meanwhile, may have read half
 * of it: an editor's save, a writer that pauses, one of several files that belong together.
 */
export interface Unrest {
  /** How many changes have begun so far. */
  readonly begun: number;
  /** Whether one of them has not come to rest yet. */
  readonly underWay: boolean;
}
