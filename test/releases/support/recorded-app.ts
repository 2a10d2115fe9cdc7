import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type INestApplicationContext, Injectable, type LoggerService, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  BeforeConfigChange,
  type ConfigSource,
  file,
  HotConfigModule,
  type Layer,
  OnConfigChange,
} from 'nestjs-hot-config';
import { z } from 'zod';

// The app whose answers and versions are recorded for each release. It uses only what all recorded releases have.

/** The key of the recorded versions that have one. */
export const HISTORY_KEY = 'key of the recordings, 32 characters or more';

/** The name of the app, of its package, and of its socket. */
export const APP_NAME = 'recorded';

const CONFIG = z.object({
  log_level: z.enum(['log', 'debug']).default('log'),
  llm: z.object({ model: z.string(), temperature: z.number().max(2), api_key: z.string() }),
  servers: z.array(z.object({ id: z.string(), port: z.number() })),
  rate: z.number(),
});

/** A remote source, whose content has a revision. */
const store: ConfigSource = {
  name: 'store',
  kind: 'remote',
  load: async (): Promise<Layer> => {
    await delay(1);
    return {
      source: 'store',
      tree: { rate: 5 },
      hash: '42',
      revision: 'release 42',
      locate: () => undefined,
    };
  },
};

@Injectable()
class LlmService {
  @BeforeConfigChange('llm.*')
  check(): void {}

  @OnConfigChange('llm.model')
  follow(): void {}
}

/** Returns the text of the app's file. A temperature above 2 is not valid. */
export function configFile(model: string, temperature = 0.5): string {
  const servers = 'servers:\n  - { id: a, port: 1 }\n  - { id: b, port: 2 }\n';
  return `llm:\n  model: ${model}\n  temperature: ${temperature}\n  api_key: canary-of-the-file\n${servers}`;
}

/** Starts the app in the current directory, with its file, its versions in `history`, and its socket in `run`. */
export async function startRecordedApp(
  key: string | undefined,
  logger: LoggerService | false = false,
): Promise<INestApplicationContext> {
  writeFileSync('app.yaml', configFile('small'));
  @Module({
    imports: [
      HotConfigModule.forRoot({
        schema: CONFIG,
        sources: [file('app.yaml'), store],
        history: { dir: 'history', ...(key !== undefined && { key }) },
        control: { enabled: true, name: APP_NAME, socketDir: 'run' },
        // Nothing but the requests of a recording causes a reload.
        enabled: false,
      }),
    ],
    providers: [LlmService],
  })
  class AppModule {}
  return NestFactory.createApplicationContext(AppModule, { logger, abortOnError: false });
}
