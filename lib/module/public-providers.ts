import type { FactoryProvider, InjectionToken } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { HOT_CONFIG_MANAGER, HOT_CONFIG_SERVICE } from '../runtime/tokens.js';
import { HotConfigManager } from '../runtime/hot-config.manager.js';
import { HotConfigService } from '../runtime/hot-config.service.js';

/** What modules of this library give to those that import them: the same objects, by the names that apps know. */
export const publicProviders: FactoryProvider[] = [
  alias(HotConfigService, HOT_CONFIG_SERVICE),
  alias(ConfigService, HOT_CONFIG_SERVICE),
  alias(HotConfigManager, HOT_CONFIG_MANAGER),
];

function alias(provide: InjectionToken, token: symbol): FactoryProvider {
  return { provide, inject: [token], useFactory: (instance: unknown) => instance };
}
