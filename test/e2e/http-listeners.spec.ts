import 'reflect-metadata';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { finished } from 'node:stream';
import { finished as finishedPromise } from 'node:stream/promises';
import {
  Controller,
  Get,
  Injectable,
  type INestApplication,
  type MessageEvent,
  Module,
  Query,
  Req,
  Res,
  Sse,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { concatMap, finalize, from, map, type Observable, of, Subject, tap } from 'rxjs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Flips, flippingConfig } from '../support/flips.js';
import { Gate } from '../support/gate.js';
import { RawClient } from '../support/raw-client.js';
import { until } from '../support/until.js';

type AnyRequest = IncomingMessage | { readonly raw: IncomingMessage };
type AnyResponse = ServerResponse | { readonly raw: ServerResponse; hijack(): unknown };

/** A request, its response, and a function that reads the version and records it with the name of a step. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly read: (step: string) => void;
}

/** Ways in which a handler may listen for the end of its request. Each reads at `steps` and nowhere else. */
interface Listening {
  readonly listen: (exchange: Exchange) => void;
  readonly steps: readonly string[];
  /** Whether it is called at the end of a response that is complete, and of one whose client has disconnected. */
  readonly answered: boolean;
  readonly aborted: boolean;
}

const always = { answered: true, aborted: true };
const LISTENERS: Record<string, Listening> = {
  "'finish' of the response": {
    listen: ({ response, read }) => response.on('finish', () => read('finish')),
    steps: ['finish'],
    answered: true,
    aborted: false,
  },
  "'close' of the response, with microtasks and ticks after it": {
    listen: ({ response, read }) =>
      response.on('close', () => {
        read('close');
        queueMicrotask(() => read('microtask'));
        void Promise.resolve()
          .then(() => undefined)
          .then(() => read('promise'));
        process.nextTick(() => read('tick'));
        process.nextTick(() => queueMicrotask(() => read('microtask of a tick')));
      }),
    steps: ['close', 'microtask', 'promise', 'tick', 'microtask of a tick'],
    ...always,
  },
  "an async listener of 'close'": {
    listen: ({ response, read }) =>
      response.once(
        'close',
        () =>
          void (async () => {
            read('before');
            await Promise.resolve();
            read('after');
          })(),
      ),
    steps: ['before', 'after'],
    ...always,
  },
  "'prefinish' and a listener before the others": {
    listen: ({ response, read }) =>
      response
        .on('prefinish', () => read('prefinish'))
        .prependListener('close', () => read('first'))
        .prependOnceListener('close', () => read('before the first')),
    steps: ['prefinish', 'first', 'before the first'],
    answered: true,
    aborted: false,
  },
  "'close' of the request": {
    listen: ({ request, read }) => request.on('close', () => read('close')),
    steps: ['close'],
    ...always,
  },
  '`stream.finished` of the response with a callback': {
    listen: ({ response, read }) => void finished(response, () => read('finished')),
    steps: ['finished'],
    ...always,
  },
  '`stream.finished` of the response as a promise': {
    listen: ({ response, read }) =>
      void finishedPromise(response)
        .catch(() => read('failed'))
        .then(() => read('finished')),
    steps: ['finished'],
    ...always,
  },
  '`stream.finished` of the request': {
    listen: ({ request, read }) => void finished(request, { readable: false }, () => read('finished')),
    steps: ['finished'],
    ...always,
  },
  "'close' of the connection": {
    listen: ({ request, read }) => request.socket.on('close', () => read('connection')),
    steps: ['connection'],
    answered: false,
    aborted: true,
  },
  "'close' of the connection, once": {
    listen: ({ request, read }) => request.socket.once('close', () => read('connection')),
    steps: ['connection'],
    answered: false,
    aborted: true,
  },
};

/** What the handlers of a test share with it. */
@Injectable()
class Meeting {
  gate = new Gate();
  /** Runs longer than its request. */
  timer: NodeJS.Timeout | undefined;
  /** Emits what the streams of a test send. */
  pieces = new Subject<number>();
  constructor(readonly flips: Flips) {}
}

@Controller()
class ListenersController {
  constructor(private readonly meeting: Meeting) {}

  @Get('listens')
  async listens(@Query('to') to: string, @Req() request: AnyRequest, @Res() response: AnyResponse) {
    const { flips, gate } = this.meeting;
    const raw = nodeResponse(response);
    const read = (step: string) => void flips.read(step);
    LISTENERS[to]!.listen({ request: nodeRequest(request), response: raw, read });
    await gate.wait();
    await flips.flip();
    raw.end('{}');
  }

  @Get('goes-on')
  async goesOn(@Res() response: AnyResponse) {
    const { flips, gate } = this.meeting;
    nodeResponse(response).end('{}');
    flips.read('answered');
    await gate.wait();
    await flips.step('goes on');
  }

  @Get('timers')
  async timers() {
    const { flips, gate } = this.meeting;
    this.meeting.timer = setInterval(() => flips.read(gate.isOpen ? 'timer afterwards' : 'timer'), 1);
    await until('the timer has fired', () => flips.steps.includes('timer'));
    await flips.flip();
    const before = flips.seen.length;
    await until('the timer has fired again', () => flips.seen.length > before);
    return {};
  }

  @Get('drains')
  async drains(@Res() response: AnyResponse) {
    const { flips, gate } = this.meeting;
    const raw = nodeResponse(response);
    // More than the buffers of both ends of the connection can hold.
    for (let piece = 0; piece < 32; piece += 1) raw.write('x'.repeat(1_000_000));
    flips.read('full');
    raw.once('drain', () => {
      flips.read('drained');
      raw.end();
    });
    await gate.wait();
  }

  @Get('observable')
  observable(@Query('fail') fail?: string): Observable<number> {
    const { flips, gate } = this.meeting;
    return of(1).pipe(
      concatMap(async () => {
        await gate.wait();
        await flips.step('observable');
        if (fail !== undefined) throw new Error('as requested');
        return 1;
      }),
      finalize(() => flips.read('finalize')),
    );
  }

  @Sse('sse')
  sse(): Observable<MessageEvent> {
    const { flips, pieces } = this.meeting;
    flips.read('handler');
    return pieces.pipe(
      tap({ subscribe: () => flips.read('subscribed') }),
      map((piece) => ({ data: String(piece) })),
      finalize(() => flips.read('finalize')),
    );
  }

  /** Takes its pieces from a timer of its own. */
  @Sse('own-sse')
  ownSse(): Observable<MessageEvent> {
    const { flips } = this.meeting;
    return from([1, 2, 3]).pipe(
      concatMap(() => flips.step('piece')),
      map((piece) => ({ data: String(piece) })),
      finalize(() => flips.read('finalize')),
    );
  }
}

function nodeRequest(request: AnyRequest): IncomingMessage {
  return 'raw' in request ? request.raw : request;
}

/** Express' response is Node's; Fastify has to be told that the handler writes to Node's. */
function nodeResponse(response: AnyResponse): ServerResponse {
  if (!('raw' in response)) return response;
  response.hijack();
  return response.raw;
}

const adapters = { Express: () => new ExpressAdapter(), Fastify: () => new FastifyAdapter() };

describe.each(Object.keys(adapters) as (keyof typeof adapters)[])(
  'The listeners of a request on %s',
  (name) => {
    let app: INestApplication;
    let meeting: Meeting;
    let flips: Flips;
    let client: RawClient;
    let response: ServerResponse | undefined;

    beforeAll(async () => {
      const { imports, providers } = flippingConfig();
      @Module({ imports, providers: [...providers, Meeting], controllers: [ListenersController] })
      class AppModule {}
      app = await NestFactory.create(AppModule, adapters[name](), { logger: false, abortOnError: false });
      meeting = app.get(Meeting);
      flips = app.get(Flips);
      await app.listen(0, '127.0.0.1');
      (app.getHttpServer() as Server).on('request', (_request, its: ServerResponse) => (response = its));
    });
    afterAll(() => app.close());
    beforeEach(async () => {
      flips.seen.length = 0;
      response = undefined;
      meeting.gate = new Gate();
      meeting.pieces = new Subject();
      client = await RawClient.connect(app);
    });
    afterEach(() => {
      clearInterval(meeting.timer);
      client.close();
    });

    /** Sends a request. Returns the version at its arrival. */
    async function send(path: string): Promise<number> {
      const arrival = flips.current;
      await client.sendHead(`GET /${path}`);
      return arrival;
    }

    const allPinsEnd = () => until('all pins have ended', () => flips.pins === 0);
    const hasRead = (steps: readonly string[]) =>
      until(`it has read at ${steps.join(', ')}`, () => steps.every((step) => flips.steps.includes(step)));

    it.each(Object.entries(LISTENERS).filter(([, { answered }]) => answered))(
      'read its version when it was answered: %s',
      async (to, { steps }) => {
        const arrival = await send(`listens?to=${encodeURIComponent(to)}`);
        await until('it waits', () => meeting.gate.arrivals === 1);
        await flips.flip();
        meeting.gate.open();
        await hasRead(steps);
        expect(flips.versions).toEqual([arrival]);
        await allPinsEnd();
        await until('it is answered', () => client.statuses.length === 1);
        expect(client.statuses).toEqual([200]);
      },
    );

    it.each(Object.entries(LISTENERS).filter(([, { aborted }]) => aborted))(
      'read its version when its client has disconnected: %s',
      async (to, { steps }) => {
        const arrival = await send(`listens?to=${encodeURIComponent(to)}`);
        await until('it waits', () => meeting.gate.arrivals === 1);
        await flips.flip();
        client.close();
        await until('the response is closed', () => response!.closed); // set when the request arrived
        await hasRead(steps);
        meeting.gate.open();
        await allPinsEnd();
        expect(flips.versions).toEqual([arrival]);
      },
    );

    it.each(Object.entries(LISTENERS).filter(([to]) => to.includes('connection')))(
      'of a connection that outlives the request hold nothing, and read the current version: %s',
      async (to) => {
        await send(`listens?to=${encodeURIComponent(to)}`);
        await until('it waits', () => meeting.gate.arrivals === 1);
        meeting.gate.open();
        await until('it is answered', () => client.statuses.length === 1);
        await allPinsEnd();
        await flips.flip();
        client.close();
        await hasRead(['connection']);
        expect(flips.versions).toEqual([flips.current]);
      },
    );

    it('may be removed from the connection by the request that has added them', async () => {
      const listener = () => undefined;
      const counts: number[] = [];
      LISTENERS['removed'] = {
        listen: ({ request: { socket } }) => {
          const count = () => counts.push(socket.listenerCount('close'));
          count();
          socket.on('close', listener).once('close', listener);
          count();
          socket.off('close', listener).removeListener('close', listener);
          count();
        },
        steps: [],
        ...always,
      };
      await send('listens?to=removed');
      await until('it waits', () => meeting.gate.arrivals === 1);
      delete LISTENERS['removed'];
      meeting.gate.open();
      await until('it is answered', () => client.statuses.length === 1);
      expect(counts).toEqual([counts[0], counts[0]! + 2, counts[0]]);
    });

    it('run beside a handler that goes on after its answer, which keeps its version', async () => {
      const arrival = await send('goes-on');
      await until('it is answered', () => client.statuses.length === 1 && meeting.gate.arrivals === 1);
      await flips.flip();
      expect(flips.pins).toBe(1);
      meeting.gate.open();
      await allPinsEnd();
      expect(flips.seen.map(([step]) => step)).toEqual(['answered', 'goes on', 'goes on', 'goes on']);
      expect(flips.versions).toEqual([arrival]);
    });

    it('of timers read its version until it has ended, and the current one afterwards', async () => {
      const arrival = await send('timers');
      await until('it is answered', () => client.statuses.length === 1);
      await allPinsEnd();
      await flips.flip();
      const during = flips.seen.length;
      meeting.gate.open();
      await hasRead(['timer afterwards']);
      // Between the end of the pin and that commit, the timer may have fired too.
      const others = new Set(flips.seen.slice(0, during).map(([, n]) => n));
      others.delete(flips.current - 1);
      expect([...others]).toEqual([arrival]);
      expect(new Set(flips.seen.slice(during).map(([, n]) => n))).toEqual(new Set([flips.current]));
    });

    it("read its version in 'drain' when a slow client has read", async () => {
      client.socket.pause();
      const arrival = await send('drains');
      await until('it waits', () => meeting.gate.arrivals === 1);
      await flips.flip();
      meeting.gate.open();
      expect(flips.steps).toEqual(['full']);
      expect(flips.pins).toBe(1);
      client.socket.resume();
      await hasRead(['drained']);
      await allPinsEnd();
      expect(flips.versions).toEqual([arrival]);
    });

    it.each([
      ['observable', 200],
      ['observable?fail', 500],
    ])('read its version at the end of the Observable of a handler (%s)', async (path, status) => {
      const arrival = await send(path);
      await until('it waits', () => meeting.gate.arrivals === 1);
      await flips.flip();
      meeting.gate.open();
      await until('it is answered', () => client.statuses.length === 1);
      expect(client.statuses).toEqual([status]);
      await hasRead(['observable', 'finalize']);
      expect(flips.versions).toEqual([arrival]);
      await allPinsEnd();
    });

    it('read its version at the end of server-sent events that end by themselves', async () => {
      const arrival = await send('own-sse');
      await hasRead(['piece', 'finalize']);
      await allPinsEnd();
      expect(flips.seen.filter(([step]) => step === 'piece')).toHaveLength(9);
      expect(flips.versions).toEqual([arrival]);
    });

    it('read its version at the end of server-sent events of which the client has enough', async () => {
      const arrival = await send('sse');
      await hasRead(['subscribed']);
      meeting.pieces.next(1);
      await flips.flip();
      client.close();
      await hasRead(['finalize']);
      await allPinsEnd();
      expect(flips.versions).toEqual([arrival]);
      expect(meeting.pieces.observed).toBe(false);
    });

    it.each(['complete', 'error'] as const)(
      'hold nothing when a shared source ends server-sent events (%s), whose context is that of the source',
      async (how) => {
        await send('sse');
        await hasRead(['subscribed']);
        meeting.pieces.next(1);
        await flips.flip();
        expect(flips.pins).toBe(1);
        if (how === 'complete') meeting.pieces.complete();
        else meeting.pieces.error(new Error('as requested'));
        await hasRead(['finalize']);
        await until('it is answered', () => response!.closed); // set when the request arrived
        await allPinsEnd();
      },
    );
  },
);
