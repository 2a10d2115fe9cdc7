import type { Disposer, RefreshableDefinition } from './refreshable.interface.js';

/** Returns the function that disposes of an instance of a component; undefined if there is nothing to dispose of. */
export function disposerOf<X>(definition: RefreshableDefinition<X>, instance: X): Disposer | undefined {
  const { dispose } = definition;
  if (definition.disposerOf !== undefined) return definition.disposerOf(instance);
  return dispose === undefined ? ownDisposerOf(instance) : () => dispose(instance);
}

/** Checks whether there is something to dispose of. Never throws. */
export function hasDisposer<X>(definition: RefreshableDefinition<X>, instance: X): boolean {
  try {
    return disposerOf(definition, instance) !== undefined;
  } catch {
    return true; // a getter or a proxy that throws; the disposal reports the error
  }
}

/** Returns the `[Symbol.asyncDispose]` or the `[Symbol.dispose]` of an instance, bound to it. */
export function ownDisposerOf(instance: unknown): Disposer | undefined {
  if ((typeof instance !== 'object' && typeof instance !== 'function') || instance === null) return undefined;
  const { [Symbol.asyncDispose]: asyncDispose, [Symbol.dispose]: dispose } = instance as Partial<
    AsyncDisposable & Disposable
  >;
  const own = asyncDispose ?? dispose;
  return own && (() => own.call(instance as never));
}
