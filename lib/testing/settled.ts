import type { INestApplicationContext } from '@nestjs/common';
import { findRuntime } from '../module/find-runtime.js';
import { MemorySource } from './memory.source.js';

/**
 * Resolves when what the app's `memory()` sources were told is in force or rejected, and every handler is through with
 * it. It needs no watching: what nobody watches is reloaded here.
 *
 * Handlers are bound when the app is initialised: `await module.init()`, `createNestApplication().init()` or `listen()`.
 *
 * @param app the app or the testing module
 * @publicApi
 */
export async function settled(app: INestApplicationContext): Promise<void> {
  const runtime = findRuntime(app, 'settled()');
  await runtime.settled();
  // Nobody watches, or watching has stepped back: what a test has said counts all the same.
  if (!runtime.reloader.sources.some(isUnread)) return;
  await runtime.reload({ cause: 'manual', reason: 'settled() in a test' });
  await runtime.settled();
}

function isUnread(source: unknown): boolean {
  return source instanceof MemorySource && source.isUnread;
}
