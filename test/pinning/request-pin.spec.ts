import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Pins } from '../../lib/pinning/pins.js';
import { RequestEvents } from '../../lib/pinning/request-events.js';
import type { RequestPin } from '../../lib/pinning/request-pin.js';
import { CommitStore } from '../../lib/reload/commit.js';
import { Snapshot } from '../../lib/snapshot/snapshot.js';
import { collectGarbage } from '../support/collect-garbage.js';
import { commitOf } from '../support/commit-of.js';
import { until } from '../support/until.js';

let store: CommitStore;
let pins: Pins;
let server: Server;
let client: Socket;

/** Commits the next version. */
function flip(): void {
  const version = (store.inForce.snapshot?.version ?? 0) + 1;
  store.replace(commitOf(new Snapshot({ version, hash: '', time: new Date(), cause: 'manual', value: {} })));
}

const version = () => pins.ambient().version;
const held = () => pins.leases.status().total;
const allEnd = () =>
  until('all pins have ended', async () => {
    await collectGarbage();
    return held() === 0;
  });

type Handle = (request: IncomingMessage, response: ServerResponse, pin: RequestPin) => unknown;

/** Pins a request, and handles it as an adapter does. */
function handled(request: IncomingMessage, response: ServerResponse, handle: Handle): RequestPin {
  const pin = pins.takeForRequest(request, response);
  new RequestEvents(pins).follow(request, response, pin);
  pin.run(() => handle(request, response, pin));
  return pin;
}

/** Starts a server, and sends it a request. */
async function request(handle: Handle): Promise<void> {
  server = createServer((incoming, response) => void handled(incoming, response, handle));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => undefined).resume();
  client.write('GET /path?token=secret HTTP/1.1\r\nHost: test\r\n\r\n');
}

beforeEach(() => {
  store = new CommitStore();
  pins = new Pins(store);
  flip();
});
afterEach(() => {
  client?.destroy();
  server?.close();
});

describe('The pin of a request whose client disconnects', () => {
  it('does not keep a handler alive that waits for an event of the response', async () => {
    let arrived = 0;
    await request(async (_request, response) => {
      arrived += 1;
      await new Promise((resolve) => new PassThrough().pipe(response).on('finish', resolve));
    });
    await until('it has arrived', () => arrived === 1);
    client.destroy();
    await allEnd();
    expect(arrived).toBe(1);
  });

  it('does not keep the request and the response', async () => {
    const refs: WeakRef<object>[] = [];
    await request((incoming, response) => void refs.push(new WeakRef(incoming), new WeakRef(response)));
    await until('it has arrived', () => refs.length === 2);
    client.destroy();
    await until('they are collected', async () => {
      await collectGarbage();
      return refs.every((ref) => ref.deref() === undefined);
    });
    expect(held()).toBe(0);
  });

  it('names its work as long as that goes on', async () => {
    let finish!: () => void;
    let isClosed = false;
    await request(async (_request, response) => {
      response.on('close', () => (isClosed = true));
      await new Promise<void>((resolve) => (finish = resolve));
    });
    await until('it has arrived', () => held() === 1);
    client.destroy();
    await until('the response is closed', () => isClosed);
    await turn();
    expect(pins.leases.held.map((pin) => pin.describe())).toEqual(['GET /path']);
    finish();
    await until('the pin has ended', () => held() === 0);
  });
});

describe('The pin of a request that is answered by a stream', () => {
  it.each<[string, () => Readable]>([
    ['closes itself', () => Readable.from(['content'])],
    [
      'does not close itself',
      () => {
        const stream = new Readable({ autoDestroy: false, read: () => undefined });
        stream.push('content');
        stream.push(null);
        return stream;
      },
    ],
    ['does not say when it is closed', () => new Readable({ emitClose: false, read: () => undefined })],
    ['fails', () => new Readable({ read: () => undefined })],
  ])('that %s ends', async (how, create) => {
    let stream!: WeakRef<Readable>;
    await request((_request, response, pin) => {
      const answer = create();
      stream = new WeakRef(answer);
      pin.answered(answer);
      response.on('close', () => answer.readableEnded || answer.destroy());
      if (how === 'fails') answer.on('error', () => undefined).destroy(new Error('failed'));
      answer.pipe(response);
      return undefined;
    });
    await until('it has arrived', () => stream !== undefined);
    if (how !== 'closes itself' && how !== 'does not close itself') client.destroy();
    await allEnd();
    expect(pins.leases.status().byVersion).toEqual({});
  });

  it('holds it until a generator that goes on has ended', async () => {
    let finish!: () => void;
    const seen: number[] = [];
    await request((_request, response, pin) => {
      const answer = Readable.from(
        (async function* () {
          try {
            yield 'content';
            await new Promise<void>((resolve) => (finish = resolve));
          } finally {
            seen.push(version());
          }
        })(),
      );
      pin.answered(answer);
      response.on('close', () => answer.destroy());
      answer.pipe(response);
    });
    await until('it waits', () => finish !== undefined);
    client.destroy();
    await turn();
    flip();
    expect(held()).toBe(1);
    finish();
    await allEnd();
    expect(seen).toEqual([1]);
  });
});

describe('The pin of a request that comes from no server', () => {
  // As `serverless-http` and `@codegenie/serverless-express` make them.
  it('ends when its response is sent', async () => {
    const seen: number[] = [];
    const noSocket = { on() {}, removeListener() {}, cork() {}, uncork() {}, destroy() {} };
    const incoming = new IncomingMessage(noSocket as never);
    const response = new ServerResponse(incoming);
    response.assignSocket({
      ...noSocket,
      writable: true,
      _writableState: {},
      write: (_chunk: unknown, _encoding: unknown, sent?: () => void) => sent?.(),
    } as never);
    Object.assign(incoming, { httpVersionMajor: 1 });
    const pin = handled(incoming, response, () => {
      response.on('finish', () => seen.push(version()));
      flip();
      response.end('answer');
    });
    await until('the pin has ended', () => !pin.isHeld);
    expect(seen).toEqual([1]);
  });
});
