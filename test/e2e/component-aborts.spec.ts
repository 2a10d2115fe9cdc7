import type { ServerResponse } from 'node:http';
import { request } from 'node:http';
import { Catch, Controller, Get, type INestApplication, Injectable, Module } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  ConfigDisposedError,
  HotConfigManager,
  HotConfigModule,
  HotConfigService,
  Refreshable,
} from 'nestjs-hot-config';
import { afterEach, describe, expect, it } from 'vitest';
import { MemorySource } from '../support/memory.source.js';
import { until } from '../support/until.js';

@Injectable()
@Refreshable('n')
class Client {
  readonly n: number;
  constructor(config: HotConfigService) {
    this.n = config.get('n');
  }
}

let seen: unknown[] = [];

@Controller()
class AskController {
  constructor(
    private readonly config: HotConfigService,
    private readonly client: Client,
  ) {}
  @Get()
  ask() {
    seen.push(this.config.get('n'));
    seen.push(this.client.n);
    return 'answer';
  }
}

@Catch()
class SeeError {
  catch(error: unknown) {
    seen.push(error);
  }
}

const adapters = { Express: () => new ExpressAdapter(), Fastify: () => new FastifyAdapter() };

describe.each(Object.keys(adapters) as (keyof typeof adapters)[])('On %s, a request', (name) => {
  let app: INestApplication | undefined;
  afterEach(() => app?.close());

  it.each(['release', 'keep'] as const)(
    'whose middleware calls next() after its client has gone gets no component of another version (afterPinEnd: %s)',
    async (afterPinEnd) => {
      seen = [];
      const source = new MemorySource({ n: 1 });
      @Module({
        imports: [HotConfigModule.forRoot({ sources: [source], afterPinEnd })],
        providers: [Client, { provide: APP_FILTER, useClass: SeeError }],
        controllers: [AskController],
      })
      class AppModule {}
      app = await NestFactory.create(AppModule, adapters[name](), { logger: false, abortOnError: false });
      let goOn: (() => void) | undefined;
      let hasGone = false;
      app.use((_request: unknown, response: ServerResponse, next: () => void) => {
        goOn = next;
        response.on('close', () => (hasGone = true));
      });
      await app.listen(0, '127.0.0.1');
      const manager = app.get(HotConfigManager);
      const asking = request(await app.getUrl()).on('error', () => undefined);
      asking.end();
      await until('the middleware waits', () => goOn !== undefined);
      asking.destroy();
      await until('the client has gone', () => hasGone && manager.status().pins.total === 0);
      source.set({ n: 2 });
      await manager.reload();
      expect(manager.status().refreshables).toMatchObject({ built: 1, draining: 0 });
      goOn!(); // as waited for
      await until('the handler has ended', () => seen.length === 2);
      expect(seen).toEqual([1, expect.any(ConfigDisposedError)]);
      expect(String(seen[1])).toContain(
        'Component Client of version 1 was disposed of, and this work keeps that version: it has gone on after its client had disconnected',
      );
    },
  );
});
