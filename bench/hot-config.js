// Measures the code of the package before it is bundled (scripts/build.mjs): internals have no entry of their own. The types
// of this file are in hot-config.d.ts.
export * from '../build/index.js';
export { Dispatcher } from '../build/changes/dispatcher.js';
export { HotConfigRuntime } from '../build/runtime/hot-config.runtime.js';
export { Pins } from '../build/pinning/pins.js';
export { compilePatterns } from '../build/patterns/pattern.js';
export { PatternIndex } from '../build/patterns/pattern-index.js';
export { SecretPolicy } from '../build/secrets/secret-policy.js';
export { stored } from '../build/remote/index.js';
export { etcdStore } from '../build/stores/etcd/index.js';
export { postgresStore } from '../build/stores/postgres/index.js';
export { redisStore } from '../build/stores/redis/index.js';
