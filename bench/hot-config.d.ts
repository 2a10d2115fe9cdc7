// Types of hot-config.js: the same lines, from dist/types.
export * from '../dist/types/index.js';
export { Dispatcher } from '../dist/types/changes/dispatcher.js';
export { HotConfigRuntime } from '../dist/types/runtime/hot-config.runtime.js';
export { Pins } from '../dist/types/pinning/pins.js';
export { compilePatterns } from '../dist/types/patterns/pattern.js';
export { PatternIndex } from '../dist/types/patterns/pattern-index.js';
export { SecretPolicy } from '../dist/types/secrets/secret-policy.js';
