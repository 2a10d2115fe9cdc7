/** All benches, in the order of execution and display. */
export const BENCH_NAMES = [
  'read',
  'request',
  'latency',
  'reload',
  'stall',
  'start',
  'directory',
  'dispatch',
  'memory',
  'idle',
  'rollback',
  'redact',
  'remote',
];
