import 'reflect-metadata';
import { utimesSync } from 'node:fs';
import type { Server } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import {
  Controller,
  Get,
  ImATeapotException,
  Injectable,
  type INestApplication,
  Module,
  Res,
  Sse,
  StreamableFile,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientProxyFactory,
  MessagePattern,
  type MicroserviceOptions,
  Transport,
} from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  type AppliedReload,
  type ConfigTree,
  HotConfigManager,
  HotConfigModule,
  HotConfigService,
  type OnConfigRollback,
  type ProbationOptions,
} from 'nestjs-hot-config';
import { catchError, firstValueFrom, interval, map, of, throwError } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { MemorySource } from '../support/memory.source.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';

/** Responds with the status in its configuration. */
@Controller()
class Answers {
  constructor(private readonly config: HotConfigService) {}

  @Get()
  answer(): string {
    return this.#answer();
  }

  @Get('broken-stream')
  stream(): StreamableFile {
    async function* parts() {
      yield Buffer.alloc(100_000, 'x');
      await delay(1);
      throw new Error('the stream broke');
    }
    return new StreamableFile(Readable.from(parts()));
  }

  @Get('broken-connection')
  raw(@Res() response: { raw?: { destroy(error: Error): void }; destroy?(error: Error): void }): void {
    const error = new Error('the connection broke');
    if (response.raw) response.raw.destroy(error);
    else response.destroy?.(error);
  }

  @Sse('events')
  events() {
    return interval(5).pipe(map((data) => ({ data })));
  }

  @MessagePattern('answer')
  reply(): string {
    return this.#answer();
  }

  @MessagePattern('stream')
  replies() {
    return this.config.get('mode') === 'broken' ? throwError(() => new Error('broken')) : of(1, 2);
  }

  #answer(): string {
    const mode = this.config.get<string>('mode');
    if (mode === 'broken') throw new Error('it is broken');
    if (mode === 'picky') throw new ImATeapotException();
    return mode;
  }
}

let app: INestApplication | undefined;
afterEach(async () => {
  // A client that aborts connects again, for requests that do not come.
  (app?.getHttpServer() as Server | undefined)?.closeAllConnections();
  await app?.close();
  app = undefined;
});

/** A running app, its configuration, and a way to send requests. */
async function start(adapter: 'express' | 'fastify', probation: Partial<ProbationOptions> = {}) {
  const source = new MemorySource({ mode: 'good' });
  @Module({
    imports: [HotConfigModule.forRoot({ sources: [source], probation: { for: '20s', ...probation } })],
    controllers: [Answers],
  })
  class AppModule {}
  app = await NestFactory.create<INestApplication>(
    AppModule,
    adapter === 'express' ? new ExpressAdapter() : new FastifyAdapter(),
    { logger: false },
  );
  const started = app;
  app.connectMicroservice<MicroserviceOptions>(
    { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } },
    { inheritAppConfig: true },
  );
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const manager = app.get(HotConfigManager);
  return {
    app: started,
    manager,
    config: app.get(HotConfigService),
    url,
    change: async (tree: ConfigTree) => {
      source.set(tree);
      await until('the change is in force', () => manager.status().version > 1);
    },
    /** Sends this many requests and returns the statuses; 0 for an incomplete response. */
    ask: async (path: string, count: number): Promise<number[]> => {
      const ask = async () => {
        const response = await fetch(`${url}${path}`);
        await response.text();
        return response.status;
      };
      return Promise.all(Array.from({ length: count }, () => ask().catch(() => 0)));
    },
  };
}

