import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { etcdStore, type EtcdStoreOptions } from 'nestjs-hot-config/stores/etcd';
import { describe, expect, it, onTestFinished } from 'vitest';
import { jsonMessages } from '../../lib/stores/etcd/json-messages.js';
import { ChildApp } from '../support/child-app.js';
import { Etcd } from '../support/etcd.js';
import { makePipe } from '../support/named-pipe.js';
import { isMissing } from '../support/programs.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';

function open(options: EtcdStoreOptions) {
  const store = etcdStore(options);
  onTestFinished(() => store.close());
  return store;
}

/** Starts a web server that is no etcd. Returns its address. */
async function startWebServer(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe.skipIf(isMissing('etcd'))('The connections of a store in etcd', () => {
  it('are one for 1,000 watches, which ends with the last of them', async () => {
    const etcd = await Etcd.start();
    const proxy = await startTcpProxy(etcd.port);
    const store = open({ urls: [`http://127.0.0.1:${proxy.port}`] });
    const writer = open({ urls: [etcd.url] });
    const heard = new Set<number>();
    const handles = Array.from({ length: 1_000 }, (_, index) =>
      store.watch(`key${index}/`, {
        changed: () => heard.add(index),
        lost: () => undefined,
        restored: () => undefined,
      }),
    );
    await until('all have heard of a write', async () => {
      for (let index = 0; index < 1_000; index += 50) await writer.put(`key${index}/a`, 'a');
      return heard.size === 20;
    });
    expect(proxy.accepted).toBe(1);
    await store.get('key');
    expect(proxy.connections).toBe(2);
    for (const handle of handles) await handle.close();
    await until('all connections are closed', () => proxy.connections === 0);
    // Used again, it connects again.
    await expect(store.get('key')).resolves.toBeUndefined();
  });

  it('are asked within one timeout by a write that needs two requests', async () => {
    const etcd = await Etcd.start();
    const proxy = await startTcpProxy(etcd.port);
    const store = open({ urls: [`http://127.0.0.1:${proxy.port}`], timeout: 2_000 });
    const { revision } = (await store.put('key', 'a')) as { revision: string };
    proxy.delayMs = 600; // so one answer needs 1,200 ms
    const result: unknown = await store
      .put('key', 'b', { if: { revision } })
      .catch((error: unknown) => error);
    const { outcome, failure } = result as { outcome?: string; failure?: string };
    expect(outcome ?? failure).toMatch(/^(unknown|timeout)$/);
  });

  it('are few for many calls at once', async () => {
    const etcd = await Etcd.start();
    const proxy = await startTcpProxy(etcd.port);
    const store = open({ urls: [`http://127.0.0.1:${proxy.port}`] });
    await Promise.all(Array.from({ length: 500 }, (_, index) => store.get(`key${index}`)));
    expect(proxy.accepted).toBeLessThanOrEqual(20);
  });

  it('do not keep a process alive', async () => {
    const etcd = await Etcd.start();
    const app = await ChildApp.run('etcd-store', new TempFolder().path, { ETCD_URL: etcd.url });
    expect(await app.ended).toBe(0);
    expect(app.stdout).toBe('a\n');
  });

  it('carry a page of large values in parts', async () => {
    const etcd = await Etcd.start();
    const store = open({ urls: [etcd.url] });
    for (let index = 10; index < 22; index += 1)
      await store.put(`big/${index}`, `${index}${'x'.repeat(1_200_000)}`);
    const keys: string[] = [];
    for (let more = true; more;) {
      const page = await store.list('big/', { after: keys.at(-1) ?? '' });
      keys.push(...page.entries.map(({ key }) => key));
      more = page.more;
    }
    expect(keys).toEqual(Array.from({ length: 12 }, (_, index) => `big/${index + 10}`));
  });

  it('refuse a value that is too long for the server', async () => {
    const etcd = await Etcd.start();
    const store = open({ urls: [etcd.url] });
    for (const length of [1_600_000, 4_000_000])
      await expect(store.put('key', 'x'.repeat(length))).rejects.toMatchObject({
        failure: 'unusable',
        summary: expect.stringContaining('--max-request-bytes'),
      });
  });
});

const noPipes = isMissing('mkfifo');

describe.skipIf(noPipes)('A file of a store in etcd that is a pipe, which nobody may ever write to', () => {
  it.each<[string, (path: string) => Partial<EtcdStoreOptions>]>([
    ['a password', (file) => ({ urls: ['http://127.0.0.1:9'], username: 'app', password: { file } })],
    ['a certificate', (ca) => ({ urls: ['https://127.0.0.1:9'], tls: { ca } })],
  ])('is refused, and holds up no call: %s', async (_what, options) => {
    const pipe = makePipe(new TempFolder().file('pipe'));
    const store = open({ urls: [], ...options(pipe) });
    await expect(store.get('key')).rejects.toMatchObject({
      failure: 'denied',
      summary: expect.stringContaining('is a named pipe, not a file'),
    });
  });
});

describe('A store in etcd, with the address of something else', () => {
  it.each<[string, RequestListener, object]>([
    ['a page of HTML', (_request, response) => response.end('<html>Hello</html>'), { failure: 'refused' }],
    ['404', (_request, response) => response.writeHead(404).end('not found'), { failure: 'refused' }],
    ['other JSON', (_request, response) => response.end('[{}]'), { failure: 'refused' }],
    [
      'half a body',
      (_request, response) => {
        response.writeHead(200, { 'content-length': 100 });
        response.write('{"header":');
        setImmediate(() => response.destroy());
      },
      { failure: 'unreachable' },
    ],
    [
      'a body without an end',
      (_request, response) => {
        let isOpen = true;
        response.on('close', () => (isOpen = false));
        // Not at once: Node 24 calls back at once when the client has gone, before it says so.
        const more = () => isOpen && response.write(Buffer.alloc(1_000_000), () => void setImmediate(more));
        more();
      },
      { failure: 'unusable' },
    ],
  ])('fails clearly: %s', async (_what, answer, error) => {
    const url = await startWebServer(answer);
    const store = open({ urls: [url] });
    await expect(store.get('key')).rejects.toMatchObject({
      ...error,
      summary: expect.stringMatching(/^etcd 127\.0\.0\.1:\d+ \w/),
    });
  });

  it('tells its watch that it is lost, without what the server has sent', async () => {
    const url = await startWebServer((_request, response) => response.end('word-of-the-page\n'));
    const store = open({ urls: [url] });
    const lost = await new Promise<Error>((resolve) =>
      store.watch('key', { changed: () => undefined, restored: () => undefined, lost: resolve }),
    );
    expect(String(lost)).toContain('a message is not JSON');
    expect(String(lost)).not.toContain('word-of');
  });
});

describe('Messages of a stream', () => {
  const messages = [{ result: { key: 'größer: 日本語 😀' } }, { result: {} }, { result: { events: [1, 2] } }];
  const bytes = Buffer.from(messages.map((message) => `${JSON.stringify(message)}\n`).join(''));

  async function all(stream: AsyncIterable<unknown>) {
    const found = [];
    for await (const message of stream) found.push(message);
    return found;
  }

  async function* chunksOf(size: number, whole = bytes) {
    for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size);
  }

  it('are the same wherever chunks end', async () => {
    for (let size = 1; size <= bytes.length; size += 1)
      expect(await all(jsonMessages(chunksOf(size), 1_000))).toEqual(messages);
  });

  it('may have no line break after the last one', async () => {
    expect(await all(jsonMessages(chunksOf(7, bytes.subarray(0, -1)), 1_000))).toEqual(messages);
  });

  it('may not be longer than the limit, and then are not shown', async () => {
    await expect(all(jsonMessages(chunksOf(5), 20))).rejects.toThrow('a message is longer than 20 bytes');
  });
});
