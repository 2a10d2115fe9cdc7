/**
 * Whether files change. Who reads while a change is under way, or sees another one begin meanwhile, may have read half
 * of it: an editor's save, a writer that pauses, one of several files that belong together.
 */
export interface WriteActivity {
  /** How many changes have begun so far. */
  readonly started: number;
  /** Whether one of them has not come to rest yet. */
  readonly inProgress: boolean;
}
