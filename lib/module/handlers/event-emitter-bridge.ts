import { ModuleRef } from '@nestjs/core';
import { EventEmitter2 } from '@nestjs/event-emitter';
import type { ReloadResult } from '../../model/reload-result.interface.js';

/**
 * Emits the results of reloads on the app's own `EventEmitter2`, if the app imports `EventEmitterModule`. Importing that
 * here as well would create a second emitter, and every `@OnEvent` of the app would be called twice.
 */
export class EventEmitterBridge {
  readonly #emitter: EventEmitter2 | undefined;

  constructor(moduleRef: ModuleRef) {
    this.#emitter = find(moduleRef);
  }

  emit(result: ReloadResult): void {
    if (this.#emitter === undefined || result.cause === 'boot') return;
    this.#emitter.emit(`hot-config.${result.outcome}`, result);
    if (result.outcome !== 'applied') return;
    this.#emitter.emit('hot-config.changed', result.changes);
    if (result.cause === 'rollback') this.#emitter.emit('hot-config.rolled-back', result);
  }
}

function find(moduleRef: ModuleRef): EventEmitter2 | undefined {
  try {
    return moduleRef.get(EventEmitter2, { strict: false });
  } catch {
    return undefined;
  }
}
