import { Inject, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { HOT_CONFIG_RUNTIME } from '../model/tokens.js';
import type { HotConfigRuntime } from '../runtime/hot-config.runtime.js';

/** Its hook is the last one that Nest calls when an app starts: requests come later. */
@Module({})
export class StartEndModule implements OnApplicationBootstrap {
  constructor(
    @Inject(HOT_CONFIG_RUNTIME) private readonly runtime: HotConfigRuntime,
    modules: ModulesContainer,
  ) {
    // Nest calls the hooks of modules in the order of their distance from the root module, which is 1, the largest first.
    for (const module of modules.values()) if (module.metatype === StartEndModule) module.distance = -1;
  }

  onApplicationBootstrap(): void {
    this.runtime.core.startReads.end();
  }
}
