import type { ModulesContainer } from '@nestjs/core';
import type { ReloadResult } from '../../model/reload-result.interface.js';
import { EVENT_NAMES } from './event-names.js';

interface Emitter {
  emit(event: string, payload: unknown): unknown;
}

/**
 * Emits the results of reloads on the app's own `EventEmitter2`, if the app imports `EventEmitterModule`. Importing that
 * here as well would create a second emitter, and every `@OnEvent` of the app would be called twice.
 */
export class EventEmitterBridge {
  readonly #emitter: Emitter | undefined;

  constructor(modules: ModulesContainer) {
    this.#emitter = find(modules);
  }

  emit(result: ReloadResult): void {
    if (this.#emitter === undefined || result.cause === 'boot') return;
    this.#emitter.emit(EVENT_NAMES[result.outcome], result);
    if (result.outcome !== 'applied') return;
    this.#emitter.emit(EVENT_NAMES.changed, result.changes);
    if (result.cause === 'rollback') this.#emitter.emit(EVENT_NAMES.rolledBack, result);
  }
}

/** By a member of its class: an app that has no events need not install the package of the class. */
function find(modules: ModulesContainer): Emitter | undefined {
  const wrappers = [...modules.values()].flatMap(({ providers }) => [...providers.values()]);
  const wrapper = wrappers.find(
    ({ token }) => typeof token === 'function' && Reflect.get(token, 'EventEmitter2') === token,
  );
  return wrapper?.instance as Emitter | undefined;
}
