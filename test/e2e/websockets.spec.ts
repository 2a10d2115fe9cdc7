import 'reflect-metadata';
import {
  Catch,
  Injectable,
  Module,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type ArgumentsHost,
  type INestApplication,
  type Type,
  type WsExceptionFilter,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import {
  MessageBody,
  type OnGatewayDisconnect,
  SubscribeMessage,
  WebSocketGateway,
  WsException,
} from '@nestjs/websockets';
import { PinConfig, RequestConfig } from 'nestjs-hot-config';
import { concatMap, finalize, from, NEVER, type Observable, tap } from 'rxjs';
import { io } from 'socket.io-client';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { collectGarbage } from '../support/collect-garbage.js';
import { FlipGuard, FlipInterceptor, FlipPipe } from '../support/flip-enhancers.js';
import { Flips, flippingConfig } from '../support/flips.js';
import { Gate } from '../support/gate.js';
import { majorOf } from '../support/nest-version.js';
import { until } from '../support/until.js';

@Injectable()
@Catch(WsException)
class FlipFilter implements WsExceptionFilter {
  constructor(private readonly flips: Flips) {}
  catch(_error: WsException, _host: ArgumentsHost) {
    this.flips.read('filter');
  }
}

@WebSocketGateway()
@UseGuards(FlipGuard)
@UsePipes(FlipPipe)
@UseInterceptors(FlipInterceptor)
@UseFilters(FlipFilter)
class FlipGateway {
  constructor(private readonly flips: Flips) {}

  @SubscribeMessage('read')
  async read(@MessageBody() _body: unknown) {
    return { event: 'answer', data: await this.flips.step('handler') };
  }

  @SubscribeMessage('stream')
  stream(): Observable<{ event: string; data: number }> {
    return from([1, 2, 3]).pipe(
      concatMap(async () => ({ event: 'answer', data: await this.flips.step('stream') })),
    );
  }

  @SubscribeMessage('sync')
  sync() {
    return { event: 'answer', data: this.flips.read('sync') };
  }

  @SubscribeMessage('fail')
  async fail() {
    await this.flips.step('handler');
    throw new WsException('no');
  }
}

/** Nest does not wait for a filter of a gateway: one that awaits needs @PinConfig(). */
@Injectable()
@Catch(WsException)
class SlowFilter implements WsExceptionFilter {
  constructor(private readonly flips: Flips) {}

  @PinConfig()
  async catch(_error: WsException, _host: ArgumentsHost) {
    await this.flips.step('slow filter');
  }
}

/** Nest creates it once for each client, on connection, and keeps it for all messages. */
@WebSocketGateway()
class ScopedGateway {
  constructor(
    private readonly flips: Flips,
    private readonly request: RequestConfig<{ n: number }>,
  ) {}

  @SubscribeMessage('scoped')
  async scoped() {
    const n = await this.flips.step('scoped');
    return { event: 'answer', data: n === this.request.get('n') ? n : -1 };
  }
}

@WebSocketGateway()
class ConnectionGateway {
  constructor(private readonly flips: Flips) {}

  @PinConfig()
  async handleConnection() {
    await this.flips.step('connection');
  }
}

/** Without interceptors: Nest calls its handlers before it subscribes to what they return. */
@WebSocketGateway()
class BareGateway implements OnGatewayDisconnect {
  isDisconnected = false;
  constructor(private readonly flips: Flips) {}

  handleDisconnect() {
    this.isDisconnected = true;
  }

  readonly gate = new Gate();

  @SubscribeMessage('wait')
  async wait() {
    this.flips.read('arrived');
    await this.gate.wait();
    return { event: 'answer', data: await this.flips.step('wait') };
  }

  @SubscribeMessage('fail late')
  async failLate() {
    this.flips.read('arrived');
    await this.gate.wait();
    await this.flips.step('wait');
    throw new WsException('no');
  }

  @UseFilters(SlowFilter)
  @SubscribeMessage('fail slowly')
  failSlowly() {
    this.flips.read('handler');
    throw new WsException('no');
  }

  @SubscribeMessage('late stream')
  async lateStream(): Promise<Observable<never>> {
    this.flips.read('arrived');
    await this.gate.wait();
    await this.flips.step('wait');
    return NEVER.pipe(tap({ subscribe: () => this.flips.read('subscribed') }));
  }

  @SubscribeMessage('endless')
  endless(): Observable<never> {
    return NEVER.pipe(
      tap({ subscribe: () => this.flips.read('arrived') }),
      finalize(() => this.flips.read('wait')),
    );
  }

  @SubscribeMessage('never')
  never() {
    this.flips.read('arrived');
    return new Promise(() => {});
  }

  @UseInterceptors(FlipInterceptor)
  @SubscribeMessage('intercepted')
  intercepted() {
    return this.wait();
  }
}

interface Client {
  send(event: string): void;
  readonly answers: number[];
  close(): void;
}

const clients: Record<string, (url: string) => Promise<Client>> = {
  ws: async (url) => {
    const socket = new WebSocket(url.replace('http', 'ws'));
    const answers: number[] = [];
    socket.on('message', (text: Buffer) => {
      const { event, data } = JSON.parse(String(text)) as { event: string; data: number };
      if (event === 'answer') answers.push(data);
    });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return {
      send: (event) => socket.send(JSON.stringify({ event, data: {} })),
      answers,
      close: () => socket.close(),
    };
  },
  'socket.io': async (url) => {
    const socket = io(url, { transports: ['websocket'] });
    const answers: number[] = [];
    socket.on('answer', (data: number) => answers.push(data));
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    return { send: (event) => void socket.emit(event, {}), answers, close: () => void socket.close() };
  },
};

describe.each(Object.keys(clients))('A message over %s', (kind) => {
  let app: INestApplication;
  let client: Client;
  let flips: Flips;

  beforeEach(async () => {
    const { imports, providers } = flippingConfig();
    @Module({ imports, providers: [...providers, FlipGateway, BareGateway] })
    class AppModule {}
    app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
    if (kind === 'ws') app.useWebSocketAdapter(new WsAdapter(app));
    await app.listen(0, '127.0.0.1');
    flips = app.get(Flips);
    client = await clients[kind]!(await app.getUrl());
    await until('the upgrade request has let go', () => kind === 'socket.io' || flips.pins === 0);
  });
  afterEach(async () => {
    client.close();
    await app.close();
  });

  const arrived = () => flips.seen.filter(([step]) => step === 'arrived').length;

  it('reads one version in guards, interceptors, pipes and handlers, across awaits', async () => {
    client.send('read');
    await until('it is answered', () => client.answers.length === 1);
    expect(flips.steps.sort()).toEqual(['guard', 'handler', 'interceptor', 'pipe']);
    expect(flips.versions).toEqual([1]);
    expect(flips.current).toBe(5);
  });

  it('reads the version at its own arrival, not that of the message before it', async () => {
    client.send('read');
    await until('it is answered', () => client.answers.length === 1);
    const now = flips.current;
    client.send('read');
    await until('it is answered', () => client.answers.length === 2);
    expect(client.answers).toEqual([1, now]);
  });

  it('keeps its version until the last of several replies, and holds no pin afterwards', async () => {
    client.send('stream');
    await until('it is answered', () => client.answers.length === 3);
    expect(client.answers).toEqual([1, 1, 1]);
    await until('all pins have ended', () => flips.pins === 0);
  });

  it('reads one version if its handler is synchronous', async () => {
    client.send('sync');
    await until('it is answered', () => client.answers.length === 1);
    expect(client.answers).toEqual([1]);
    expect(flips.current).toBeGreaterThan(1);
  });

  it('does not share its pin with another message of the same socket', async () => {
    client.send('wait');
    await until('the first has arrived', () => arrived() === 1);
    await flips.flip();
    client.send('wait');
    await until('the second has arrived', () => arrived() === 2);
    expect(flips.pins).toBe(2);
    app.get(BareGateway).gate.open();
    await until('both are answered', () => client.answers.length === 2);
    expect(new Set(client.answers)).toEqual(new Set([1, 2]));
    await until('all pins have ended', () => flips.pins === 0);
  });

  it.each(['wait', 'fail late', 'late stream'])(
    'keeps its version if its client disconnects while its handler (%s) awaits, and holds no pin afterwards',
    async (event) => {
      client.send(event);
      await until('it has arrived', () => arrived() === 1);
      await flips.flip();
      client.close();
      await until('it has disconnected', () => app.get(BareGateway).isDisconnected);
      await flips.flip();
      expect(flips.pins).toBe(1);
      app.get(BareGateway).gate.open();
      await until('all pins have ended', () => flips.pins === 0);
      expect(flips.steps).toEqual(['arrived', 'wait']);
      expect(flips.versions).toEqual([1]);
    },
  );

  it('keeps its version if its client disconnects while its handler awaits behind an interceptor', async () => {
    client.send('intercepted');
    await until('it has arrived', () => arrived() === 1);
    const arrival = flips.seen[0]![1]; // by the interceptor
    client.close();
    await until('it has disconnected', () => app.get(BareGateway).isDisconnected);
    await flips.flip();
    // Nest has unsubscribed from the handler: it reads the version without holding it.
    await until('all pins have ended', () => flips.pins === 0);
    app.get(BareGateway).gate.open();
    await until('it has ended', () => flips.seen.filter(([step]) => step === 'wait').length === 3);
    expect(flips.versions).toEqual([arrival]);
    expect(flips.pins).toBe(0);
  });

  it('holds no pin once its client has disconnected, if its stream of replies has no end', async () => {
    client.send('endless');
    await until('it has arrived', () => arrived() === 1);
    expect(flips.pins).toBe(1);
    await flips.flip();
    client.close();
    await until('all pins have ended', () => flips.pins === 0);
    expect(flips.seen).toEqual([
      ['arrived', 1],
      ['wait', 1],
    ]);
  });

  it('whose handler never settles holds its pin no longer than the promise exists', async () => {
    client.send('never');
    await until('it has arrived', () => arrived() === 1);
    expect(flips.pins).toBe(1);
    client.close();
    await until('all pins have ended', async () => {
      await collectGarbage();
      return flips.pins === 0;
    });
  });

  it('keeps its version in filters', async () => {
    client.send('fail');
    await until('the filter was called', () => flips.steps.includes('filter'));
    expect(flips.versions).toEqual([1]);
    await until('all pins have ended', () => flips.pins === 0);
  });

  it('keeps its version in filters that await and have @PinConfig()', async () => {
    client.send('fail slowly');
    await until('the filter has ended', () => flips.pins === 0 && flips.steps.includes('slow filter'));
    expect(flips.seen.filter(([step]) => step === 'slow filter')).toHaveLength(3);
    expect(flips.versions).toEqual([1]);
    expect(flips.current).toBe(2);
  });
});

describe.each(Object.keys(clients))('A connection over %s', (kind) => {
  async function connect(gateway: Type): Promise<{ flips: Flips; client: Client }> {
    const { imports, providers } = flippingConfig();
    @Module({ imports, providers: [...providers, gateway] })
    class AppModule {}
    const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
    onTestFinished(() => app.close());
    if (kind === 'ws') app.useWebSocketAdapter(new WsAdapter(app));
    await app.listen(0, '127.0.0.1');
    const client = await clients[kind]!(await app.getUrl());
    onTestFinished(() => client.close());
    return { flips: app.get(Flips), client };
  }

  it('is pinned if its handler has @PinConfig()', async () => {
    const { flips, client } = await connect(ConnectionGateway);
    await until('it was handled', () => flips.seen.length === 3);
    expect(flips.versions).toEqual([1]);
    client.close();
    await until('all pins have ended', () => flips.pins === 0);
  });

  // Nest 11 injects nothing into a gateway that is request-scoped.
  it.skipIf(majorOf('@nestjs/core') < 12)(
    'keeps request-scoped providers for all its messages, each with its own RequestConfig',
    async () => {
      const { flips, client } = await connect(ScopedGateway);
      for (const n of [1, 2, 3]) {
        client.send('scoped');
        await until('it is answered', () => client.answers.length === n);
      }
      expect(client.answers).toEqual([1, 2, 3]);
      client.close();
      await until('all pins have ended', () => flips.pins === 0);
    },
  );
});
