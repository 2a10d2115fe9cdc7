import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { finished } from 'node:stream/promises';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Pins } from '../../lib/pinning/pins.js';
import { RequestEvents } from '../../lib/pinning/request-events.js';
import { CommitStore } from '../../lib/reload/commit.js';
import { Snapshot } from '../../lib/snapshot/snapshot.js';
import { commitOf } from '../support/commit-of.js';
import { until } from '../support/until.js';

let store: CommitStore;
let pins: Pins;
let server: Server;

/** Commits the next version. */
function flip(): void {
  const version = (store.inForce.snapshot?.version ?? 0) + 1;
  store.replace(commitOf(new Snapshot({ version, hash: '', time: new Date(), cause: 'manual', value: {} })));
}

const version = () => pins.ambient().version;
const held = () => pins.leases.status().total;

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/** Starts a server whose requests are pinned and then handled by `handle`. */
async function serve(handle: Handle, before: Handle = () => undefined): Promise<void> {
  const events = new RequestEvents(pins);
  server = createServer((request, response) => {
    before(request, response);
    const pin = pins.takeForRequest(request, response);
    events.follow(request, response, pin);
    pin.run(() => handle(request, response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

const request = () => get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', agent: false });

beforeEach(() => {
  store = new CommitStore();
  pins = new Pins(store);
  flip();
});
afterEach(() => server.close());

describe('The events of a request', () => {
  it('run in its context, also if another library has replaced `emit`', async () => {
    const seen: [string, number][] = [];
    const others: string[] = [];
    await serve(
      (_request, response) => {
        response.on('finish', () => seen.push(['finish', version()]));
        response.on('close', () => seen.push(['close', version()]));
        flip();
        // Outside of the request, as the events of a socket are.
        pins.leave(() => setImmediate(() => response.end('answer')));
      },
      (_request, response) => {
        const emit = response.emit.bind(response);
        response.emit = (event: string, ...parameters: unknown[]) => {
          others.push(event);
          return emit(event, ...parameters);
        };
      },
    );
    const [response] = (await once(request(), 'response')) as [IncomingMessage];
    await finished(response.resume());
    await until('the pin has ended', () => held() === 0);
    expect(seen).toEqual([
      ['finish', 1],
      ['close', 1],
    ]);
    expect(others).toEqual(expect.arrayContaining(['finish', 'close']));
  });

  it('do not reach the pins of another app that handles the same request', async () => {
    const otherStore = new CommitStore();
    otherStore.replace(store.inForce as never);
    const other = new Pins(otherStore);
    const otherEvents = new RequestEvents(other);
    let seen: number[] = [];
    await serve((incoming, response) => {
      const pin = other.takeForRequest(incoming, response);
      otherEvents.follow(incoming, response, pin);
      response.on('close', () => (seen = [version(), other.ambient().version]));
      flip();
      response.end();
    });
    await once(request(), 'response');
    await until('both pins have ended', () => held() + other.leases.status().total === 0);
    expect(seen).toEqual([1, 1]);
  });

  it('show no values of the configuration if a request or its response is logged', async () => {
    const value = { password: 'hunter2' };
    store.replace(commitOf(new Snapshot({ version: 9, hash: '', time: new Date(), cause: 'manual', value })));
    await serve((incoming, response) => {
      response.end(inspect([incoming, response], { depth: Infinity, showHidden: true }));
    });
    const [response] = (await once(request(), 'response')) as [IncomingMessage];
    const shown = Buffer.concat((await response.toArray()) as Buffer[]).toString();
    expect(shown).toContain('Pin on version 9');
    expect(shown).not.toContain('hunter2');
  });

  it('end the pin even if a listener throws', async () => {
    let caught: unknown;
    await serve((_request, response) => {
      const listener = () => {
        throw new Error('from a listener');
      };
      response.on('close', listener);
      try {
        response.emit('close');
      } catch (error) {
        caught = error;
      }
      response.off('close', listener);
      setImmediate(() => setImmediate(() => response.end(`${held()} pins`)));
    });
    const [response] = (await once(request(), 'response')) as [IncomingMessage];
    expect(String(await response.toArray())).toBe('0 pins');
    expect(caught).toEqual(new Error('from a listener'));
  });
});

describe('A listener that a request adds to its connection', () => {
  async function connection(use: (socket: Socket) => void): Promise<Socket> {
    let socket!: Socket;
    await serve((incoming, response) => {
      socket = incoming.socket;
      use(socket);
      response.end();
    });
    await once(request(), 'response');
    return socket;
  }

  it.each(['on', 'addListener', 'once'] as const)(
    'with %s() runs in the context of the request',
    async (add) => {
      const seen: number[] = [];
      const socket = await connection((its) => {
        its[add]('event', () => seen.push(version()));
        flip();
        pins.leave(() => its.emit('event'));
        pins.leave(() => its.emit('event'));
      });
      expect(seen).toEqual(add === 'once' ? [1] : [1, 1]);
      expect(socket.listenerCount('event')).toBe(add === 'once' ? 0 : 1);
    },
  );

  it.each(['on', 'addListener', 'once'] as const)('with %s() can be removed', async (add) => {
    const listener = () => expect.unreachable();
    const socket = await connection((its) => {
      its[add]('event', listener);
      expect(its.listeners('event')).toEqual([listener]);
      its.off('event', listener);
      its.emit('event');
    });
    expect(socket.listenerCount('event')).toBe(0);
  });

  it('outside of a request stays as it is', async () => {
    const listener = () => undefined;
    const socket = await connection(() => undefined);
    socket.on('event', listener);
    socket.once('event', listener);
    expect(socket.rawListeners('event')[0]).toBe(listener);
    socket.emit('event');
    expect(socket.listenerCount('event')).toBe(1);
  });
});
