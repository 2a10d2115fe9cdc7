import type { ModuleMetadata, Provider, Type } from '@nestjs/common';
import type { HotConfigModuleOptions } from '../runtime/module-options.interface.js';

/**
 * Class that creates the options, for `forRootAsync({ useClass })` and `useExisting`.
 *
 * @publicApi
 */
export interface HotConfigOptionsFactory<T extends object = object> {
  /** Creates the options. Called once, when the app starts. */
  createHotConfigOptions(): HotConfigModuleOptions<T> | Promise<HotConfigModuleOptions<T>>;
}

/**
 * Options of `HotConfigModule.forRootAsync()`: exactly one of `useFactory`, `useClass` and `useExisting`.
 *
 * @publicApi
 */
export interface HotConfigModuleAsyncOptions<T extends object = object> extends Pick<
  ModuleMetadata,
  'imports'
> {
  /** Function that creates the options. Its parameters are the providers in `inject`. */
  readonly useFactory?: (
    ...dependencies: never[]
  ) => HotConfigModuleOptions<T> | Promise<HotConfigModuleOptions<T>>;
  /** Tokens of the providers that are passed to `useFactory`. */
  readonly inject?: Extract<Provider<unknown>, { useFactory: unknown }>['inject'];
  /** Class that is instantiated to create the options. */
  readonly useClass?: Type<HotConfigOptionsFactory<T>>;
  /** Provider of an imported module that creates the options. */
  readonly useExisting?: Type<HotConfigOptionsFactory<T>>;
  /** Makes the module global. Default true. */
  readonly isGlobal?: boolean;
}
