/**
 * A store in the memory of the process: for tests and examples.
 *
 * @module nestjs-hot-config/stores/memory
 */

export * from '../contract/exports.js';
export { memoryStore, MemoryStore } from './memory.store.js';
