// Measures the built package, as it is published, and internals that have no entry of their own. Their declarations are not
// beside their code (tsconfig.build.json), so the types of this file are in hot-config.d.ts.
export * from '../dist/index.js';
export { Dispatcher } from '../dist/changes/dispatcher.js';
export { HotConfigRuntime } from '../dist/runtime/hot-config.runtime.js';
export { Pins } from '../dist/pinning/pins.js';
export { compilePatterns } from '../dist/patterns/pattern.js';
export { PatternIndex } from '../dist/patterns/pattern-index.js';
export { SecretPolicy } from '../dist/secrets/secret-policy.js';
