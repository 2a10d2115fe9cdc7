import 'reflect-metadata';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ControlChannel } from '../../lib/control/control-channel.js';
import type { ChannelLimits } from '../../lib/control/protocol.js';
import { HOT_CONFIG_RUNTIME } from '../../lib/runtime/tokens.js';
import type { HotConfigRuntime } from '../../lib/runtime/hot-config.runtime.js';
import { cli } from '../support/cli.js';
import { startApp } from '../support/start-app.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';
import { RawClient } from './raw-client.js';

const silent = { log: () => undefined, warn: () => undefined, error: () => undefined };

/** An app with a channel of these limits. */
async function channelOf(limits: Partial<ChannelLimits> = {}, name = 'gateway') {
  const socketDir = new TempFolder().file('run');
  const app = await startApp({ n: 1 }, {}, { control: false, enabled: false });
  const warnings: string[] = [];
  const open = async () => {
    const channel = await ControlChannel.open(
      { name, socketDir },
      {
        manager: app.manager,
        runtime: app.app.get<HotConfigRuntime>(HOT_CONFIG_RUNTIME),
        logger: { ...silent, warn: (line: string) => warnings.push(line) },
        limits,
      },
    );
    onTestFinished(() => channel.close());
    return channel;
  };
  const channel = await open();
  const path = join(socketDir, `${name}-${process.pid}.sock`);
  return { ...app, channel, socketDir, path, warnings, open, client: () => RawClient.connect(path) };
}

/** What another client gets, and the app itself reads, as if nothing had happened. */
async function answersOf({ client, config }: Awaited<ReturnType<typeof channelOf>>): Promise<unknown[]> {
  const other = await client();
  other.ask(1, 'get', { path: 'n' });
  const { result } = await other.message('result');
  other.socket.destroy();
  return [(result as { value: unknown }).value, config.get('n')];
}

describe('The socket of an app', () => {
  it('is for its user only, in a directory for its user only', async () => {
    const { path, socketDir } = await channelOf();
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    expect(lstatSync(socketDir).mode & 0o777).toBe(0o700);
  });

  it('is gone when the app is closed, and clients are told', async () => {
    const { path, client, channel, socketDir } = await channelOf();
    const waiting = await client();
    waiting.ask(1, 'watch');
    await waiting.message('event');
    await channel.close();
    expect(existsSync(path)).toBe(false);
    expect(await waiting.message('bye')).toEqual({ bye: 'the app shuts down' });
    expect(readdirSync(socketDir)).toEqual([]);
  });

  it('is another one for the second app of a process', async () => {
    const { open, socketDir } = await channelOf();
    await open();
    expect(readdirSync(socketDir).sort()).toEqual([
      `gateway-${process.pid}-2.sock`,
      `gateway-${process.pid}.sock`,
    ]);
    expect((await cli(['--socket-dir', socketDir, 'status'])).code).toBe(4);
    expect((await cli(['--socket-dir', socketDir, '--app', `gateway-${process.pid}-2`, 'status'])).code).toBe(
      0,
    );
  });

  it('is called by what a file can be called', async () => {
    const { socketDir, open } = await channelOf({}, '../@acme/gate way');
    await open();
    expect(
      readdirSync(socketDir).every((name) => name.startsWith('acme-gate-way-') || name.startsWith('-acme')),
    ).toBe(true);
  });

  it('is not opened in a directory that is a link, or a file; the app runs, and says so', async () => {
    const { app, manager } = await startApp({ n: 1 }, {}, { control: false });
    const folder = new TempFolder();
    mkdirSync(folder.file('elsewhere'));
    symlinkSync(folder.file('elsewhere'), folder.file('link'));
    writeFileSync(folder.file('file'), '');
    for (const [name, problem] of [
      ['link', 'symbolic link'],
      ['file', 'EEXIST'],
      ['x'.repeat(100), 'longer than the'],
    ] as const) {
      const warnings: string[] = [];
      const logger = { ...silent, warn: (line: string) => warnings.push(line) };
      const runtime = app.get<HotConfigRuntime>(HOT_CONFIG_RUNTIME);
      await ControlChannel.open({ socketDir: folder.file(name) }, { manager, runtime, logger });
      expect(warnings).toEqual([expect.stringContaining(problem)]);
    }
    expect(readdirSync(folder.file('elsewhere'))).toEqual([]);
  });

  it('closes a directory of its user that was open to others', async () => {
    const socketDir = new TempFolder().file('run');
    mkdirSync(socketDir);
    chmodSync(socketDir, 0o777);
    expect((await cli(['--socket-dir', socketDir, 'apps'])).code).toBe(3);
    await startApp({ n: 1 }, {}, { control: { enabled: true, socketDir } });
    expect(lstatSync(socketDir).mode & 0o777).toBe(0o700);
    expect((await cli(['--socket-dir', socketDir, 'apps'])).code).toBe(0);
  });
});

