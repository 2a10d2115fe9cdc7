import 'reflect-metadata';
import { Agent, type ClientRequest, request, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import {
  Body,
  Controller,
  Get,
  Inject,
  type INestApplication,
  type MessageEvent,
  Module,
  Post,
  Sse,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  type ConfigSnapshot,
  HotConfigManager,
  HotConfigModule,
  HotConfigService,
  type Refreshable as Handle,
  refreshable,
} from 'nestjs-hot-config';
import { concatMap, finalize, from, type Observable } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { collectGarbage } from '../support/collect-garbage.js';
import { MemorySource } from '../support/memory.source.js';
import { until } from '../support/until.js';

const ROUNDS = 6;
const REQUESTS_PER_ROUND = 200;
const REQUESTS_PER_COMMIT = 30;

/** A component that must not be used after its disposal. */
class Connection {
  disposals = 0;
  constructor(readonly n: number) {}
  async query(): Promise<number> {
    if (this.disposals > 0) throw new Error('used after its disposal');
    await turn();
    if (this.disposals > 0) throw new Error('disposed of in use');
    return this.n;
  }
}

/** What the requests of an app have seen; also of those whose clients have disconnected. */
class Findings {
  readonly connections: Connection[] = [];
  readonly errors: unknown[] = [];
  handled = 0;
}

@Controller()
class LoadController {
  constructor(
    private readonly config: HotConfigService,
    @Inject('connection') private readonly connection: Handle<Connection>,
    private readonly findings: Findings,
  ) {}

  @Get('read')
  read() {
    return this.work('read');
  }

  @Post('body')
  async body(@Body() body: { readonly text: string }) {
    return { n: await this.work('body'), text: body.text };
  }

  @Sse('sse')
  sse(): Observable<MessageEvent> {
    let isSubscribed = true;
    return from([1, 2, 3]).pipe(
      concatMap(async () => ({ data: String(await this.work('sse', () => isSubscribed)) })),
      finalize(() => (isSubscribed = false)),
    );
  }

  /**
   * Reads the configuration and a component before and after several awaits.
   *
   * @param isAwaited nothing awaits a step of an Observable from which Nest has unsubscribed: it may outlive the pin
   */
  private async work(kind: string, isAwaited = () => true): Promise<number> {
    const seen = new Set<number>();
    try {
      for (let round = 0; round < 4; round += 1) {
        seen.add(this.config.get<number>('n'));
        seen.add(await this.connection.get().query());
        await turn();
      }
    } catch (error) {
      if (isAwaited()) this.findings.errors.push([kind, error]);
    }
    if (seen.size !== 1 && isAwaited()) this.findings.errors.push([kind, ...seen]);
    this.findings.handled += 1;
    return [...seen][0]!; // the loop has read
  }
}

describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
])(
  'Thousands of requests on %s, many of which are aborted, while the configuration changes',
  (_, adapter) => {
    let app: INestApplication;
    let manager: HotConfigManager;
    let source: MemorySource;
    let findings: Findings;
    let agent: Agent;
    let url: string;
    const sockets = new Set<Socket>();

    beforeEach(async () => {
      source = new MemorySource({ n: 1 });
      findings = new Findings();
      @Module({
        imports: [HotConfigModule.forRoot({ sources: [source] })],
        controllers: [LoadController],
        providers: [
          { provide: Findings, useValue: findings },
          refreshable({
            provide: 'connection',
            on: 'n',
            useFactory: async ({ value }: ConfigSnapshot<{ n: number }>) => {
              await turn();
              const connection = new Connection(value.n);
              findings.connections.push(connection);
              return connection;
            },
            dispose: (connection: Connection) => void (connection.disposals += 1),
          }),
        ],
      })
      class LoadModule {}
      app = await NestFactory.create(LoadModule, adapter(), { logger: false, abortOnError: false });
      await app.listen(0, '127.0.0.1');
      manager = app.get(HotConfigManager);
      url = await app.getUrl();
      agent = new Agent({ keepAlive: true, maxSockets: 20 });
      (app.getHttpServer() as Server).on('connection', (socket: Socket) => {
        sockets.add(socket);
        socket.once('close', () => sockets.delete(socket));
      });
    });
    afterEach(async () => {
      agent.destroy();
      await app.close();
    });

    /** Sends a request. Resolves when it is over for the client, whatever its end. */
    function send(method: string, path: string, drive: (sent: ClientRequest) => void): Promise<void> {
      return new Promise((resolve) => {
        const headers = { 'content-type': 'application/json' };
        const sent = request(`${url}/${path}`, { agent, method, headers: method === 'POST' ? headers : {} });
        sent.on('response', (response) => response.on('error', () => undefined).resume());
        sent.on('error', () => undefined).on('close', resolve);
        drive(sent);
      });
    }

    /** Some turns later, which differ from request to request. */
    async function later(index: number, act: () => void): Promise<void> {
      for (let turns = 0; turns < index % 13; turns += 1) await turn();
      act();
    }

    const KINDS: ((index: number) => Promise<void>)[] = [
      () => send('GET', 'read', (sent) => sent.end()),
      (index) => send('GET', 'read', (sent) => sent.end(() => void later(index, () => sent.destroy()))),
      (index) =>
        send('POST', 'body', (sent) => {
          sent.write('{"te');
          void later(index, () => {
            sent.write('xt": "he');
            void later(index + 1, () => sent.end('llo"}'));
          });
        }),
      (index) =>
        send('POST', 'body', (sent) => {
          sent.write('{"te');
          void later(index, () => sent.destroy());
        }),
      () => send('GET', 'sse', (sent) => sent.end()),
      (index) =>
        send('GET', 'sse', (sent) => {
          sent.on('response', () => void later(index, () => sent.destroy())).end();
        }),
    ];

    async function runRound(snapshots: WeakRef<object>[]): Promise<void> {
      const config = app.get<HotConfigService>(HotConfigService);
      for (let start = 0; start < REQUESTS_PER_ROUND; start += REQUESTS_PER_COMMIT) {
        const sent = Array.from({ length: REQUESTS_PER_COMMIT }, (_, index) =>
          KINDS[index % KINDS.length]!(start + index),
        );
        snapshots.push(new WeakRef(config.current));
        source.set({ n: config.current.version + 1 });
        expect((await manager.reload()).outcome).toBe('applied');
        await Promise.all(sent);
      }
      await until('no pin is held', async () => {
        if (manager.status().pins.total > 0) await collectGarbage();
        return manager.status().pins.total === 0;
      });
      await until('nothing drains', () => manager.status().refreshables.draining === 0);
    }

    /** The largest number of listeners on any open connection. */
    function listeners(): number {
      const counts = [...sockets].map((socket) =>
        socket.eventNames().reduce((sum, event) => sum + socket.listenerCount(event), 0),
      );
      return Math.max(0, ...counts);
    }

    it('leaves nothing behind', async () => {
      const warnings: string[] = [];
      const onWarning = ({ name }: Error) => warnings.push(name);
      process.on('warning', onWarning);
      onTestFinished(() => void process.off('warning', onWarning));

      const snapshots: WeakRef<object>[] = [];
      const heap: number[] = [];
      const mostListeners: number[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        await runRound(snapshots);
        await collectGarbage();
        heap.push(process.memoryUsage().heapUsed);
        mostListeners.push(listeners());
      }
      expect(findings.errors).toEqual([]);
      expect(findings.handled).toBeGreaterThan((ROUNDS * REQUESTS_PER_ROUND) / 2);
      expect(warnings).not.toContain('MaxListenersExceededWarning');

      // Every component that was replaced is disposed of once.
      const disposals = findings.connections.map((connection) => connection.disposals);
      expect(disposals).toEqual([...Array<number>(disposals.length - 1).fill(1), 0]);
      expect(disposals).toHaveLength(snapshots.length + 1);

      // Ten are in the history; all others have been collected.
      await until('the old snapshots are collected', async () => {
        await collectGarbage();
        return snapshots.slice(0, -10).every((snapshot) => snapshot.deref() === undefined);
      });

      // The first half of the rounds warms up.
      const half = ROUNDS / 2;
      expect(Math.max(...mostListeners.slice(half))).toBeLessThanOrEqual(
        Math.max(...mostListeners.slice(0, half)),
      );
      expect(Math.min(...heap.slice(half))).toBeLessThan(1.05 * Math.max(...heap.slice(1, half)));
    });
  },
);
