import 'reflect-metadata';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ControlChannel } from '../../lib/control/control-channel.js';
import type { ChannelLimits } from '../../lib/control/channel-limits.js';
import type { ControlHttpOptions } from '../../lib/runtime/control-options.interface.js';
import { cli, startCli } from '../support/cli.js';
import { startApp } from '../support/start-app.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';
import { portOf } from './open-channel.js';

const TOKEN = 'a-token-of-this-test';

/** Starts an app, and opens a channel with an HTTP port to it. */
async function openPort(http: Partial<ControlHttpOptions> = {}, limits: Partial<ChannelLimits> = {}) {
  const app = await startApp({ n: 1, api_key: 'sk-1234' }, {}, { enabled: false });
  const lines: string[] = [];
  const channel = await ControlChannel.open(
    { socketDir: false, name: 'gateway', http: { port: 0, token: TOKEN, ...http } },
    portOf(app, lines),
    limits,
  );
  onTestFinished(() => channel.close());
  const [url = ''] = /http:\S+(?=;)/.exec(lines.join('\n')) ?? [];
  return { ...app, channel, lines, url };
}

function post(url: string, body: string, init: RequestInit = {}): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { authorization: `Bearer ${TOKEN}` }, body, ...init });
}

describe('The HTTP port of an app', () => {
  it('serves the command like the socket', async () => {
    const { url, config, manager } = await openPort();
    const run = (...args: string[]) => cli(['--url', url, '--token', TOKEN, ...args]);
    expect((await run('get', 'n')).stdout).toBe('1\n');
    expect((await run('get')).stdout).toBe('{"n":1,"api_key":"[hidden]"}\n');
    expect((await run('set', 'n', '2', '--reason', 'why not')).code).toBe(0);
    expect(config.get('n')).toBe(2);
    expect(manager.history().at(-1)).toMatchObject({
      reason: 'why not',
      actor: expect.stringMatching(/ \(with the token, unverified\)$/),
    });
    expect((await run('get', 'nothing')).code).toBe(1);
    expect((await run('status', '--json')).stdout).toContain('"name":"gateway"');
    // The app at a URL is the only one there, and its files may be those of another machine.
    expect((await run('apps')).stdout).toMatch(/^gateway\t\d+\t[^\n]*\n$/);
    expect((await run('doctor')).stdout).toMatch(
      /^ok\tapp gateway\t.*\nwarn\tapp gateway\tdoes not watch.*\n$/,
    );
  });

  it.each(['738529527931269425', '{"id": [1, 738529527931269425]}', '1e400', '1e-400'])(
    'refuses a value with the number %s, and quotes nothing of it',
    async (value) => {
      const { url, config } = await openPort();
      const set = (id: number, json: string) =>
        `{"id": ${id}, "method": "set", "params": {"path": "n", "value": ${json}}}\n`;
      const body = await (await post(url, set(1, value) + set(2, '9007199254740992'))).text();
      const [, refused, accepted] = body
        .split('\n')
        .map((line) => (line === '' ? {} : JSON.parse(line)) as object);
      expect(refused).toMatchObject({
        id: 1,
        error: {
          code: 'BAD_PARAMS',
          message: expect.stringMatching(
            /^"value(?:\.id\.1)?" has a number that cannot be held exactly; send it as a string$/,
          ),
        },
      });
      expect(accepted).toMatchObject({ id: 2, result: { outcome: 'applied' } });
      expect(config.get('n')).toBe(9007199254740992);
      // Not the whole body: its process id and durations may contain the same characters.
      expect(JSON.stringify(refused)).not.toMatch(/7385|e-?400/);
    },
  );

  it('needs the token, from an option, the environment or a file', async () => {
    const { url } = await openPort();
    const file = new TempFolder().write('token', `${TOKEN}\n`);
    expect((await cli(['get', 'n', '--url', url, '--token-file', file])).code).toBe(0);
    expect(await cli(['get', 'n', '--url', url, '--token-file', `${file}.none`])).toMatchObject({ code: 2 });
    expect(await cli(['get', 'n', '--url', url])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('HOT_CONFIG_TOKEN'),
    });
    expect(await cli(['get', 'n', '--url', url, '--token', 'wrong'])).toMatchObject({
      code: 6,
      stderr: expect.stringContaining(
        'The token in the header Authorization: Bearer <token> is missing or wrong',
      ),
    });
  });

  it('is reported as unreachable if no app listens there', async () => {
    const { url, channel } = await openPort();
    await channel.close();
    expect(await cli(['status', '--url', url, '--token', TOKEN])).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('ECONNREFUSED'),
    });
    expect(await cli(['status', '--url', 'localhost:1', '--token', TOKEN])).toMatchObject({ code: 2 });
  });

  it('is waited for with --wait', async () => {
    const { url, channel } = await openPort();
    await channel.close();
    const waiting = cli(['get', 'n', '--url', url, '--token', TOKEN, '--wait', '15s']);
    await openPort({ port: Number(new URL(url).port) });
    expect(await waiting).toMatchObject({ code: 0, stdout: '1\n' });
  });

  it('reveals nothing without the token in the header, in a POST to /', async () => {
    const { url } = await openPort();
    const body = '{"id":1,"method":"get"}\n';
    const statuses = await Promise.all([
      post(url, body, { headers: {} }),
      post(url, body, { headers: { authorization: `Bearer ${TOKEN}x` } }),
      post(url, body, { headers: { authorization: `Basic ${TOKEN}` } }),
      post(`${url}/?token=${TOKEN}`, body, { headers: {} }),
      post(`${url}/?token=${TOKEN}`, body),
      fetch(url, { headers: { authorization: `Bearer ${TOKEN}` } }),
      fetch(url, { method: 'OPTIONS', headers: { origin: 'https://evil.example' } }),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([401, 401, 401, 401, 404, 405, 401]);
    for (const response of statuses) {
      expect(await response.text()).not.toContain('gateway');
      expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  it('refuses a body that is malformed, too long or has too many requests', async () => {
    const { url } = await openPort({}, { messageBytes: 1_000, inFlight: 2 });
    expect((await post(url, 'hello?')).status).toBe(400);
    expect((await post(url, 'x'.repeat(2_000))).status).toBe(413);
    expect((await post(url, '{"id":1,"method":"hello"}\n'.repeat(3))).status).toBe(429);
    expect((await post(url, '{"id":1,"method":"get","params":{"path":"n"}}')).status).toBe(200);
  });

  it('closes a request that is sent byte by byte and never ends', async () => {
    const { url } = await openPort({}, { messageTimeout: 100 });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    let isClosed = false;
    socket
      .on('error', () => undefined)
      .on('close', () => (isClosed = true))
      .resume();
    socket.write('POST / HTTP/1.1\r\nHost: x\r\n');
    const trickle = setInterval(() => socket.write('x'), 20);
    onTestFinished(() => clearInterval(trickle));
    await until('it is closed', () => isClosed);
    expect((await post(url, '{"id":1,"method":"hello"}')).status).toBe(200);
  });

  it('serves the holder of the token while 200 others say nothing, trickle or announce a body', async () => {
    const { url, config } = await openPort({}, { idleClients: 20, wrongTokenDelay: 100 });
    const port = Number(new URL(url).port);
    const watching = startCli(['watch', '--url', url, '--token', TOKEN]);
    await until('it watches', () => watching.stderr.text.includes('is in force'));
    const closed = new Set<number>();
    const crowd = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const socket = connect(port, '127.0.0.1').on('error', () => undefined);
        onTestFinished(() => void socket.destroy());
        socket.resume().on('close', () => closed.add(index));
        await once(socket, 'connect');
        if (index % 4 === 1) socket.write('POST / HTTP/1.1\r\nHost: x\r\nX-Long: ');
        if (index % 4 === 2) socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n');
        if (index % 4 === 3)
          socket.write('POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer wrong\r\n\r\n'.repeat(100));
        return socket;
      }),
    );
    const trickle = setInterval(() => crowd.forEach((socket, index) => index % 2 && socket.write('x')), 5);
    onTestFinished(() => clearInterval(trickle));
    for (let n = 2; n < 12; n += 1) {
      const body = `{"id":1,"method":"set","params":{"path":"n","value":${n}}}`;
      expect(await (await post(url, body)).text()).toContain('"applied"');
      expect(config.get('n')).toBe(n);
    }
    await until('the oldest are gone', () => closed.size >= 180);
    await until('the watch had all', () => watching.stdout.text.includes('\tapplied\t11\toverride'));
  });

  it('disconnects a client that says nothing, and one that announces a body and never sends it', async () => {
    const { url } = await openPort({}, { messageTimeout: 200, clients: 1 });
    const port = Number(new URL(url).port);
    const announced = `POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: 9\r\n\r\n`;
    for (const text of ['', announced]) {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      onTestFinished(() => void socket.destroy());
      socket.resume().write(text);
      await once(socket, 'close');
    }
    expect((await post(url, '{"id":1,"method":"hello"}')).status).toBe(200);
  });

  it('serves one request of a connection: more of them are not run', async () => {
    const { url, manager } = await openPort();
    const body = '{"id":1,"method":"set","params":{"path":"n","value":2}}';
    const request = `POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);
    socket.resume().write(request + request.replace('"value":2', '"value":3').repeat(20));
    await once(socket, 'close');
    expect(manager.history().map(({ version }) => version)).toEqual([1, 2]);
  });

  it('refuses a client if too many have requests in progress, and serves it when one has ended', async () => {
    const { url } = await openPort({}, { clients: 1 });
    const gone = new AbortController();
    const watching = await post(url, '{"id":1,"method":"watch"}', { signal: gone.signal });
    const refused = await post(url, '{"id":1,"method":"hello"}');
    expect([watching.status, refused.status]).toEqual([200, 503]);
    expect(await refused.text()).toContain('TOO_MANY_CLIENTS');
    gone.abort();
    await until('there is room', async () => (await post(url, '{"id":1,"method":"hello"}')).status === 200);
  });

  it('disconnects a client that does not read its answer', async () => {
    const { url, change } = await openPort({}, { clients: 1, idleTimeout: 200 });
    await change({ n: 1, text: 'x'.repeat(8_000_000) });
    const body = '{"id":1,"method":"get"}';
    const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
    socket.pause();
    socket.write(
      `POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    const status = async () => (await post(url, '{"id":1,"method":"hello"}')).status;
    await until('its request is in progress', async () => (await status()) === 503);
    await until('its place is free', async () => (await status()) === 200);
    expect(socket.bytesRead).toBeLessThan(8_000_000);
  });

  it('sends every reload to a client that watches, and the end of the app', async () => {
    const { url, channel, manager } = await openPort();
    const following = startCli(['watch', '--url', url, '--token', TOKEN]);
    await until('it watches', () => following.stderr.text.includes('is in force'));
    await manager.set('n', 2);
    await until('the reload is printed', () => following.stdout.text.includes('\tapplied\t2\toverride'));
    await channel.close();
    expect(await following.ended).toBe(5);
    expect(following.stderr.text).toContain('the app shuts down');
  });

  it.each<[string, Partial<ControlHttpOptions>]>([
    ['the token is short', { token: 'short' }],
    ['the token is missing', { token: undefined as never }],
    ['the address does not belong to this machine', { host: '192.0.2.1' }],
  ])('stays closed if %s: the app warns and runs without it', async (_why, http) => {
    const { lines, config } = await openPort(http);
    expect(lines).toEqual([
      expect.stringMatching(/^Control channel: cannot open the HTTP port; the app runs without it: /),
    ]);
    expect(config.get('n')).toBe(1);
  });
});
