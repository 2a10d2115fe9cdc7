/** The names of the events on the `EventEmitter2` of the app. */
export const EVENT_NAMES = {
  applied: 'hot-config.applied',
  unchanged: 'hot-config.unchanged',
  rejected: 'hot-config.rejected',
  /** After `applied`, with the changes instead of the result. */
  changed: 'hot-config.changed',
  /** After `applied`, if the reload is a rollback. */
  rolledBack: 'hot-config.rolled-back',
} as const;
