import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { InitializeOnPreviewAllowlist, ModulesContainer, NestFactory } from '@nestjs/core';
import type { NestModule } from './handlers/provider-methods.js';
import { optionsCircleCheck } from './options-circle.js';

/** A provider of a module, with what Nest has found that it needs. */
export type ProviderWrapper = NonNullable<ReturnType<NestModule['getProviderByKey']>>;

/** The root of a preview. Nest instantiates no other module there than this one. */
@Module({ providers: [optionsCircleCheck] })
class PreviewModule {}

/**
 * Finds the modules of an app and their providers, as its start does, but instantiates none of them: no constructor, no
 * factory and no lifecycle hook of the app is called.
 *
 * @throws ConfigOptionsError if the options of `forRootAsync()` need the configuration that they describe
 */
export async function previewModules(appModule: Type<unknown> | DynamicModule): Promise<ModulesContainer> {
  InitializeOnPreviewAllowlist.add(PreviewModule);
  const root = { module: PreviewModule, imports: [appModule] };
  const context = await NestFactory.createApplicationContext(root, {
    preview: true,
    logger: false,
    abortOnError: false,
  });
  return context.get(ModulesContainer, { strict: false });
}

/**
 * Creates the value of one provider of a preview. It calls the factories and constructors that this value needs, and no
 * others.
 */
export function createValue(provider: ProviderWrapper): Promise<unknown> {
  const created = new Map<ProviderWrapper, Promise<unknown>>();
  const valueOf = (wrapper: ProviderWrapper): Promise<unknown> => {
    const value = created.get(wrapper) ?? create(wrapper);
    created.set(wrapper, value);
    return value;
  };
  const create = async (wrapper: ProviderWrapper): Promise<unknown> => {
    const { metatype, inject, host } = wrapper;
    // A value, or a provider of Nest itself, which exists in a preview too.
    if (metatype == null || host?.initOnPreview) return wrapper.instance;
    const needed: readonly (ProviderWrapper | undefined)[] = wrapper.getCtorMetadata() ?? [];
    // An optional dependency that no module provides has left a hole in the list.
    const parameters = await Promise.all(Array.from(needed, async (each) => each && valueOf(each)));
    if (inject != null) return (metatype as (...values: unknown[]) => unknown)(...parameters);
    const instance = new (metatype as Type<Record<string | symbol, unknown>>)(...parameters);
    for (const { key, wrapper: property } of wrapper.getPropertiesMetadata() ?? [])
      instance[key as string] = await valueOf(property);
    return instance;
  };
  return valueOf(provider);
}
