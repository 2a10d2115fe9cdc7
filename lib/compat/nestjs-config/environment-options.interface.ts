import type { ConfigModuleOptions } from '@nestjs/config';

/** What of the options of `@nestjs/config` is about variables: the files, the environment, and how both must be. */
export type EnvironmentOptions = Omit<ConfigModuleOptions, 'isGlobal' | 'load'>;
