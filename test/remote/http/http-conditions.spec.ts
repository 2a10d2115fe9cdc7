import { utimesSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { useFakeClock } from '../../support/fake-clock.js';
import { startNginx } from '../../support/nginx.js';
import { isMissing } from '../../support/programs.js';
import { TempFolder } from '../../support/temp-folder.js';
import { body, startWebServer } from '../../support/web-server.js';
import { readerOf } from './support.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const LONG_AGO = new Date('2020-01-01T00:00:00Z');

describe.skipIf(isMissing('nginx'))('A file of nginx', () => {
  it('is sent once, and has its ETag as its revision', async () => {
    const folder = new TempFolder();
    const { port } = await startNginx(folder);
    utimesSync(folder.write('www/app.yaml', 'model: small'), LONG_AGO, LONG_AGO);
    const reader = readerOf(`http://127.0.0.1:${port}/app.yaml`);
    expect(await reader.read()).toBe('model: small');
    expect(reader.last).toMatchObject({ format: 'YAML', revision: '"5e0be100-c"' });
    expect(await reader.read()).toBe('unchanged');
    folder.write('www/app.yaml', 'model: large');
    expect(await reader.read()).toBe('model: large');
  });

  it('is asked for by its time if it has no ETag', async () => {
    const folder = new TempFolder();
    const { port } = await startNginx(folder, 'etag off;');
    utimesSync(folder.write('www/app.yaml', 'model: small'), LONG_AGO, LONG_AGO);
    const reader = readerOf(`http://127.0.0.1:${port}/app.yaml`);
    await reader.read();
    expect(reader.last?.revision).toBe(LONG_AGO.toUTCString());
    expect(await reader.read()).toBe('unchanged');
  });

  it('that changes twice within a second, to the same length, is noticed', async () => {
    const folder = new TempFolder();
    const { port } = await startNginx(folder);
    // In the future for the case that this machine is slow.
    const now = new Date(Date.now() + 3_600_000);
    const save = (text: string) => utimesSync(folder.write('www/app.yaml', text), now, now);
    save('model: small');
    const reader = readerOf(`http://127.0.0.1:${port}/app.yaml`);
    await reader.read();
    const { revision } = reader.last!;
    save('model: large');
    expect(await reader.read()).toBe('model: large');
    expect(reader.last?.revision).not.toBe(revision);
  });

  it('that is not there is absent', async () => {
    const { port } = await startNginx(new TempFolder());
    expect(await readerOf(`http://127.0.0.1:${port}/app.yaml`).read()).toBe('absent');
  });
});

describe('The revision', () => {
  it('is sent back as the server has given it, weak ones too', async () => {
    const server = await startWebServer(body('{}', { etag: 'W/"7"' }));
    const reader = readerOf(server.origin);
    await reader.read();
    server.answer = (_request, response) => void response.writeHead(304).end();
    expect(await reader.read()).toBe('unchanged');
    expect(server.requests.at(-1)?.headers['if-none-match']).toBe('W/"7"');
  });

  it('is not sent if it is not the one of the content that the source has', async () => {
    const server = await startWebServer(body('{}', { etag: '"7"' }));
    const reader = readerOf(server.origin);
    await reader.read();
    expect(await reader.read({ known: '"of another process"' })).toBe('{}');
    expect(await reader.read({ known: undefined })).toBe('{}');
    expect(server.requests.map(({ headers }) => headers['if-none-match'])).toEqual(Array(3).fill(undefined));
  });

  it('stays if the server changes the ETag and not the content', async () => {
    const server = await startWebServer(body('{}', { etag: '"server 1"' }));
    const reader = readerOf(server.origin);
    await reader.read();
    server.answer = body('{}', { etag: '"server 2"' });
    expect(await reader.read()).toBe('unchanged');
    expect(reader.last?.revision).toBe('"server 1"');
    await reader.read();
    expect(server.requests.at(-1)?.headers['if-none-match']).toBe('"server 2"');
  });

  it('changes if the server keeps the ETag and changes the content', async () => {
    const server = await startWebServer(body('{ "a": 1 }', { etag: '"7"' }));
    const reader = readerOf(server.origin);
    await reader.read();
    server.answer = body('{ "a": 2 }', { etag: '"7"' });
    expect(await reader.read()).toBe('{ "a": 2 }');
    expect(reader.last?.revision).not.toBe('"7"');
  });

  it('is random for each content if the server names none, so that no secret can be guessed by it', async () => {
    const revisions = new Set<string>();
    for (let process = 0; process < 2; process += 1) {
      const server = await startWebServer(body('{ "a": 1 }'));
      const reader = readerOf(server.origin);
      await reader.read();
      revisions.add(reader.last!.revision);
      expect(await reader.read()).toBe('unchanged');
      server.answer = body('{ "a": 2 }');
      await reader.read();
      revisions.add(reader.last!.revision);
      expect(await reader.read()).toBe('unchanged');
    }
    expect(revisions.size).toBe(4);
  });
});

describe('The option pick', () => {
  const answer = (id: string, version: number) =>
    JSON.stringify({ request_id: id, data: { data: { model: 'large', big: 12.5 }, metadata: { version } } });

  it('takes a part of the answer, at its place', async () => {
    const server = await startWebServer(
      body('{\n  "data": { "data": {\n "a": [1] } }, "id": 1 }', JSON_TYPE),
    );
    const reader = readerOf(server.origin, { pick: 'data.data' });
    expect(await reader.read()).toBe(`${' '.repeat(1)}\n${' '.repeat(20)}{\n "a": [1] }`);
    expect(reader.last?.format).toBe('JSON');
  });

  it('ignores changes of the rest', async () => {
    const server = await startWebServer(body(answer('first', 1), JSON_TYPE));
    const reader = readerOf(server.origin, { pick: 'data.data' });
    expect(JSON.parse(await reader.read())).toEqual({ model: 'large', big: 12.5 });
    server.answer = body(answer('other', 2), JSON_TYPE);
    expect(await reader.read()).toBe('unchanged');
  });

  it('reads answers up to the limit of the app for keys', async () => {
    const all = '{ "data": [1, 2, 3], "canary": 1 }';
    const server = await startWebServer(body(all, JSON_TYPE));
    const reader = readerOf(server.origin, { pick: 'data' });
    expect(await reader.failure({ maxKeys: 4 })).toBe(
      'cannot be read for the option "pick": the content has more than 4 keys and elements (limit maxKeys); ' +
        'shorten it or raise the limit',
    );
    expect(await reader.read({ maxKeys: 5 })).toContain('[1, 2, 3]');
  });

  it('fails without a word of the answer if it has no such part, or is not JSON', async () => {
    const server = await startWebServer(body('{ "data": null, "canary": 1 }', JSON_TYPE));
    const reader = readerOf(server.origin, { pick: 'data.data' });
    expect(await reader.failure()).toBe('has nothing at data.data (option "pick")');
    server.answer = body('canary: 1', JSON_TYPE);
    expect(await reader.failure()).toBe('does not answer with JSON, which the option "pick" needs');
    server.answer = body(Buffer.from([0x22, 0xff, 0x22]), { 'content-type': 'application/json' });
    expect(await reader.failure()).toBe('does not answer with UTF-8, which the option "pick" needs');
  });
});

describe('The option wait', () => {
  const prefer = { time: '30s', headers: { Prefer: 'wait=30' }, parameters: { wait: '30s' } } as const;

  it('asks the server to hold back its answer until the content changes', async () => {
    const server = await startWebServer(body('{ "a": 1 }', { etag: '"1"' }));
    const reader = readerOf(`${server.origin}/app.json?app=shop`, { wait: prefer });
    expect(reader.remote.canWait).toBe(true);
    await reader.read({ wait: true });
    expect(server.requests[0]).toMatchObject({ url: '/app.json?app=shop' });
    expect(server.requests[0]?.headers).not.toHaveProperty('prefer');
    server.answer = (request, response) => {
      expect(request.url).toBe('/app.json?app=shop&wait=30s');
      expect(request.headers).toMatchObject({ prefer: 'wait=30', 'if-none-match': '"1"' });
      response.writeHead(200, { etag: '"2"' }).end('{ "a": 2 }');
    };
    expect(await reader.read({ wait: true })).toBe('{ "a": 2 }');
  });

  it('is not used by a reload, and not without a revision that the server knows', async () => {
    const server = await startWebServer(body('{}', { etag: '"1"' }));
    const reader = readerOf(server.origin, { wait: prefer });
    await reader.read();
    await reader.read({ wait: false });
    server.answer = body('{}');
    await reader.read({ wait: true });
    await reader.read({ wait: true });
    expect(server.requests.map(({ url }) => url)).toEqual(['/', '/', '/?wait=30s', '/']);
  });

  it('wants to read content again when it is settled, before it is held back', async () => {
    useFakeClock();
    const at = (second: number) => new Date(Date.UTC(2030, 0, 1, 0, 0, second)).toUTCString();
    const dated = (modified: number, now: number, text = '{}') =>
      body(text, { etag: `"${modified}"`, 'last-modified': at(modified), date: at(now) });
    const server = await startWebServer(dated(10, 10));
    const reader = readerOf(server.origin, { wait: prefer });
    const nextAfter = async () => {
      await reader.read({ wait: true });
      return reader.remote.nextReadAfter;
    };
    expect(await nextAfter()).toBe(2_000);
    vi.advanceTimersByTime(500);
    expect(reader.remote.nextReadAfter).toBe(1_500);
    server.answer = dated(10, 11);
    expect(await nextAfter()).toBe(2_000);
    server.answer = dated(10, 12);
    expect(await nextAfter()).toBeUndefined();
    server.answer = dated(20, 20);
    expect(await nextAfter()).toBe(2_000);
    expect(server.requests.map(({ url }) => url)).toEqual(['/', '/', '/', '/?wait=30s']);
    server.answer = dated(21, 21, '{ "a": 1 }');
    expect(await nextAfter()).toBe(2_000);
    server.answer = dated(22, 22, '{ "a": 1 }');
    expect(await nextAfter()).toBeUndefined();
  });

  it('wants no other times of a server that gives no time, or is not asked to wait', async () => {
    const now = new Date().toUTCString();
    const server = await startWebServer(body('{}', { etag: '"1"', 'last-modified': now, date: now }));
    const regular = readerOf(server.origin);
    await regular.read();
    expect(regular.remote.nextReadAfter).toBeUndefined();
    server.answer = body('{}');
    const waiting = readerOf(server.origin, { wait: prefer });
    await waiting.read();
    expect(waiting.remote.nextReadAfter).toBeUndefined();
  });

  it('sends a header of the last answer as a parameter, as Consul wants it', async () => {
    const server = await startWebServer(body('{}', { 'x-consul-index': '41' }));
    const index = { header: 'X-Consul-Index', parameter: 'index' };
    const wait = { time: '5m', parameters: { wait: '5m' }, index } as const;
    const reader = readerOf(`${server.origin}/v1/kv/app?raw`, { wait });
    await reader.read({ wait: true });
    server.answer = body('{}', { 'x-consul-index': '43' });
    expect(await reader.read({ wait: true })).toBe('unchanged');
    await reader.read({ wait: true });
    expect(server.requests.map(({ url }) => new URL(url!, server.origin).searchParams.toString())).toEqual([
      'raw=',
      'raw=&wait=5m&index=41',
      'raw=&wait=5m&index=43',
    ]);
  });
});
