import { Inject, Injectable, type Type } from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import { HOT_CONFIG_RUNTIME } from '../hot-config.constants.js';
import type { HotConfigRuntime } from '../hot-config.runtime.js';
import { slotOf, type RefreshableSlot } from './refreshable.decorator.js';
import type { RefreshableHandle } from './refreshable.handle.js';
import { handleOf } from './transparent.js';

type NestModule = NonNullable<ReturnType<ModulesContainer['get']>>;
type Wrapper = NestModule['providers'] extends Map<unknown, infer W> ? W : never;

/** What a refreshable class may have of Nest's life cycle, and of JavaScript's. */
type Lifecycle = Partial<AsyncDisposable> & { onModuleInit?(): unknown; onModuleDestroy?(): unknown };

/** Links the classes that `@Refreshable()` marks to the runtime. */
@Injectable()
export class RefreshableExplorer {
  readonly #linked = new Set<RefreshableSlot>();

  constructor(
    private readonly modules: ModulesContainer,
    @Inject(HOT_CONFIG_RUNTIME) private readonly runtime: HotConfigRuntime,
  ) {}

  /** Links what is new; called again for modules that are loaded late. */
  explore(): void {
    for (const module of this.modules.values()) {
      for (const wrapper of module.providers.values()) this.#link(wrapper, module);
    }
  }

  #link(wrapper: Wrapper, module: NestModule): void {
    const slot = wrapper.isAlias ? undefined : slotOf(wrapper.instance);
    if (slot === undefined || this.#linked.has(slot)) return;
    this.#linked.add(slot);
    const type = wrapper.metatype as new (...dependencies: never[]) => object;
    const moduleRef = module.providers.get(ModuleRef)?.instance as ModuleRef;
    const handle = this.runtime.refreshables.adopt<object>(
      {
        ...slot.options,
        label: type.name,
        on: slot.patterns,
        build: () => create(moduleRef, type),
        dispose,
      },
      () => dependenciesOf(wrapper),
      slot.first,
      this.runtime.store.current,
    );
    slot.link(handle);
  }
}

/** As Nest does it at boot: constructed with its dependencies, then initialised. */
async function create(moduleRef: ModuleRef, type: new (...dependencies: never[]) => object): Promise<object> {
  const instance = slotOf(await moduleRef.create(type as Type<object>))!.first; // what the class constructs has a slot
  await (instance as Lifecycle).onModuleInit?.();
  return instance;
}

async function dispose(instance: object): Promise<void> {
  const { [Symbol.asyncDispose]: asyncDispose, onModuleDestroy } = instance as Lifecycle;
  await (asyncDispose ?? onModuleDestroy)?.call(instance as AsyncDisposable);
}

function dependenciesOf(wrapper: Wrapper): RefreshableHandle[] {
  const constructorDependencies = wrapper.getCtorMetadata() ?? [];
  return constructorDependencies.flatMap((dependency) => handleOf(dependency?.instance) ?? []);
}