describe('A socket that cannot be made', () => {
  it('is warned about, with what to do, and the app runs without it', async () => {
    const folder = new TempFolder();
    const socketDir = join(folder.write('file', ''), 'run');
    const warnings: string[] = [];
    const logger = { log: () => {}, error: () => {}, warn: (line: string) => void warnings.push(line) };
    const { config } = await startApp({ n: 1 }, {}, { control: { enabled: true, socketDir }, logger });
    expect(config.get('n')).toBe(1);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^The control channel has no socket, and the app runs without it: ENOTDIR.*\. Name a folder that this user can write to, with HOT_CONFIG_SOCKET_DIR or control\.socketDir$/,
      ),
    ]);
  });
});

describe('A client of the socket', () => {
  it.each<[string, string | Uint8Array]>([
    ['no JSON', 'hello?\n'],
    ['an empty line', '\n'],
    ['no object', '[1]\n'],
    ['no id', '{"method":"status"}\n'],
    ['no method', '{"id":1}\n'],
    ['params that are none', '{"id":1,"method":"get","params":"llm"}\n'],
    ['bytes that are no text', Uint8Array.of(0xff, 0xfe, 0x0a)],
    ['brackets without end', `${'['.repeat(100_000)}\n`],
  ])('that sends %s is told so and sent away', async (_what, text) => {
    const app = await channelOf();
    const client = await app.client();
    client.say(text);
    await client.untilEnded();
    expect(client.messages.at(-1)).toMatchObject({ error: { code: 'MALFORMED' } });
    expect(await answersOf(app)).toEqual([1, 1]);
  });

  it('that sends a message too long is sent away, whether it comes at once or in pieces', async () => {
    const app = await channelOf({ messageBytes: 1_000 });
    for (const pieces of [1, 50]) {
      const client = await app.client();
      for (let piece = 0; piece < pieces; piece += 1) client.say('x'.repeat(2_000 / pieces));
      await client.untilEnded();
      expect(client.messages.at(-1)).toMatchObject({ error: { code: 'TOO_LARGE' } });
    }
    expect(await answersOf(app)).toEqual([1, 1]);
  });

  it('that asks for what does not exist, or wrongly, is told so and may stay', async () => {
    const { client } = await channelOf();
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
    ];
    for (const [index, [method, params]] of wrong.entries()) asking.ask(index + 1, method, params);
    await until('all is answered', () => asking.messages.length === wrong.length + 1);
    const codes = new Map(
      asking.messages.slice(1).map(({ id, error }) => [id, (error as { code: string } | undefined)?.code]),
    );
    expect(wrong.map((_, index) => codes.get(index + 1))).toEqual(wrong.map(([, , code]) => code));
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(asking.ended).toBe(false);
  });

  it('that never finishes a message, however it trickles, is sent away', async () => {
    const app = await channelOf({ messageTimeout: 100 });
    const client = await app.client();
    const trickle = setInterval(() => client.say('x'), 10);
    onTestFinished(() => clearInterval(trickle));
    await client.untilEnded();
    expect(await answersOf(app)).toEqual([1, 1]);
  });

  it('that says nothing is sent away; one that watches is not', async () => {
    const { client } = await channelOf({ messageTimeout: 50, idleTimeout: 50 });
    const watching = await client();
    watching.ask(1, 'watch');
    const [mute, idle] = [await client(), await client()];
    idle.ask(1, 'status');
    await mute.untilEnded();
    await idle.untilEnded();
    expect(watching.ended).toBe(false);
  });

  it('may have so many requests at a time, and no more', async () => {
    const { client } = await channelOf({ inFlight: 2 });
    const asking = await client();
    for (let id = 1; id <= 4; id += 1) asking.ask(id, 'watch');
    await until('two are refused', () => asking.messages.filter(({ error }) => error).length === 2);
    expect(asking.messages.filter(({ event }) => event)).toHaveLength(2);
  });

  it('that does not read what it asked for is given up on', async () => {
    const app = await channelOf({ unreadBytes: 10_000 });
    const client = await app.client();
    client.socket.pause();
    const asking = setInterval(() => {
      for (let id = 1; id < 100; id += 1) client.ask(id, 'status');
    }, 1);
    onTestFinished(() => clearInterval(asking));
    await until('its writes fail', () => client.socket.destroyed || client.socket.errored !== null);
    expect(await answersOf(app)).toEqual([1, 1]);
  });

  it('is one of so many: the next is told so, until one leaves', async () => {
    const app = await channelOf({ clients: 3 });
    const clients = await Promise.all([app.client(), app.client(), app.client()]);
    await Promise.all(clients.map((client) => client.message('hello')));
    expect(await cli(['--socket-dir', app.socketDir, 'status'])).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('3 clients are connected already\nClose other hot-config commands'),
    });
    clients[0]!.socket.destroy();
    await until(
      'there is room',
      async () => (await cli(['--socket-dir', app.socketDir, 'status'])).code === 0,
    );
  });

  it('is answered after two hundred others came at once', async () => {
    const app = await channelOf();
    const crowd = await Promise.all(Array.from({ length: 200 }, () => app.client()));
    await until(
      'those beyond the limit are sent away',
      () => crowd.filter(({ ended }) => ended).length === 168,
    );
    for (const { socket } of crowd) socket.destroy();
    await until(
      'the others are gone',
      async () => (await cli(['--socket-dir', app.socketDir, 'status'])).code === 0,
    );
    expect(await answersOf(app)).toEqual([1, 1]);
  });

  it('harms nobody, whatever bytes it sends', async () => {
    const app = await channelOf();
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
          for (const chunk of chunks) client.say(chunk);
          client.socket.end();
          await client.untilEnded();
        },
      ),
      { numRuns: 50 },
    );
    expect(await answersOf(app)).toEqual([1, 1]);
  });

  it('that has said all gets its answers, and is let go', async () => {
    const { client } = await channelOf();
    const brief = await client();
    brief.ask(1, 'reload');
    brief.ask(2, 'get', { path: 'n' });
    brief.socket.end();
    await brief.untilEnded();
    expect(new Set(brief.messages.map(({ id }) => id))).toEqual(new Set([undefined, 1, 2]));
  });

  it('that claims to be another user is known by the file it made, and else not', async () => {
    const { client, socketDir, manager, path } = await channelOf();
    const honest = await client();
    const { hello } = (await honest.message('hello')) as { hello: { proof: string } };
    writeFileSync(join(socketDir, hello.proof), '');
    honest.ask(1, 'hello', { user: 'ann', pid: 42 });
    honest.ask(2, 'set', { path: 'n', value: 2 });
    const liar = await client();
    liar.ask(1, 'hello', { user: 'root\n(uid 0)', pid: 1 });
    liar.ask(2, 'set', { path: 'n', value: 3 });
    await until('both are answered', () => [honest, liar].every(({ messages }) => messages.length === 3));
    expect(new Set(manager.history().map(({ actor }) => actor))).toEqual(
      new Set([`ann (uid ${process.getuid!()})`, 'root uid 0 (as told)', undefined]),
    );
    expect(readdirSync(socketDir)).toEqual([path.slice(socketDir.length + 1)]);
  });
});

describe('A socket that a killed app left behind', () => {
  it('is removed by the command, and by the next app', async () => {
    const { socketDir, open } = await channelOf();
    const stale = join(socketDir, 'gone-1.sock');
    const make = async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(stale, resolve));
      // What close() would remove is moved away and back: the socket stays, and nobody listens.
      const { renameSync } = await import('node:fs');
      renameSync(stale, `${stale}.kept`);
      await new Promise((resolve) => server.close(resolve));
      renameSync(`${stale}.kept`, stale);
    };
    await make();
    await until('the command removes it', async () => {
      expect((await cli(['--socket-dir', socketDir, 'status'])).code).toBe(0);
      return !existsSync(stale);
    });
    await make();
    await until('an app removes it', async () => {
      await (await open()).close();
      return !existsSync(stale);
    });
  });
});
