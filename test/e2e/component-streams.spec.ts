import { EventEmitter, once } from 'node:events';
import {
  Controller,
  Get,
  Inject,
  type INestApplication,
  type MessageEvent,
  Module,
  Sse,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ConfigDisposedError,
  type ConfigSnapshot,
  HotConfigManager,
  HotConfigModule,
  type Refreshable,
  refreshable,
  type RefreshableOptions,
} from 'nestjs-hot-config';
import { from, type Observable } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { MemorySource } from '../support/memory.source.js';
import { until } from '../support/until.js';

/** A client whose connections are closed when it is disposed of. */
class Client {
  disposals = 0;
  constructor(readonly model: string) {}
  next(): string {
    if (this.disposals > 0) throw new Error('the connection is closed');
    return this.model;
  }
}

type Config = { model: string };

/** An app that streams tokens of a client, which is built again when the model changes. */
async function startStreaming(options: Partial<RefreshableOptions<Client, Config>> = {}) {
  const source = new MemorySource({ model: 'one' });
  const clients: Client[] = [];
  const warnings: string[] = [];
  /** The errors of the streams. Nest 12 does not send them to the client. */
  const errors: unknown[] = [];
  /** Makes each open stream send one token; `end` ends all. */
  const model = new EventEmitter().setMaxListeners(100);
  let open = 0;

  @Controller()
  class StreamController {
    constructor(@Inject(Client) private readonly client: Refreshable<Client>) {}

    @Sse('stream')
    stream(): Observable<MessageEvent> {
      return from(this.tokens());
    }

    @Get('ask')
    ask() {
      return this.client.get().next();
    }

    private next(): string {
      try {
        return this.client.get().next();
      } catch (error) {
        errors.push(error);
        throw error;
      }
    }

    private async *tokens(): AsyncGenerator<MessageEvent> {
      open += 1;
      for (;;) {
        const [isEnd] = (await once(model, 'token')) as [boolean];
        if (isEnd) return;
        yield { data: this.next() };
      }
    }
  }

  const provider = refreshable<Client, Config>({
    provide: Client,
    on: 'model',
    useFactory: ({ value }: ConfigSnapshot<Config>) => {
      const client = new Client(value.model);
      clients.push(client);
      return client;
    },
    dispose: (client) => (client.disposals += 1),
    ...options,
  });
  @Module({
    imports: [HotConfigModule.forRoot({ sources: [source], pinWarnAfter: 0 })],
    controllers: [StreamController],
    providers: [provider],
  })
  class AppModule {}
  const silent = () => undefined;
  const logger = { log: silent, error: silent, warn: (message: string) => void warnings.push(message) };
  const app: INestApplication = await NestFactory.create(AppModule, {
    logger,
    abortOnError: false,
    forceCloseConnections: true,
  });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const manager = app.get(HotConfigManager);
  return {
    app,
    clients,
    warnings,
    errors,
    manager,
    /** Opens a stream. Returns the tokens that have arrived, and its whole text when it has ended. */
    stream: async () => {
      const before = open;
      const tokens: string[] = [];
      const ended = (async () => {
        let text = '';
        const response = await fetch(`${url}/stream`); // answers with its first token
        for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
          text += chunk;
          tokens.splice(0, Infinity, ...[...text.matchAll(/^data: (.*)$/gm)].map((match) => match[1]!));
        }
      })();
      await until('the stream waits', () => open > before);
      return { tokens, ended };
    },
    ask: async () => (await fetch(`${url}/ask`)).text(),
    token: () => model.emit('token', false),
    end: () => model.emit('token', true),
    change: async (next: string) => {
      source.set({ model: next });
      await manager.reload();
    },
  };
}

/** Checks that nothing holds a version, and that each client but the one in force was disposed of once. */
async function expectNothingLeft({ manager, clients }: Awaited<ReturnType<typeof startStreaming>>) {
  await until('no pin is left', () => manager.status().pins.total === 0);
  await until('nothing drains', () => manager.status().refreshables.draining === 0);
  expect(clients.map(({ disposals }) => disposals)).toEqual([...clients.slice(1).map(() => 1), 0]);
  expect(manager.status().refreshables).toMatchObject({ disposed: clients.length - 1, disposeErrors: 0 });
}

const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1_000);

describe('A stream over a client that is built again meanwhile', () => {
  let running: Awaited<ReturnType<typeof startStreaming>>;
  const start = async (...parameters: Parameters<typeof startStreaming>) => {
    running = await startStreaming(...parameters);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    return running;
  };
  afterEach(async () => {
    vi.useRealTimers();
    await running.app.close();
  });

  it.each([
    ['60 s', 'the default', {}, 6],
    ['a day', 'Infinity', { drainTimeout: Infinity }, 8_640],
  ])('is not touched if it takes %s and drainTimeout is %s', async (_time, _option, options, every) => {
    const { stream, ask, token, end, change, warnings, clients } = await start(options);
    const { tokens, ended } = await stream();
    for (let count = 1; count <= 10; count += 1) {
      if (count === 4) await change('two');
      token();
      await until('the token has arrived', () => tokens.length === count);
      await seconds(every);
      expect(await ask()).toBe(count < 4 ? 'one' : 'two');
    }
    expect(tokens).toEqual(Array(10).fill('one'));
    expect([warnings, clients[0]!.disposals]).toEqual([[], 0]);
    end();
    await ended;
    await expectNothingLeft(running);
  });

  it('is named in a warning and then cut if drainTimeout is over; it gets an error and no token of the next client', async () => {
    const { stream, ask, token, change, warnings, errors, clients } = await start({ drainTimeout: '30s' });
    const { tokens, ended } = await stream();
    token();
    await until('the token has arrived', () => tokens.length === 1);
    await change('two');
    await seconds(24);
    expect(warnings).toEqual([
      'Component Client of version 1 will be disposed of in 6 s, although it is held by GET /stream (for 24 s). ' +
        'If such work may take longer than its drainTimeout (30 s), raise that, or set it to Infinity',
    ]);
    token();
    await until('the token has arrived', () => tokens.length === 2);
    await seconds(6);
    expect(clients[0]!.disposals).toBe(1);
    expect(warnings.slice(1)).toEqual([
      'Component Client of version 1 was disposed of, although it is held by GET /stream (for 30 s): the drainTimeout (30 s) is over',
    ]);
    token();
    await ended;
    expect(tokens.slice(0, 2)).toEqual(['one', 'one']);
    expect(tokens).not.toContain('two');
    expect(errors).toEqual([expect.any(ConfigDisposedError)]);
    expect(await ask()).toBe('two');
    await expectNothingLeft(running);
  });

  it('gets the tokens of its own client, whatever the number of streams and changes', async () => {
    const { stream, token, end, change } = await start();
    const streams: (Awaited<ReturnType<typeof stream>> & { readonly model: string })[] = [];
    const models = ['one', 'two', 'three', 'four', 'five'];
    for (const model of models) {
      await change(model);
      for (let count = 0; count < 4; count += 1) streams.push({ ...(await stream()), model });
      token();
      await until('the tokens have arrived', () => streams.every(({ tokens }) => tokens.length > 0));
    }
    end();
    await Promise.all(streams.map(({ ended }) => ended));
    for (const { tokens, model } of streams)
      expect(tokens).toEqual(Array(models.length - models.indexOf(model)).fill(model));
    await expectNothingLeft(running);
  });
});
