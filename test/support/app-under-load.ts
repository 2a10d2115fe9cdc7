import 'reflect-metadata';
import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type ConfigSource,
  HotConfigManager,
  HotConfigModule,
  type HotConfigModuleOptions,
  HotConfigService,
} from 'nestjs-hot-config';
import { onTestFinished } from 'vitest';

/** Requests that are in progress at the same time. */
const CONNECTIONS = 10;

/** Two values that are always written together, and that a request reads one after the other. */
interface Pair {
  readonly a: number;
  readonly b: number;
}

/** Returns the content with this pair, as YAML. */
export function pairText(n: number): string {
  return `pair:\n  a: ${n}\n  b: ${n}\n`;
}

/** An app that answers requests all the time, and the problems that these had. */
export interface AppUnderLoad {
  readonly manager: HotConfigManager;
  /** Number of requests that were answered. */
  readonly answered: number;
  /** What was wrong with requests: one that failed, or that has read two versions. Must be empty. */
  readonly problems: readonly string[];
  /** The value in force. */
  readonly value: () => number;
  /** Ends the requests and the app; called after the test too. */
  readonly close: () => Promise<void>;
}

/** Starts an app with HTTP, and sends requests to it until the test has ended. */
export async function appUnderLoad(
  sources: readonly ConfigSource[],
  options: HotConfigModuleOptions = {},
): Promise<AppUnderLoad> {
  @Controller()
  class PairController {
    constructor(private readonly config: HotConfigService) {}

    @Get()
    async read(): Promise<Pair> {
      const a = this.config.get<number>('pair.a')!;
      await delay(3);
      return { a, b: this.config.get<number>('pair.b')! };
    }
  }
  @Module({ imports: [HotConfigModule.forRoot({ sources, ...options })], controllers: [PairController] })
  class AppModule {}
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const problems: string[] = [];
  let answered = 0;
  let isOver = false;
  const client = async () => {
    while (!isOver) {
      try {
        const response = await fetch(url);
        const { a, b } = (await response.json()) as Pair;
        if (response.status !== 200 || a !== b) problems.push(`${response.status}: a is ${a}, b is ${b}`);
        answered += 1;
      } catch (error) {
        problems.push(String(error));
      }
    }
  };
  const clients = Array.from({ length: CONNECTIONS }, client);
  const close = async () => {
    if (isOver) return;
    isOver = true;
    await Promise.all(clients);
    await app.close();
  };
  onTestFinished(close);
  return {
    close,
    manager: app.get(HotConfigManager),
    get answered() {
      return answered;
    },
    problems,
    value: () => Number(app.get<HotConfigService>(HotConfigService).current.get('pair.a')),
  };
}
