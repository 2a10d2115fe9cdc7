import { HotConfigModule, HotConfigService, HotConfigManager, file } from 'nestjs-hot-config';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { http, type HttpOptions } from 'nestjs-hot-config/remote';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TempFolder } from '../../support/temp-folder.js';
import { until } from '../../support/until.js';
import { body, startWebServer, type WebServer } from '../../support/web-server.js';

const YAML = { 'content-type': 'application/yaml' };

interface App {
  readonly server: WebServer;
  readonly folder: TempFolder;
  readonly manager: HotConfigManager;
  /** The value at a path. */
  readonly value: (path: string) => unknown;
  readonly close: () => Promise<void>;
}

/** An app with a file, and a web server for `/app.yaml`. */
async function startApp(answer: WebServer['answer'], options: HttpOptions = {}): Promise<App> {
  const folder = new TempFolder();
  const server = await startWebServer(answer);
  const local = folder.write('local.yaml', 'local: 1');
  const remote = http(`${server.origin}/app.yaml`, { interval: 20, ...options });
  @Module({ imports: [HotConfigModule.forRoot({ sources: [file(local), remote] })] })
  class AppModule {}
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  onTestFinished(() => app.close());
  const config = app.get<HotConfigService>(HotConfigService);
  return {
    server,
    folder,
    manager: app.get(HotConfigManager),
    value: (path) => config.get(path) as unknown,
    close: () => app.close(),
  };
}

describe('http() in an app', () => {
  it('brings a change, with its position and its revision', async () => {
    const { server, manager, value } = await startApp(body('model: small', { ...YAML, etag: '"1"' }));
    expect(value('model')).toBe('small');
    server.answer = body('limits:\n  rpm: 5\nmodel: large', { ...YAML, etag: '"2"' });
    await until('the change is applied', () => value('model') === 'large');
    expect(manager.explain('limits.rpm').origin).toMatchObject({
      file: `${server.origin}/app.yaml`,
      line: 2,
      column: 8,
    });
    expect(manager.status().sources[1]).toMatchObject({ health: 'live', revision: '"2"' });
  });

  it('causes no reload while the server answers 304', async () => {
    const { server, manager } = await startApp((request, response) => {
      const isKnown = request.headers['if-none-match'] === '"1"';
      response.writeHead(isKnown ? 304 : 200, { ...YAML, etag: '"1"' }).end(isKnown ? '' : 'model: small');
    });
    const { reloads } = manager.status();
    const { length } = server.requests;
    await until('it is asked five times more', () => server.requests.length >= length + 5);
    expect(manager.status().reloads).toEqual(reloads);
    expect(manager.status().sources[1]).toMatchObject({ health: 'live' });
  });

  it.each([
    ['YAML', 'model: ['],
    ['JSON', '{ "model": }'],
  ])('keeps the last good content if the new one is malformed %s, and is stale', async (format, text) => {
    const { server, manager, value } = await startApp(body('model: small', YAML));
    server.answer = body(text, { 'content-type': `application/${format.toLowerCase()}` });
    await until('it is stale', () => manager.status().sources[1]?.health === 'stale');
    expect(value('model')).toBe('small');
    server.answer = body('model: mended', YAML);
    await until('the change is applied', () => value('model') === 'mended');
    expect(manager.status().sources[1]).toMatchObject({ health: 'live' });
  });

  it.each([
    ['an ETag', undefined],
    ['an ETag and the time of the change', () => new Date().toUTCString()],
  ])('brings each change at once if the server holds back its answers, with %s', async (_what, modified) => {
    let n = 0;
    let dated = {};
    let held: () => void = () => undefined;
    const { value } = await startApp(
      (request, response) => {
        const answer = () => response.writeHead(200, { ...YAML, etag: `"${n}"`, ...dated }).end(`n: ${n}`);
        const isKnown = request.headers['if-none-match'] === `"${n}"`;
        if (isKnown && request.headers['prefer'] === 'wait=60') held = () => void answer();
        else answer();
      },
      // The interval is too long for this test: only a request that waits can bring the changes.
      { interval: 3_600_000, wait: { time: '60s', headers: { Prefer: 'wait=60' } } },
    );
    expect(value('n')).toBe(0);
    while (n < 4) {
      n += 1;
      dated = modified === undefined ? {} : { 'last-modified': modified() };
      const answer = held;
      held = () => undefined;
      answer();
      await until(`${n} is applied`, () => value('n') === n);
    }
    expect(value('n')).toBe(4);
  });

  it('does not hold up the save of a file while the server hangs', async () => {
    const { server, folder, value } = await startApp(body('model: small', YAML), { timeout: 60_000 });
    server.answer = () => undefined;
    const { length } = server.requests;
    await until('the server hangs', () => server.requests.length > length);
    folder.write('local.yaml', 'local: 2');
    await until('the file is applied', () => value('local') === 2);
    expect(value('model')).toBe('small');
  });

  it('keeps its last good content if the server answers with HTML or with half a text', async () => {
    const { server, folder, manager, value } = await startApp(body('model: small', YAML));
    const bad: [string, WebServer['answer'], RegExp][] = [
      [
        'HTML',
        body('<html>', { 'content-type': 'text/html' }),
        /HTML \(text\/html\): a login page or a proxy/,
      ],
      [
        'half a text',
        (_request, response) => {
          response.writeHead(200, { ...YAML, 'content-length': '100' });
          response.write('model: la', () => response.socket?.destroy());
        },
        /has cut off its answer/,
      ],
    ];
    for (const [name, answer, detail] of bad) {
      server.answer = answer;
      await until(`${name} is noticed`, () => {
        const { health, detail: shown = '' } = manager.status().sources[1]!;
        return health === 'stale' && detail.test(shown);
      });
      expect(value('model')).toBe('small');
    }
    folder.write('local.yaml', 'local: 2');
    await until('the file is applied', () => value('local') === 2);
    server.answer = body('model: large', YAML);
    await until('it recovers', () => value('model') === 'large');
    expect(manager.status().sources[1]).toMatchObject({ health: 'live' });
  });

  it('names the line of a malformed text by the address', async () => {
    const start = startApp(body('model: small\nlimits:\n  rpm: [1', YAML));
    await expect(start).rejects.toThrow(/http:\/\/127\.0\.0\.1:\d+\/app\.yaml:3:\d+/);
  });

  it('gets a change at once from a server that holds its answer back, and ends the request at the end', async () => {
    let held: Parameters<WebServer['answer']>[1] | undefined;
    const answer: WebServer['answer'] = (request, response) => {
      if (request.headers.prefer === undefined)
        body('model: small', { ...YAML, etag: '"1"' })(request, response);
      else held = response;
    };
    const wait = { time: '5m', headers: { Prefer: 'wait=300' } } as const;
    const { server, value, close } = await startApp(answer, { wait });
    await until('the server holds a request', () => held !== undefined);
    const first = held!;
    held = undefined;
    first.writeHead(200, { ...YAML, etag: '"2"' }).end('model: large');
    await until('the change is applied', () => value('model') === 'large');
    await until('the server holds another request', () => held !== undefined);
    await close();
    await until('all connections are closed', async () => (await server.connections()) === 0);
    expect(server.requests.filter(({ headers }) => headers.prefer === 'wait=300')).toHaveLength(2);
  });
});
