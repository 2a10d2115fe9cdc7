// Measures the built package, as it is published.
export * from '../../dist/index.js';
export { Dispatcher } from '../../dist/changes/dispatcher.js';
export { HotConfigRuntime } from '../../dist/runtime/hot-config.runtime.js';
export { Pins } from '../../dist/pinning/pins.js';
export { compilePatterns } from '../../dist/patterns/pattern.js';
export { PatternIndex } from '../../dist/patterns/pattern-index.js';
