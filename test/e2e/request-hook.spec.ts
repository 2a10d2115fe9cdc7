import 'reflect-metadata';
import type { IncomingMessage } from 'node:http';
import { Controller, Get, Module, type INestApplication } from '@nestjs/common';
import { HttpAdapterHost, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { HotConfigManager, HotConfigModule, HotConfigService } from 'nestjs-hot-config';
import { afterEach, describe, expect, it } from 'vitest';
import { MemorySource } from '../support/memory.source.js';

type Hook = (request: IncomingMessage, response: unknown, done: (error?: unknown) => void) => unknown;
interface HookableAdapter {
  setOnRequestHook(hook: Hook): void;
}

const source = new MemorySource({ n: 1 });

@Controller()
class AppController {
  constructor(
    private readonly config: HotConfigService<{ n: number }>,
    private readonly manager: HotConfigManager,
  ) {}

  @Get()
  async read() {
    const before = this.config.get('n');
    source.set({ n: this.config.current.value.n + 1 });
    await this.manager.reload();
    return [before, this.config.get('n')];
  }
}

@Module({ imports: [HotConfigModule.forRoot({ sources: [source] })], controllers: [AppController] })
class AppModule {}

/** The ways an app may write its hook; each records what it reads, and changes the configuration. */
const ways: Record<string, (read: () => void, flip: () => Promise<unknown>) => Hook> = {
  'that calls done at once': (read) => (_request, _response, done) => {
    read();
    done();
  },
  'that calls done later': (read, flip) => (_request, _response, done) => {
    read();
    void (async () => {
      await flip();
      read();
      done();
    })();
  },
};
let app: INestApplication;
afterEach(() => app.close());

async function start(
  adapter: ExpressAdapter | FastifyAdapter,
  hook: (seen: number[]) => Hook,
  early: boolean,
) {
  const seen: number[] = [];
  if (early) (adapter as unknown as HookableAdapter).setOnRequestHook(hook(seen));
  app = await NestFactory.create(AppModule, adapter, { logger: false, abortOnError: false });
  if (!early)
    (app.get(HttpAdapterHost).httpAdapter as unknown as HookableAdapter).setOnRequestHook(hook(seen));
  await app.listen(0, '127.0.0.1');
  return { seen, url: await app.getUrl() };
}

const adapters = { Express: () => new ExpressAdapter(), Fastify: () => new FastifyAdapter() };

describe.each(Object.keys(adapters) as (keyof typeof adapters)[])(
  'A request hook of the app on %s',
  (name) => {
    const flip = async () => {
      source.set({ n: (await app.get(HotConfigManager).reload()).version + 1_000 });
      await app.get(HotConfigManager).reload();
    };
    const noteIn = (seen: number[]) => () =>
      void seen.push(app.get<HotConfigService<{ n: number }>>(HotConfigService).get('n'));

    it.each(
      Object.keys(ways).flatMap((way) =>
        [true, false].map((early) => [way, early ? 'before' : 'after', early] as const),
      ),
    )('%s, set %s the module was made, runs and reads what the handler reads', async (way, _when, early) => {
      const { seen, url } = await start(adapters[name](), (into) => ways[way]!(noteIn(into), flip), early);
      const [before, after] = (await (await fetch(url)).json()) as number[];
      expect(before).toBe(after);
      expect(new Set(seen)).toEqual(new Set([before]));
      seen.length = 0;
      const [next] = (await (await fetch(url)).json()) as number[];
      expect(next).not.toBe(before);
      expect(new Set(seen)).toEqual(new Set([next]));
    });

    it('that is async runs, and reads the version that the handler reads', async () => {
      const hook =
        (seen: number[]): Hook =>
        async (_request, _response, done) => {
          const read = noteIn(seen);
          read();
          await flip();
          read();
          // Fastify continues when the promise resolves, Express when `next` is called.
          if (name === 'Express') done();
        };
      const { seen, url } = await start(adapters[name](), hook, false);
      const [before, after] = (await (await fetch(url)).json()) as number[];
      expect(before).toBe(after);
      expect(new Set(seen)).toEqual(new Set([before]));
    });

    it('fails only its own request if it fails', async () => {
      const { url } = await start(
        adapters[name](),
        () => (request, _response, done) => done(request.url === '/?fail' ? new Error('refused') : undefined),
        false,
      );
      expect((await fetch(`${url}/?fail`)).status).toBe(500);
      expect((await fetch(url)).status).toBe(200);
      expect(app.get(HotConfigManager).status().pins.total).toBe(0);
    });
  },
);
