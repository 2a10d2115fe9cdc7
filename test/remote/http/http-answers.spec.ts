import { type AddressInfo, createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { NotAsked } from '../../../lib/remote/contract/not-asked.js';
import { useFakeClock } from '../../support/fake-clock.js';
import { freePort } from '../../support/free-port.js';
import { startTcpProxy } from '../../support/tcp-proxy.js';
import { until } from '../../support/until.js';
import { body, startWebServer } from '../../support/web-server.js';
import { readerOf } from './support.js';

const JSON_TYPE = { 'content-type': 'application/json' };

describe('An answer of a web server', () => {
  it.each([
    ['application/json', 'JSON'],
    ['application/json; charset=UTF-8', 'JSON'],
    ['application/vnd.app+json', 'JSON'],
    ['application/yaml', 'YAML'],
    ['text/yaml; charset="utf-8"', 'YAML'],
    ['application/x-yaml', 'YAML'],
    ['text/vnd.yaml', 'YAML'],
    ['application/toml', 'TOML'],
    ['application/json5', 'JSON5'],
    ['text/plain', undefined],
    ['application/octet-stream', undefined],
    ['', undefined],
  ])('of the type "%s" has the format %s', async (type, format) => {
    const server = await startWebServer(body('{}', { 'content-type': type }));
    const reader = readerOf(`${server.origin}/app.yaml`);
    await reader.read();
    expect(reader.last?.format).toBe(format);
  });

  it.each([
    [204, 'answers 204 (No Content), without the whole content'],
    [206, 'answers 206 (Partial Content), without the whole content'],
    [304, 'answers 304 (Not Modified), although nothing was known; a cache between may be wrong'],
    [400, 'answers 400 (Bad Request); check the address'],
    [401, 'answers 401 (Unauthorized); set the option "token" or "headers"'],
    [403, 'answers 403 (Forbidden); set the option "token" or "headers"'],
    [429, 'answers 429 (Too Many Requests)'],
    [500, 'answers 500 (Internal Server Error)'],
    [599, 'answers 599 (unknown status)'],
    [
      407,
      'answers 407 (Proxy Authentication Required); correct the user and the password in the address of the proxy',
    ],
    [302, 'answers 302 without the address of a redirect'],
  ])('with the status %i is an error', async (status, message) => {
    const server = await startWebServer((_request, response) => void response.writeHead(status).end());
    expect(await readerOf(server.origin).failure()).toBe(message);
  });

  it.each([404, 410])('with the status %i says that there is no content', async (status) => {
    const server = await startWebServer(body('no such page', { 'content-type': 'text/html' }, status));
    expect(await readerOf(server.origin).read()).toBe('absent');
  });

  it('that changes the protocol is an error, and does not keep the request open', async () => {
    const answer = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n';
    const server = createServer((socket) => void socket.once('data', () => socket.write(answer)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    expect(await readerOf(`http://127.0.0.1:${port}`).failure()).toContain('101 (Switching Protocols)');
  });

  it.each(['javascript:alert(1)', 'file:///etc/passwd'])('that leads to %s is an error', async (location) => {
    const server = await startWebServer(
      (_request, response) => void response.writeHead(302, { location }).end(),
    );
    expect(await readerOf(server.origin).failure()).toBe(
      'is redirected to an address that is not of the web',
    );
  });

  it('that is HTML is an error, also with the status 200', async () => {
    const server = await startWebServer(body('<html>', { 'content-type': 'text/html; charset=utf-8' }));
    expect(await readerOf(`${server.origin}/app.json`).failure()).toBe(
      'answers with HTML (text/html): a login page or a proxy?',
    );
  });

  it('in another encoding than UTF-8 is refused', async () => {
    const server = await startWebServer(body('{}', { 'content-type': 'application/json; charset=latin1' }));
    expect(await readerOf(server.origin).failure()).toMatch(/^answers in another encoding than UTF-8/);
  });

  it('is asked for without compression, and refused if it has one', async () => {
    const server = await startWebServer((_request, response) => {
      response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }).end(gzipSync('{}'));
    });
    expect(await readerOf(server.origin).failure()).toMatch(/^answers with a compressed body/);
    expect(server.requests[0]?.headers['accept-encoding']).toBe('identity');
  });

  it('that never ends is read up to the limit only', async () => {
    let sent = 0;
    let hasEnded = false;
    const server = await startWebServer((_request, response) => {
      const chunk = Buffer.alloc(64 * 1_024, ' ');
      const write = () => {
        while (!hasEnded && sent < 1_000_000_000) {
          sent += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', write);
        }
      };
      response.on('close', () => (hasEnded = true));
      response.on('error', () => undefined);
      response.writeHead(200, JSON_TYPE);
      write();
    });
    expect(await readerOf(server.origin).failure({ maxBytes: 100_000 })).toBe(
      'answers with more than 100000 bytes (limit maxFileSize); shorten it, or raise the limit',
    );
    await until('the server has noticed it', () => hasEnded);
    expect(sent).toBeLessThan(100_000_000);
  });

  it.each([
    ['shorter than its Content-Length', { ...JSON_TYPE, 'content-length': '100' }],
    ['without its last chunk', JSON_TYPE],
  ])('that is %s is an error', async (_name, headers) => {
    const server = await startWebServer((_request, response) => {
      response.writeHead(200, headers);
      response.write('{"half":', () => response.socket?.destroy());
    });
    expect(await readerOf(server.origin).failure()).toBe(
      'has cut off its answer: it has closed the connection too early',
    );
  });

  it('has to be there in time with its last byte', async () => {
    useFakeClock();
    const server = await startWebServer((_request, response) => {
      response.writeHead(200, JSON_TYPE).write('{');
    });
    const reader = readerOf(server.origin, { timeout: 3_000 });
    const failure = reader.failure();
    await untilReal(() => server.requests.length === 1);
    for (let ms = 0; ms < 3_000; ms += 600) await vi.advanceTimersByTimeAsync(600);
    expect(await failure).toBe('has not answered within 3000 ms');
  });

  it('is not waited for when nobody wants it any more', async () => {
    const server = await startWebServer(() => undefined);
    const controller = new AbortController();
    const failure = readerOf(server.origin).failure({ signal: controller.signal });
    await until('the server is asked', () => server.requests.length === 1);
    controller.abort(new Error('the app shuts down'));
    expect(await failure).toBe('the app shuts down');
    await until('the connection is closed', async () => (await server.connections()) === 0);
  });

  it.each(['429', '503'])('%s with Retry-After keeps requests back until then', async (status) => {
    useFakeClock();
    const server = await startWebServer(body('', { 'retry-after': '7' }, Number(status)));
    const reader = readerOf(server.origin);
    const failure = await reader.failure();
    expect(failure).toContain('; it is asked again after 7 s, as it wants');
    server.answer = body('{}');
    expect(reader.remote.nextReadAfter).toBe(7_000);
    vi.advanceTimersByTime(6_900);
    await expect(reader.read()).rejects.toThrow(new NotAsked(failure));
    expect(reader.remote.nextReadAfter).toBe(100);
    expect(server.requests).toHaveLength(1);
    vi.advanceTimersByTime(200);
    expect(await reader.read()).toBe('{}');
    expect(reader.remote.nextReadAfter).toBeUndefined();
  });

  it('cannot keep requests back longer than a minute, by a date neither', async () => {
    useFakeClock();
    const server = await startWebServer((_request, response) => {
      const date = new Date('2030-01-01T00:00:00Z').toUTCString();
      response.writeHead(503, { date, 'retry-after': new Date('2030-01-02T00:00:00Z').toUTCString() }).end();
    });
    const reader = readerOf(server.origin);
    expect(await reader.failure()).toContain('after 60 s');
    server.answer = body('{}');
    vi.advanceTimersByTime(60_000);
    expect(await reader.read()).toBe('{}');
  });
});

describe('A web server', () => {
  it('that refuses connections, has no address or does not speak HTTP is named by what to do', async () => {
    const port = await freePort();
    expect(await readerOf(`http://127.0.0.1:${port}`).failure()).toBe(
      'refuses connections: start it, or correct the address',
    );
    expect(await readerOf('https://config.invalid').failure()).toMatch(/^has no address/);
    const server = await startWebServer(body('{}'));
    expect(await readerOf(`https://127.0.0.1:${server.port}`).failure()).toMatch(/^does not speak TLS/);
  });

  it('is asked over one connection', async () => {
    const server = await startWebServer(body('{}'));
    const reader = readerOf(server.origin);
    for (let reads = 0; reads < 5; reads += 1) await reader.read();
    expect(server.accepted).toBe(1);
    reader.remote.close();
    await until('the connection is closed', async () => (await server.connections()) === 0);
  });

  it('may close an idle connection at the moment when it is used again', async () => {
    const server = await startWebServer(body('{}'));
    const proxy = await startTcpProxy(server.port);
    const reader = readerOf(`http://127.0.0.1:${proxy.port}`);
    await reader.read();
    server.answer = (_request, response) => {
      server.answer = body('{ "a": 1 }');
      response.socket?.resetAndDestroy();
    };
    expect(await reader.read()).toBe('{ "a": 1 }');
    expect(proxy.accepted).toBe(2);
  });
});

/** Turns of the event loop are real with the fake clock. */
async function untilReal(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
