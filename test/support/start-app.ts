import type { INestApplicationContext, LoggerService, ModuleMetadata } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type ConfigTree,
  HotConfigManager,
  HotConfigModule,
  type HotConfigModuleOptions,
  HotConfigService,
  type ReloadResult,
} from 'nestjs-hot-config';
import { onTestFinished } from 'vitest';
import { MemorySource } from './memory.source.js';

/** An app without HTTP whose configuration a test sets; closed when the test is over. */
export interface StartedApp {
  readonly app: INestApplicationContext;
  readonly config: HotConfigService;
  readonly manager: HotConfigManager;
  /** The source of the configuration. */
  readonly source: MemorySource;
  /** Sets the content of the source and reloads. */
  readonly change: (tree: ConfigTree) => Promise<ReloadResult>;
}

/** Starts an app with this metadata, configured by `tree`. */
export async function startApp(
  tree: ConfigTree,
  parts: ModuleMetadata = {},
  options: HotConfigModuleOptions & { readonly logger?: LoggerService } = {},
): Promise<StartedApp> {
  const { logger = false, ...moduleOptions } = options;
  const source = new MemorySource(tree);
  @Module({
    ...parts,
    imports: [HotConfigModule.forRoot({ sources: [source], ...moduleOptions }), ...(parts.imports ?? [])],
  })
  class AppModule {}
  const app = await NestFactory.createApplicationContext(AppModule, { logger, abortOnError: false });
  onTestFinished(() => app.close());
  const manager = app.get(HotConfigManager);
  return {
    app,
    config: app.get<HotConfigService>(HotConfigService),
    manager,
    source,
    change: (next) => {
      source.set(next);
      return manager.reload();
    },
  };
}
