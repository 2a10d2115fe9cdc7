// Types of hot-config.js: the same lines, from build/types.
export * from '../build/types/index.js';
export { Dispatcher } from '../build/types/changes/dispatcher.js';
export { HotConfigRuntime } from '../build/types/runtime/hot-config.runtime.js';
export { Pins } from '../build/types/pinning/pins.js';
export { compilePatterns } from '../build/types/patterns/pattern.js';
export { PatternIndex } from '../build/types/patterns/pattern-index.js';
export { SecretPolicy } from '../build/types/secrets/secret-policy.js';
export { stored } from '../build/types/remote/index.js';
export { etcdStore, type ConfigStore } from '../build/types/stores/etcd/index.js';
export { postgresStore } from '../build/types/stores/postgres/index.js';
export { redisStore } from '../build/types/stores/redis/index.js';
