import type { INestApplicationContext } from '@nestjs/common';
import { HotConfigError } from '../model/hot-config.error.js';
import { findPort } from '../module/find-port.js';
import { MemorySource } from './memory.source.js';

/**
 * Resolves when the content of the app's `memory()` sources is applied or rejected, and every handler has finished.
 * Reloads the sources itself if the app does not watch them.
 *
 * Handlers are registered when the app is initialised: `await module.init()`, `createNestApplication().init()` or
 * `listen()`. The process stays alive meanwhile.
 *
 * @param app the app or the testing module
 * @throws HotConfigError if the app has not been initialised, or a handler or a veto that it would wait for calls it
 * @publicApi
 */
export async function settled(app: INestApplicationContext): Promise<void> {
  const port = findPort(app, 'settled()');
  if (!port.isStarted)
    throw new HotConfigError(
      'settled() needs an app that has been initialised, because no handler is registered before: ' +
        'call `await app.init()` or `await app.listen(0)` first',
      'CONFIG_NOT_STARTED',
    );
  await port.settled();
  // Content that watching has not picked up, because it is disabled or delayed.
  if (!port.sources.current.some(isUnread)) return;
  await port.reload({ cause: 'manual', reason: 'settled() in a test' });
  await port.settled();
}

function isUnread(source: unknown): boolean {
  return source instanceof MemorySource && source.isUnread;
}
