import type { ModulesContainer } from '@nestjs/core';

/**
 * Creates one object per app, however many of its modules call `forRoot()`. Nest's container of the app holds it under
 * `key`, so that two apps in one process never share it.
 */
export function oncePerApp<V>(modules: ModulesContainer, key: symbol, create: () => V): V {
  const container = modules as unknown as Record<symbol, { readonly value: V } | undefined>;
  return (container[key] ??= { value: create() }).value;
}
