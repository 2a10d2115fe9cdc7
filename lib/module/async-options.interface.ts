import type { ModuleMetadata, Provider, Type } from '@nestjs/common';
import type { HotConfigModuleOptions } from '../runtime/module-options.interface.js';

/**
 * A class that makes the options, for `forRootAsync({ useClass })` and `useExisting`.
 *
 * @publicApi
 */
export interface HotConfigOptionsFactory<T extends object = object> {
  /** Makes the options; called once, when the app starts. */
  createHotConfigOptions(): HotConfigModuleOptions<T> | Promise<HotConfigModuleOptions<T>>;
}

/**
 * What `HotConfigModule.forRootAsync()` takes: exactly one of `useFactory`, `useClass` and `useExisting`.
 *
 * @publicApi
 */
export interface HotConfigModuleAsyncOptions<T extends object = object> extends Pick<
  ModuleMetadata,
  'imports'
> {
  /** Makes the options; its parameters are what `inject` names. */
  useFactory?: (...dependencies: never[]) => HotConfigModuleOptions<T> | Promise<HotConfigModuleOptions<T>>;
  /** The tokens that `useFactory` is given. */
  inject?: Extract<Provider<unknown>, { useFactory: unknown }>['inject'];
  /** A class to be instantiated that makes the options. */
  useClass?: Type<HotConfigOptionsFactory<T>>;
  /** A provider of an imported module that makes the options. */
  useExisting?: Type<HotConfigOptionsFactory<T>>;
  /** Whether the module is global. Default true. */
  isGlobal?: boolean;
}
