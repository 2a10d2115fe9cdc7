import { Inject, Injectable, type Type } from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import { ConfigOptionsError } from '../../errors/config.errors.js';
import { compilePatterns } from '../../patterns/pattern.js';
import { HOT_CONFIG_RUNTIME } from '../../model/tokens.js';
import type { HotConfigRuntime } from '../../runtime/hot-config.runtime.js';
import {
  describeProxy,
  isRefreshableClass,
  type Lifecycle,
  type RefreshableProxy,
} from '../../refreshable/refreshable.decorator.js';
import { ownDisposerOf } from '../../refreshable/disposer.js';
import type { Disposer } from '../../refreshable/refreshable.interface.js';
import { handleOf, type RefreshableHandle } from '../../refreshable/refreshable.handle.js';

type NestModule = NonNullable<ReturnType<ModulesContainer['get']>>;
type Wrapper = NestModule['providers'] extends Map<unknown, infer W> ? W : never;

/** Registers the classes with the decorator `@Refreshable()` as components. */
@Injectable()
export class RefreshableExplorer {
  readonly #registered = new Set<RefreshableProxy>();

  constructor(
    private readonly modules: ModulesContainer,
    @Inject(HOT_CONFIG_RUNTIME) private readonly runtime: HotConfigRuntime,
  ) {}

  /** Registers what is new. Called again for modules that are loaded late. */
  discover(): void {
    for (const module of this.modules.values()) {
      for (const wrapper of module.providers.values()) this.#register(wrapper, module);
    }
  }

  #register(wrapper: Wrapper, module: NestModule): void {
    if (isRefreshableClass(wrapper.metatype)) {
      if (wrapper.forwardRef) throw takesForwardRef(wrapper.name);
      if (wrapper.isTransient || !wrapper.isDependencyTreeStatic()) throw hasScope(wrapper.name);
    }
    const proxy = wrapper.isAlias ? undefined : describeProxy(wrapper.instance);
    if (proxy === undefined || this.#registered.has(proxy)) return;
    this.#registered.add(proxy);
    if (wrapper.inject !== undefined && wrapper.inject !== null) throw createdByFactory(proxy.firstInstance);
    this.runtime.core.knownPatterns.checkDeclared(String(wrapper.name), compilePatterns(proxy.patterns));
    const type = wrapper.metatype as new (...dependencies: never[]) => object;
    const moduleRef = module.providers.get(ModuleRef)?.instance as ModuleRef;
    const handle = this.runtime.core.refreshables.adopt<object>(
      {
        ...proxy.options,
        label: type.name,
        on: proxy.patterns,
        build: () => create(moduleRef, type),
        healthCheck: initialise,
        disposerOf: disposerOfClass,
      },
      () => dependenciesOf(wrapper),
      proxy.firstInstance,
      this.runtime.core.store.current,
    );
    proxy.connect(handle);
  }
}

async function create(moduleRef: ModuleRef, type: new (...dependencies: never[]) => object): Promise<object> {
  return describeProxy(await moduleRef.create(type as Type<object>))!.firstInstance; // the constructor returns a proxy
}

/** Calls the hooks that Nest calls at boot. Not a part of `create`: an instance that cannot be initialised is disposed of. */
async function initialise(instance: Lifecycle): Promise<void> {
  await instance.onModuleInit?.();
  await instance.onApplicationBootstrap?.();
}

function disposerOfClass(instance: Lifecycle): Disposer | undefined {
  return ownDisposerOf(instance) ?? (instance.onModuleDestroy && (() => instance.onModuleDestroy?.()));
}

function createdByFactory(instance: object): ConfigOptionsError {
  const { name } = instance.constructor;
  return new ConfigOptionsError(
    `${name} is @Refreshable(), but created by a factory: provide the class itself, or use refreshable() for the factory`,
  );
}

/** Each of its consumers or requests has an instance of its own, which nothing would build again or dispose of. */
function hasScope(name: string): ConfigOptionsError {
  return new ConfigOptionsError(
    `${name} is @Refreshable(), but transient or request-scoped, or something that it injects is request-scoped: ` +
      'remove @Refreshable() or the scope. Work that is pinned to a version shares one instance for that version',
  );
}

/** Nest copies the fields of what such a constructor returns to an object of its own, which cannot be replaced. */
function takesForwardRef(name: string): ConfigOptionsError {
  return new ConfigOptionsError(
    `${name} is @Refreshable(), but its constructor takes a forwardRef(), so Nest would keep its first instance forever: ` +
      'inject ModuleRef and get the provider from it in onModuleInit, or use refreshable()',
  );
}

function dependenciesOf(wrapper: Wrapper): RefreshableHandle[] {
  const parameters = wrapper.getCtorMetadata() ?? [];
  const properties = (wrapper.getPropertiesMetadata() ?? []).map((property) => property.wrapper);
  return [...parameters, ...properties].flatMap((dependency) => handleOf(dependency?.instance) ?? []);
}
