import { Inject, Injectable, type Type } from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import { ConfigOptionsError } from '../../errors/config.errors.js';
import { HOT_CONFIG_RUNTIME } from '../../runtime/tokens.js';
import type { HotConfigRuntime } from '../../runtime/hot-config.runtime.js';
import {
  isRefreshableClass,
  slotOf,
  type Lifecycle,
  type RefreshableSlot,
} from '../../refreshable/refreshable.decorator.js';
import type { RefreshableHandle } from '../../refreshable/refreshable.handle.js';
import { handleOf } from '../../refreshable/transparent.js';

type NestModule = NonNullable<ReturnType<ModulesContainer['get']>>;
type Wrapper = NestModule['providers'] extends Map<unknown, infer W> ? W : never;

/** Links the classes that `@Refreshable()` marks to the runtime. */
@Injectable()
export class RefreshableExplorer {
  readonly #linked = new Set<RefreshableSlot>();

  constructor(
    private readonly modules: ModulesContainer,
    @Inject(HOT_CONFIG_RUNTIME) private readonly runtime: HotConfigRuntime,
  ) {}

  /** Links what is new; called again for modules that are loaded late. */
  discover(): void {
    for (const module of this.modules.values()) {
      for (const wrapper of module.providers.values()) this.#link(wrapper, module);
    }
  }

  #link(wrapper: Wrapper, module: NestModule): void {
    if (wrapper.forwardRef && isRefreshableClass(wrapper.metatype)) throw takesForwardRef(wrapper.name);
    const slot = wrapper.isAlias ? undefined : slotOf(wrapper.instance);
    if (slot === undefined || this.#linked.has(slot)) return;
    this.#linked.add(slot);
    if (wrapper.inject !== undefined && wrapper.inject !== null) throw madeByFactory(slot.first);
    const type = wrapper.metatype as new (...dependencies: never[]) => object;
    const moduleRef = module.providers.get(ModuleRef)?.instance as ModuleRef;
    const handle = this.runtime.refreshables.adopt<object>(
      {
        ...slot.options,
        label: type.name,
        on: slot.patterns,
        build: () => create(moduleRef, type),
        healthCheck: initialise,
        dispose,
      },
      () => dependenciesOf(wrapper),
      slot.first,
      this.runtime.store.current,
    );
    slot.link(handle);
  }
}

async function create(moduleRef: ModuleRef, type: new (...dependencies: never[]) => object): Promise<object> {
  return slotOf(await moduleRef.create(type as Type<object>))!.first; // what the class constructs has a slot
}

/** As Nest does it at boot. Apart from the construction: an instance that cannot be initialised is disposed of. */
async function initialise(instance: Lifecycle): Promise<void> {
  await instance.onModuleInit?.();
  await instance.onApplicationBootstrap?.();
}

async function dispose(instance: Lifecycle & Partial<AsyncDisposable & Disposable>): Promise<void> {
  if (instance[Symbol.asyncDispose] !== undefined) await instance[Symbol.asyncDispose]!();
  else if (instance[Symbol.dispose] !== undefined) instance[Symbol.dispose]!();
  else await instance.onModuleDestroy?.();
}

function madeByFactory(instance: object): ConfigOptionsError {
  const { name } = instance.constructor;
  return new ConfigOptionsError(
    `${name} is @Refreshable(), but made by a factory: provide the class itself, or use refreshable() there`,
  );
}

/** Nest copies the fields of what such a constructor gives to an object of its own, which nobody can replace. */
function takesForwardRef(name: string): ConfigOptionsError {
  return new ConfigOptionsError(
    `${name} is @Refreshable(), and its constructor takes a forwardRef(), which would keep its first instance for ever: ` +
      'inject ModuleRef and ask it in onModuleInit, or use refreshable()',
  );
}

function dependenciesOf(wrapper: Wrapper): RefreshableHandle[] {
  const parameters = wrapper.getCtorMetadata() ?? [];
  const properties = (wrapper.getPropertiesMetadata() ?? []).map((property) => property.wrapper);
  return [...parameters, ...properties].flatMap((dependency) => handleOf(dependency?.instance) ?? []);
}
