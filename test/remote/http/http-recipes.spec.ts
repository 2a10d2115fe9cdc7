import { http, type HttpOptions } from 'nestjs-hot-config/remote';
import { describe, expect, it } from 'vitest';
import { booted } from '../../reload/support/runtime.js';
import { TempFolder } from '../../support/temp-folder.js';
import { until } from '../../support/until.js';
import { startWebServer, type WebServer } from '../../support/web-server.js';

// Doubles, written from the documents of each product: no real server of them can be installed here.

interface Double {
  readonly path: string;
  readonly options: HttpOptions;
  /** Answers with this version of the configuration. */
  readonly answer: (version: number) => WebServer['answer'];
}

const json = (value: unknown): string => JSON.stringify(value);

const token = (folder: TempFolder) => ({ file: folder.write('token', 'canary') });

/** The header Configuration-Version, the type of the profile, and no ETag. */
const appConfig = (folder: TempFolder): Double => ({
  path: '/applications/shop/environments/production/configurations/main',
  options: { token: token(folder) },
  answer: (version) => (request, response) => {
    if (request.headers.authorization !== 'Bearer canary') return void response.writeHead(401).end();
    response.writeHead(200, {
      'content-type': 'application/x-yaml',
      'configuration-version': String(version),
    });
    response.end(`version: ${version}`);
  },
});

/** Each answer has another `request_id`, and there is no ETag. */
const vault = (folder: TempFolder): Double => ({
  path: '/v1/secret/data/shop',
  options: { headers: { 'X-Vault-Token': token(folder) }, pick: 'data.data' },
  answer: (version) => (request, response) => {
    if (request.headers['x-vault-token'] !== 'canary') return void response.writeHead(403).end();
    response.writeHead(200, { 'content-type': 'application/json' });
    const data = { data: { version }, metadata: { version, destroyed: false } };
    response.end(json({ request_id: String(Math.random()), lease_id: '', renewable: false, data }));
  },
});

/** The text of all property sources together. */
const springCloud = (): Double => ({
  path: '/shop-production.yml',
  options: {},
  answer: (version) => (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain;charset=UTF-8' }).end(`version: ${version}\n`);
  },
});

/** Holds back an answer for a request with the index that it has. The value has the type text/plain. */
const consul = (folder: TempFolder): Double => {
  const held: (() => void)[] = [];
  let isAsked = false;
  return {
    path: '/v1/kv/shop/app.yaml?raw',
    options: {
      headers: { 'X-Consul-Token': token(folder) },
      wait: {
        time: '5m',
        parameters: { wait: '5m' },
        index: { header: 'X-Consul-Index', parameter: 'index' },
      },
    },
    answer: (version) => {
      const answer: WebServer['answer'] = (request, response) => {
        if (request.headers['x-consul-token'] !== 'canary') return void response.writeHead(403).end();
        const { searchParams } = new URL(request.url!, 'http://consul');
        const send = (now: number) => {
          response.writeHead(200, {
            'content-type': 'text/plain; charset=utf-8',
            'x-consul-index': String(now),
          });
          response.end(`version: ${now}`);
        };
        // Once it has answered, it expects the question of the recipe.
        if (isAsked && !(searchParams.has('index') && searchParams.get('wait') === '5m'))
          return void response.writeHead(400).end();
        isAsked = true;
        if (searchParams.get('index') === String(version)) held.push(() => send(version + 1));
        else send(version);
      };
      for (const release of held.splice(0)) release();
      return answer;
    },
  };
};

describe.each<[string, (folder: TempFolder) => Double]>([
  ['the agent of AWS AppConfig', appConfig],
  ['Vault KV version 2', vault],
  ['Spring Cloud Config', springCloud],
  ['the key-value store of Consul', consul],
])('The recipe for %s', (_name, doubleOf) => {
  it('reads the configuration and its changes, and nothing while there is none', async () => {
    const { path, options, answer } = doubleOf(new TempFolder());
    const server = await startWebServer(answer(1));
    const { value, runtime } = await booted([http(server.origin + path, { interval: 20, ...options })]);
    await runtime.start();
    expect(value()).toEqual({ version: 1 });
    const { length } = server.requests;
    await until('it is asked again', () => server.requests.length > length);
    const { reloads } = runtime.status();
    server.answer = answer(2);
    await until('the change is applied', () => (value() as { version: number }).version === 2);
    expect(runtime.status().reloads.applied).toBe(reloads.applied + 1);
  });
});
