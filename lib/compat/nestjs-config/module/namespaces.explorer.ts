import { ConfigModule } from '@nestjs/config';
import type { ModulesContainer } from '@nestjs/core';
import type { ReloadObservers } from '../../../reload/reload-observers.js';
import { formatPath } from '../../../model/paths.js';
import type { Pins } from '../../../pinning/pins.js';
import { isPlainObject } from '../../../util/branches.js';
import { type ConfigFactoryLike, DeclaredFactory, namespaceFactory } from '../declared-factory.js';

type Wrapper = NonNullable<ReturnType<NonNullable<ReturnType<ModulesContainer['get']>>['getProviderByKey']>>;

type Members = Readonly<Record<string, unknown>>;

/** Token of a namespace, made from its name by `@nestjs/config`; for a factory without a name it has a UUID instead. */
const TOKEN = /^CONFIGURATION\((?![\da-f]{8}-[\da-f]{4}-)(?<name>.*)\)$/;

/** Finds the namespaces that modules declare with `ConfigModule.forFeature()`, as `registerAs().asProvider()` does. */
export function configModuleNamespaces(
  modules: ModulesContainer,
): { readonly wrapper: Wrapper; readonly declared: DeclaredFactory }[] {
  const configModules = [...modules.values()].filter(({ metatype }) => metatype === ConfigModule);
  const wrappers = configModules.flatMap((module) => [...module.providers.values()]);
  return wrappers.flatMap((wrapper) => {
    const { token, metatype } = wrapper;
    if (typeof token !== 'string' || !token.startsWith('CONFIGURATION(')) return [];
    if (metatype !== null) return [{ wrapper, declared: new DeclaredFactory(metatype as ConfigFactoryLike) }];
    // A test has overridden the provider with a value.
    const name = TOKEN.exec(token)?.groups?.['name'];
    const { instance } = wrapper as { instance: unknown };
    if (name === undefined) return [];
    return [{ wrapper, declared: new DeclaredFactory(namespaceFactory(name, () => instance)) }];
  });
}

/** Keeps the objects that are injected for these namespaces up to date. */
export class ConfigModuleNamespacesExplorer {
  readonly #linked = new Set<Wrapper>();
  readonly #refresh: (() => void)[] = [];

  constructor(
    private readonly modules: ModulesContainer,
    private readonly core: { readonly pins: Pins; readonly observers: ReloadObservers },
  ) {
    core.observers.add({
      ended: ({ outcome }) => {
        if (outcome === 'applied') for (const refresh of this.#refresh) refresh();
      },
    });
  }

  /** Links new namespaces; called again for modules that are loaded later. */
  discover(): void {
    for (const { wrapper, declared } of configModuleNamespaces(this.modules)) {
      const { instance } = wrapper as { instance: unknown };
      const path = declared.path && formatPath(declared.path);
      if (path === undefined || this.#linked.has(wrapper) || typeof instance !== 'object' || !instance)
        continue;
      this.#linked.add(wrapper);
      const { pins } = this.core;
      // No source has the namespace of a module that is loaded later: it keeps its values.
      if (!pins.ambient().has(path)) continue;
      const read = () => pins.ambient().get(path) as Members | undefined;
      const refresh = linkMembers(instance, read, declared.schema !== undefined);
      if (refresh !== undefined) this.#refresh.push(refresh);
    }
  }
}

/**
 * Makes each member of an existing object return the one of `read()`. A member that has not changed since then returns
 * the original value, so that it stays identical.
 *
 * @param isChecked the object is the result of a schema, which has seen only what the factory returns: no member stays
 * @returns a function that links added members; undefined if the object cannot be changed
 */
function linkMembers(
  object: object,
  read: () => Members | undefined,
  isChecked: boolean,
): (() => void) | undefined {
  if (!(isChecked || isPlainObject(object)) || !Object.isExtensible(object)) return undefined;
  const original: Members = { ...object };
  const first = read() ?? {};
  const link = (key: string) => {
    Object.defineProperty(object, key, {
      enumerable: true,
      configurable: true,
      get: () => {
        const current = read()?.[key];
        return current === first[key] && !isChecked ? original[key] : current;
      },
      // Code that assigns a member replaces the link, as with any object.
      set: (value: unknown) => {
        Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
      },
    });
  };
  for (const key of Object.keys(original))
    if (Object.getOwnPropertyDescriptor(object, key)?.configurable) link(key);
  const linkAdded = () => {
    for (const key of Object.keys(read() ?? {})) if (!Object.hasOwn(object, key)) link(key);
  };
  if (isChecked) linkAdded();
  return linkAdded;
}
