import 'reflect-metadata';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cli } from '../support/cli.js';
import { until } from '../support/until.js';
import { openChannel } from './open-channel.js';

/** Returns the value that another client receives and the value that the app reads: both are served as before. */
async function valuesServedBy({
  client,
  config,
}: Awaited<ReturnType<typeof openChannel>>): Promise<unknown[]> {
  const other = await client();
  other.request(1, 'get', { path: 'n' });
  const { result } = await other.message('result');
  other.socket.destroy();
  return [(result as { value: unknown }).value, config.get('n')];
}

describe('A client of the socket', () => {
  it.each<[string, string | Uint8Array]>([
    ['text that is not JSON', 'hello?\n'],
    ['an empty line', '\n'],
    ['an array', '[1]\n'],
    ['a message without an id', '{"method":"status"}\n'],
    ['a message without a method', '{"id":1}\n'],
    ['a key twice', '{"id":1,"method":"set","params":{"path":"n","value":2,"value":3}}\n'],
    ['a key twice within a value', '{"id":1,"method":"set","params":{"path":"n","value":{"a":1,"a":2}}}\n'],
    ['params that are not an object', '{"id":1,"method":"get","params":"llm"}\n'],
    ['bytes that are not UTF-8', Uint8Array.of(0xff, 0xfe, 0x0a)],
    ['brackets that are never closed', `${'['.repeat(100_000)}\n`],
  ])('that sends %s receives an error and is disconnected', async (_what, text) => {
    const app = await openChannel();
    const client = await app.client();
    client.send(text);
    await client.untilDisconnected();
    expect(client.messages.at(-1)).toMatchObject({ error: { code: 'MALFORMED' } });
    expect(await valuesServedBy(app)).toEqual([1, 1]);
  });

  it('that sends a request that is too long, at once or in pieces, is disconnected', async () => {
    const app = await openChannel({ messageBytes: 1_000 });
    for (const pieces of [1, 50]) {
      const client = await app.client();
      for (let piece = 0; piece < pieces; piece += 1) client.send('x'.repeat(2_000 / pieces));
      await client.untilDisconnected();
      expect(client.messages.at(-1)).toMatchObject({ error: { code: 'TOO_LARGE' } });
    }
    expect(await valuesServedBy(app)).toEqual([1, 1]);
  });

  it('of a newer release learns which parameter the app does not have, and nothing is changed; it may say more about itself', async () => {
    const { client, manager } = await openChannel();
    await manager.set('n', 2);
    const asking = await client();
    asking.request(1, 'hello', { user: 'ann', team: ['ops'] });
    asking.request(2, 'rollback', { dryRun: true });
    const { error } = await asking.message('error');
    expect(error).toEqual({
      code: 'UNKNOWN_PARAM',
      message: expect.stringMatching(
        /^the app runs nestjs-hot-config \d\S+, whose rollback has no "dryRun"$/,
      ),
    });
    expect(asking.messages).toContainEqual({ id: 1, result: {} });
    expect(manager.status().version).toBe(2);
  });

  it('that calls an unknown method, or has an invalid parameter, receives an error and stays connected', async () => {
    const { client } = await openChannel();
    const asking = await client();
    const wrong: [string, object, string][] = [
      ['shutdown', {}, 'UNKNOWN_METHOD'],
      ['constructor', {}, 'UNKNOWN_METHOD'],
      ['get', { path: 7 }, 'BAD_PARAMS'],
      ['get', { path: 'x'.repeat(3_000) }, 'BAD_PARAMS'],
      ['get', { path: 'a..b' }, 'NO_VALUE'],
      ['set', { path: 'n' }, 'BAD_PARAMS'],
      ['set', { path: 'n', value: 1, ttl: 'soon' }, 'CONFIG_OPTIONS'],
      ['set', { path: '__proto__.polluted', value: 1 }, 'CONFIG_OPTIONS'],
      ['rollback', { steps: 0 }, 'BAD_PARAMS'],
      ['rollback', { version: null }, 'BAD_PARAMS'],
      ['rollback', { version: 1, steps: 1 }, 'BAD_PARAMS'],
      ['reload', { force: 'yes' }, 'BAD_PARAMS'],
      ['reload', { reason: 7 }, 'BAD_PARAMS'],
      ['rollback', { steps: 1, dryRun: true }, 'UNKNOWN_PARAM'],
      ['status', { since: 1 }, 'UNKNOWN_PARAM'],
    ];
    for (const [index, [method, params]] of wrong.entries()) asking.request(index + 1, method, params);
    await until('all requests are answered', () => asking.messages.length === wrong.length + 1);
    const codes = new Map(
      asking.messages.slice(1).map(({ id, error }) => [id, (error as { code: string } | undefined)?.code]),
    );
    expect(wrong.map((_, index) => codes.get(index + 1))).toEqual(wrong.map(([, , code]) => code));
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(asking.ended).toBe(false);
  });

  it('that sends a request byte by byte and never ends it is disconnected', async () => {
    const app = await openChannel({ messageTimeout: 100 });
    const client = await app.client();
    const trickle = setInterval(() => client.send('x'), 10);
    onTestFinished(() => clearInterval(trickle));
    await client.untilDisconnected();
    expect(await valuesServedBy(app)).toEqual([1, 1]);
  });

  it('that is idle is disconnected; one that watches is not', async () => {
    const { client } = await openChannel({ messageTimeout: 50, idleTimeout: 50 });
    const watching = await client();
    watching.request(1, 'watch');
    const [mute, idle] = [await client(), await client()];
    idle.request(1, 'status');
    await mute.untilDisconnected();
    await idle.untilDisconnected();
    expect(watching.ended).toBe(false);
  });

  it('that watches may disconnect without a reload: its place is free for another', async () => {
    const { client } = await openChannel({ clients: 1 });
    const watching = await client();
    watching.request(1, 'watch');
    await watching.message('event');
    watching.socket.destroy();
    const greetings = async () => {
      const other = await client();
      await until('it is greeted or refused', () => other.messages.length > 0);
      return other.messages.filter((message) => 'hello' in message).length;
    };
    await expect.poll(greetings, { timeout: 10_000 }).toBe(1);
  });

  it('may have a limited number of requests in progress', async () => {
    const { client } = await openChannel({ inFlight: 2 });
    const asking = await client();
    for (let id = 1; id <= 4; id += 1) asking.request(id, 'watch');
    await until('two are refused', () => asking.messages.filter(({ error }) => error).length === 2);
    expect(asking.messages.filter(({ event }) => event)).toHaveLength(2);
  });

  it('that does not read its responses is disconnected', async () => {
    const app = await openChannel({ unreadBytes: 10_000 });
    const client = await app.client();
    client.socket.pause();
    const asking = setInterval(() => {
      for (let id = 1; id < 100; id += 1) client.request(id, 'status');
    }, 1);
    onTestFinished(() => clearInterval(asking));
    await until('its writes fail', () => client.socket.destroyed || client.socket.errored !== null);
    expect(await valuesServedBy(app)).toEqual([1, 1]);
  });

  it('is refused when the maximum number of clients has requests in progress, until one disconnects', async () => {
    const app = await openChannel({ clients: 3 });
    const clients = await Promise.all([app.client(), app.client(), app.client()]);
    for (const client of clients) client.request(1, 'watch');
    await Promise.all(clients.map((client) => client.message('event')));
    expect(await cli(['--socket-dir', app.socketDir, 'status'])).toMatchObject({
      code: 6,
      stderr: expect.stringContaining(
        '3 clients already have requests in progress, which is the maximum\nClose other hot-config commands',
      ),
    });
    clients[0]!.socket.destroy();
    await until(
      'there is room',
      async () => (await cli(['--socket-dir', app.socketDir, 'status'])).code === 0,
    );
  });

  it('is served while 200 others say nothing or send a byte now and then: the oldest of them leave', async () => {
    const app = await openChannel({ idleClients: 20 });
    const watching = await app.client();
    watching.request(1, 'watch');
    await watching.message('event');
    const crowd = await Promise.all(Array.from({ length: 200 }, () => app.client()));
    const trickle = setInterval(() => crowd.forEach((client, index) => index % 2 || client.send('x')), 5);
    onTestFinished(() => clearInterval(trickle));
    await until('the oldest are gone', () => crowd.filter(({ ended }) => ended).length >= 180);
    for (let time = 0; time < 20; time += 1) expect(await valuesServedBy(app)).toEqual([1, 1]);
    expect((await cli(['--socket-dir', app.socketDir, 'set', 'n', '2'])).code).toBe(0);
    expect(watching.ended).toBe(false);
    expect(app.manager.history()).toHaveLength(2);
  });

  it('frees its place when it has disconnected, whatever it has sent', async () => {
    const app = await openChannel({ clients: 2, idleClients: 2 });
    for (const text of ['', '{"id":1,', '{"id":1,"method":"watch"}\n', 'hello?\n'])
      for (let time = 0; time < 3; time += 1) {
        const client = await app.client();
        await client.message('hello');
        client.send(text);
        client.socket.destroy();
      }
    const greetings = async () => (await cli(['--socket-dir', app.socketDir, 'status'])).code;
    await expect.poll(greetings, { timeout: 10_000 }).toBe(0);
  });

  it('can do something else while others watch: their number is limited', async () => {
    const app = await openChannel({ clients: 3, watches: 2 });
    const watching = await Promise.all([app.client(), app.client()]);
    for (const client of watching) client.request(1, 'watch');
    await Promise.all(watching.map((client) => client.message('event')));
    const third = await app.client();
    third.request(1, 'watch');
    expect(await third.message('error')).toMatchObject({
      error: { code: 'BUSY', message: '2 clients already watch reloads, which is the maximum' },
    });
    expect(await valuesServedBy(app)).toEqual([1, 1]);
    watching[0]!.socket.destroy();
    await expect
      .poll(async () => {
        const next = await app.client();
        next.request(1, 'watch');
        await until('it is answered', () => next.messages.length > 1);
        return 'event' in next.messages[1]!;
      })
      .toBe(true);
  });

  it('that stops reading while it watches is disconnected', async () => {
    const app = await openChannel({ idleTimeout: 200, watches: 2 });
    const [stuck, reading] = [await app.client(), await app.client()];
    for (const client of [stuck, reading]) client.request(1, 'watch');
    await Promise.all([stuck.message('event'), reading.message('event')]);
    stuck.socket.pause();
    // Fewer bytes than may wait for a client: only the time that it does not read tells.
    await app.change({ n: 1, text: 'x'.repeat(2_000_000) });
    await until('another client can watch', async () => {
      const next = await app.client();
      next.request(1, 'watch');
      await until('it is answered', () => next.messages.length > 1);
      return 'event' in next.messages[1]!;
    });
    expect(reading.ended).toBe(false);
    expect(await valuesServedBy(app)).toEqual([1, 1]);
  });

  it('cannot harm the app or another client by any bytes that it sends', async () => {
    const app = await openChannel();
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.uint8Array({ maxLength: 200 }),
            fc.json().map((text) => Buffer.from(`${text}\n`)),
          ),
        ),
        async (chunks) => {
          const client = await app.client();
          for (const chunk of chunks) client.send(chunk);
          client.socket.end();
          await client.untilDisconnected();
        },
      ),
      { numRuns: 50 },
    );
    expect(await valuesServedBy(app)).toEqual([1, 1]);
  });

  it('that closes its side after its requests receives its responses and is disconnected', async () => {
    const { client } = await openChannel();
    const brief = await client();
    brief.request(1, 'reload');
    brief.request(2, 'get', { path: 'n' });
    brief.socket.end();
    await brief.untilDisconnected();
    expect(new Set(brief.messages.map(({ id }) => id))).toEqual(new Set([undefined, 1, 2]));
  });

  it('is the user that it states, which is never called verified', async () => {
    const { client, manager } = await openChannel();
    const honest = await client();
    honest.request(1, 'hello', { user: 'ann', pid: 42 });
    honest.request(2, 'set', { path: 'n', value: 2 });
    const liar = await client();
    liar.request(1, 'hello', { user: 'root (uid 0)', pid: 1 });
    liar.request(2, 'set', { path: 'n', value: 3 });
    await until('both are answered', () => [honest, liar].every(({ messages }) => messages.length === 3));
    expect(new Set(manager.history().map(({ actor }) => actor))).toEqual(
      new Set(['ann (unverified)', 'unknown user (unverified)', undefined]),
    );
  });
});
