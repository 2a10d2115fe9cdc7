import { type INestApplicationContext, Module, type ModuleMetadata } from '@nestjs/common';
import type { ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import {
  HotConfigManager,
  HotConfigModule,
  type HotConfigModuleOptions,
  HotConfigService,
  type ReloadResult,
} from 'nestjs-hot-config';
import { onTestFinished } from 'vitest';
import { TempFolder } from '../../../support/temp-folder.js';

/** An app written for `@nestjs/config`, with its own env file. */
export interface EnvApp {
  readonly app: INestApplicationContext;
  readonly config: ConfigService;
  readonly manager: HotConfigManager;
  readonly folder: TempFolder;
  /** Saves the env file and reloads. */
  readonly save: (text: string) => Promise<ReloadResult>;
}

/** Restores `process.env` when the test is over. */
export function restoreEnvironment(): void {
  const before = { ...process.env };
  onTestFinished(() => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  });
}

/** Starts an app on an env file with this text. It does not watch, unless the options enable it. */
export async function startEnvApp(
  text: string,
  options: HotConfigModuleOptions = {},
  parts: ModuleMetadata = {},
): Promise<EnvApp> {
  restoreEnvironment();
  const folder = new TempFolder();
  const envFilePath = folder.write('.env', text);
  const hotConfig = HotConfigModule.forRoot({ envFilePath, settleTimeout: 0, enabled: false, ...options });
  @Module({ ...parts, imports: [hotConfig, ...(parts.imports ?? [])] })
  class AppModule {}
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  onTestFinished(() => app.close());
  const manager = app.get(HotConfigManager);
  const save = (next: string) => {
    folder.write('.env', next);
    return manager.reload();
  };
  return { app, manager, folder, save, config: app.get<ConfigService>(HotConfigService) };
}
