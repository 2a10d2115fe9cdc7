import { ContextIdFactory, MetadataScanner, ModuleRef, type ModulesContainer } from '@nestjs/core';

export type NestModule = NonNullable<ReturnType<ModulesContainer['get']>>;
type Wrapper = NestModule['providers'] extends Map<unknown, infer W> ? W : never;

/** A method of a provider or controller. */
export interface FoundMethod {
  /** `LlmService.onLlmChange` */
  readonly label: string;
  readonly name: string;
  readonly method: (...parameters: never[]) => unknown;
  /** Calls it on the instance, or on a new one if the provider is request-scoped. */
  readonly call: (...parameters: unknown[]) => unknown;
}

/** Finds the methods of an app's providers and controllers. An instance with several tokens is found once. */
export class ProviderMethods {
  readonly #scanner = new MetadataScanner();
  readonly #found = new WeakSet<object>();

  /** Returns the methods of every provider and controller of a module that was not found before. */
  discover(module: NestModule): FoundMethod[] {
    const wrappers = [...module.providers.values(), ...module.controllers.values()];
    return wrappers.flatMap((wrapper) => this.#discoverIn(wrapper as Wrapper, module));
  }

  #discoverIn(wrapper: Wrapper, module: NestModule): FoundMethod[] {
    // An alias is the same instance again: its handlers would be called twice.
    if (wrapper.isAlias || this.#wasFound(wrapper)) return [];
    const prototype = prototypeOf(wrapper);
    if (prototype === undefined) return [];
    const owner = prototype.constructor?.name ?? String(wrapper.name);
    return this.#scanner.getAllMethodNames(prototype).map((name) => ({
      label: `${owner}.${name}`,
      name,
      method: prototype[name] as FoundMethod['method'],
      call: (...parameters) => callOn(wrapper, module, name, parameters),
    }));
  }

  /** A factory may return another provider's instance, and several modules may provide the same value. */
  #wasFound({ instance }: Wrapper): boolean {
    if (typeof instance !== 'object' || instance === null) return false;
    if (this.#found.has(instance as object)) return true;
    this.#found.add(instance as object);
    return false;
  }
}

/** An instance of a factory or a value has its own class; a class provider is known before it has an instance. */
function prototypeOf(wrapper: Wrapper): Partial<Record<string, unknown>> | undefined {
  const instance: unknown = wrapper.instance;
  if (typeof instance === 'object' && instance !== null) return Object.getPrototypeOf(instance) ?? undefined;
  if (wrapper.inject !== undefined && wrapper.inject !== null) return undefined;
  const type: unknown = wrapper.metatype;
  return typeof type === 'function' ? (type.prototype as Record<string, unknown> | undefined) : undefined;
}

function callOn(wrapper: Wrapper, module: NestModule, name: string, parameters: unknown[]): unknown {
  // Read at each call: in a lazily loaded module, the wrapper exists before its instance.
  if (wrapper.isDependencyTreeStatic() && !wrapper.isTransient)
    return invoke(wrapper.instance, name, parameters);
  return resolveFresh(wrapper, module).then((instance) => invoke(instance, name, parameters));
}

function resolveFresh(wrapper: Wrapper, module: NestModule): Promise<unknown> {
  const moduleRef = module.providers.get(ModuleRef)?.instance as ModuleRef;
  return moduleRef.resolve(wrapper.token as never, ContextIdFactory.create(), { strict: true });
}

function invoke(instance: unknown, name: string, parameters: unknown[]): unknown {
  return (instance as Record<string, (...parameters: unknown[]) => unknown>)[name]!(...parameters);
}
