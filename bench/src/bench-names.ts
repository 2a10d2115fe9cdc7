/** All benches, in the order in which they run and are shown. */
export const BENCH_NAMES = ['read', 'request', 'latency', 'reload', 'dispatch', 'memory', 'idle', 'rollback'];
