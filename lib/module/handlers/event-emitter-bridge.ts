import { ModuleRef } from '@nestjs/core';
import { EventEmitter2 } from '@nestjs/event-emitter';
import type { ReloadResult } from '../../model/reload-result.interface.js';

/**
 * Emits each lifecycle moment on the app's own `EventEmitter2`, where `EventEmitterModule` is there: importing it here
 * as well would make a second emitter, and every `@OnEvent` of the app would be called twice.
 */
export class EventEmitterBridge {
  readonly #emitter: EventEmitter2 | undefined;

  constructor(moduleRef: ModuleRef) {
    this.#emitter = find(moduleRef);
  }

  tell(result: ReloadResult): void {
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