describe.each(['express', 'fastify'] as const)('On %s', (adapter) => {
  it('a version whose handlers respond with 500 is rolled back automatically', async () => {
    const { manager, change, ask } = await start(adapter);
    expect(await ask('/', 30)).toEqual(Array.from({ length: 30 }, () => 200));
    await change({ mode: 'broken' });
    expect(new Set(await ask('/', 10))).toEqual(new Set([500]));
    await until('the version before is back', () => manager.status().cause === 'rollback');

    expect(await ask('/', 3)).toEqual([200, 200, 200]);
    expect(manager.history().at(-1)).toMatchObject({
      restored: 1,
      actor: 'probation',
      reason: '10 of 10 requests failed (0 of 30 on version 1)',
    });
    expect(manager.status()).toMatchObject({ drifted: true });
  });

  it('a version whose handlers respond with 4xx stays', async () => {
    const { manager, change, ask } = await start(adapter);
    await change({ mode: 'picky' });
    expect(new Set(await ask('/', 50))).toEqual(new Set([418]));
    await until('all are counted', () => manager.status().probation?.requests === 50);

    expect(manager.status()).toMatchObject({
      version: 2,
      probation: { version: 2, requests: 50, errors: 0 },
    });
  });

  it('responses that end with an error count as failures', async () => {
    const { manager, change, ask } = await start(adapter, { minRequests: 5 });
    await change({ mode: 'good', other: 1 });
    await ask('/broken-stream', 3);
    await ask('/broken-connection', 2);
    await until('the version before is back', () => manager.status().cause === 'rollback');

    expect(manager.history().at(-1)?.reason).toBe('5 of 5 requests failed');
  });

  it('clients that disconnect are not counted', async () => {
    const { manager, change, url } = await start(adapter, { minRequests: 1 });
    await change({ mode: 'good', other: 1 });
    for (let n = 0; n < 5; n += 1) {
      const client = new AbortController();
      const response = await fetch(`${url}/events`, { signal: client.signal });
      await response.body!.getReader().read();
      client.abort();
    }
    await until('they are gone', () => manager.status().pins.total === 0);

    expect(manager.status().probation).toMatchObject({ version: 2, requests: 0, errors: 0 });
  });

  it('a version that fails the health check is rolled back, under load', async () => {
    const { manager, config, change, ask } = await start(adapter, {
      interval: 20,
      healthCheck: (snapshot) => snapshot.get('mode') !== 'picky',
    });
    let isAsking = true;
    const asking = (async () => {
      while (isAsking) await ask('/', 10);
    })();
    await change({ mode: 'picky' });
    await until('the version before is back', () => manager.status().cause === 'rollback');
    isAsking = false;
    await asking;

    expect(config.current.get('mode')).toBe('good');
    expect(manager.history().at(-1)?.reason).toBe('the health check returned false');
    await until('no pin is left', () => manager.status().pins.total === 0);
  });

  it('failed messages count like failed requests', async () => {
    const { app, manager, change } = await start(adapter);
    await app.startAllMicroservices();
    const [microservice] = app.getMicroservices();
    const { port } = (
      microservice as unknown as { serverInstance: { server: { address(): { port: number } } } }
    ).serverInstance.server.address();
    const client = ClientProxyFactory.create({
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port },
    });
    await change({ mode: 'broken' });
    for (let n = 0; n < 5; n += 1) {
      for (const pattern of ['answer', 'stream'])
        await firstValueFrom(client.send(pattern, '').pipe(catchError((error: unknown) => of(error))));
    }
    await until('the version before is back', () => manager.status().cause === 'rollback');
    client.close();

    expect(manager.history().at(-1)?.reason).toBe('10 of 10 requests failed');
  });
});

describe('A watched file', () => {
  it('that failed its probation is not applied again until its content changes', async () => {
    const folder = new TempFolder();
    const path = folder.write('app.json', '{"mode":"good"}');
    const rollbacks: AppliedReload[] = [];
    @Injectable()
    class Told implements OnConfigRollback {
      onConfigRollback(result: AppliedReload): void {
        rollbacks.push(result);
      }
    }
    @Module({
      imports: [
        HotConfigModule.forRoot({
          files: [path],
          safetyPoll: 50,
          probation: {
            for: '1m',
            interval: 10,
            healthCheck: (snapshot) => snapshot.get('mode') !== 'broken',
          },
        }),
      ],
      providers: [Told],
    })
    class AppModule {}
    app = await NestFactory.create<INestApplication>(AppModule, new ExpressAdapter(), { logger: false });
    await app.init();
    const manager = app.get(HotConfigManager);
    const config = app.get(HotConfigService);

    folder.write('app.json', '{"mode":"broken"}');
    await until('the version before is back', () => manager.status().cause === 'rollback');
    const { version } = manager.status();
    utimesSync(path, new Date(), new Date());
    folder.replace('app.json', '{"mode":"broken"}');
    await manager.disable();
    await manager.enable();
    await manager.reload();
    await manager.settled();
    expect(manager.status()).toMatchObject({ version, drifted: true });
    expect(config.current.get('mode')).toBe('good');
    expect(rollbacks).toMatchObject([{ actor: 'probation', reason: 'the health check returned false' }]);

    folder.write('app.json', '{"mode":"better"}');
    await until('the new content is in force', () => config.current.get('mode') === 'better');
    expect(manager.status()).toMatchObject({ drifted: false, probation: { version: version + 1 } });
  });
});
