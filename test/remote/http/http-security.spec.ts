import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { http, type HttpOptions } from 'nestjs-hot-config/remote';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { makeCertificates, type Certificates } from '../../support/certificates.js';
import { startForwardProxy } from '../../support/forward-proxy.js';
import { makePipe } from '../../support/named-pipe.js';
import { startNginx } from '../../support/nginx.js';
import { isMissing } from '../../support/programs.js';
import { TempFolder } from '../../support/temp-folder.js';
import { until } from '../../support/until.js';
import { body, startWebServer, type WebServer } from '../../support/web-server.js';
import { readerOf } from './support.js';

/** Redirects all requests. */
const redirect =
  (location: string, status = 302): WebServer['answer'] =>
  (_request, response) =>
    void response.writeHead(status, { location }).end();

describe('The address of http()', () => {
  it.each<[string, HttpOptions, RegExp]>([
    ['not an address with canary', {}, /^The address of http\(\) must be a URL that starts with https/],
    ['ftp://config.example/app.json', {}, /^The address of http\(\) must be a URL that starts with https/],
    [
      'https://ops:canary@config.example/a?key=canary',
      {},
      /^The address https:\/\/config\.example\/a\?key=… has/,
    ],
    ['http://config.example/app.json?key=canary', {}, /not be encrypted: use https:\/\/config\.example\/app/],
    ['http://config.example', { tls: {} }, /^The option "tls" is only for https/],
    ['https://config.example', { token: 'canary' as never }, /^The option "token" must be a place/],
    ['https://config.example', { headers: { 'X-Api-Key': 'canary' } }, /"headers.X-Api-Key" must be a place/],
    ['https://config.example', { headers: { Cookie: 'canary' } }, /"headers.Cookie" must be a place/],
    [
      'https://config.example',
      { headers: { 'If-None-Match': '*' } },
      /must not have the header "If-None-Match"/,
    ],
    ['https://config.example', { headers: { 'a b': 'c' } }, /must not have the header "a b"/],
    ['https://config.example', { headers: { Team: 'a\nb: canary' } }, /characters that a header cannot have/],
    [
      'https://config.example',
      { wait: { time: '1s', headers: { Authorization: 'Bearer canary' } } },
      /^The option "wait.headers" must not have the secret "Authorization": set the option "token" or "headers"$/,
    ],
    [
      'https://config.example',
      { wait: { time: '1s', parameters: { api_key: 'canary' } } },
      /^The option "wait.parameters" must not have the secret "api_key": set the option "token" or "headers"$/,
    ],
    [
      'https://config.example',
      { wait: { time: '1s', headers: { 'a b': 'c' } } },
      /^The option "wait.headers" must not have the header "a b"/,
    ],
    [
      'https://config.example',
      { wait: { time: '1s', headers: { Prefer: 'a\nb: canary' } } },
      /^The option "wait.headers.Prefer" has characters that a header cannot have/,
    ],
    ['https://config.example', { pick: 'data..data' }, /^The option "pick" must be a path/],
    ['https://config.example', { wait: {} as never }, /^The option "wait.time" of http\(\) is missing/],
    [
      'https://config.example',
      { tokn: {} } as never,
      /^Unknown option "tokn" of http\(\); did you mean "token"/,
    ],
  ])('%s is refused with the options %o', (address, options, message) => {
    expect(() => http(address, options)).toThrow(message);
    expect(() => http(address, options)).not.toThrow(/canary/);
  });

  it('is shown without the values of its parameters', () => {
    const { name } = http('https://config.example/app.json?app=shop&token=canary&raw#top');
    expect(name).toBe('https://config.example/app.json?app=…&token=…&raw');
  });

  it('may be one without TLS if the app says so', () => {
    expect(http('http://config.example', { tls: false }).name).toBe('http://config.example/');
  });
});

describe('The credentials of http()', () => {
  it('are read from their places for each request', async () => {
    const folder = new TempFolder();
    vi.stubEnv('HOT_CONFIG_TEST_TENANT', 'north');
    onTestFinished(() => void vi.unstubAllEnvs());
    const server = await startWebServer(body('{}'));
    const reader = readerOf(server.origin, {
      token: { file: folder.write('token', 'first\n') },
      headers: { 'X-Tenant-Key': { env: 'HOT_CONFIG_TEST_TENANT' }, Team: 'shop', Accept: 'text/yaml' },
    });
    await reader.read();
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer first',
      'x-tenant-key': 'north',
      team: 'shop',
      accept: 'text/yaml',
    });
    folder.write('token', 'second');
    await reader.read();
    expect(server.requests[1]?.headers.authorization).toBe('Bearer second');
  });

  it('are a clear error if they are missing, empty, no header, or refused', async () => {
    const folder = new TempFolder();
    const file = folder.file('token');
    const server = await startWebServer(body('{}'));
    const reader = readerOf(server.origin, { token: { file } });
    expect(await reader.failure()).toMatch(
      /^The file .*token \(option "token"\) does not exist; create it, or correct its path$/,
    );
    const ca = folder.file('ca.pem');
    expect(await readerOf('https://127.0.0.1:1', { tls: { ca } }).failure()).toBe(
      `The file ${ca} (option "tls.ca") does not exist; create it, or correct its path`,
    );
    expect(await readerOf(server.origin, { token: { file: folder.path } }).failure()).toBe(
      `The file ${folder.path} (option "token") is a directory, not a file; correct its path`,
    );
    folder.write('token', '\n');
    expect(await reader.failure()).toMatch(/^The file .*token \(option "token"\) is empty/);
    folder.write('token', 'canary\nsecond line');
    expect(await reader.failure()).toBe(
      'The value of the option "token" has characters that a header cannot have',
    );
    folder.write('token', 'canary');
    server.answer = body('', {}, 403);
    expect(await reader.failure()).toBe('answers 403 (Forbidden); check the token');
  });

  it.skipIf(isMissing('mkfifo'))('are not waited for if their file is a named pipe', async () => {
    const file = makePipe(new TempFolder().file('pipe'));
    const server = await startWebServer(body('{}'));
    const reason = 'is a named pipe, not a file; only regular files can be read';
    expect(await readerOf(server.origin, { token: { file } }).failure()).toBe(
      `The file ${file} (option "token") ${reason}`,
    );
    expect(await readerOf('https://127.0.0.1:1', { tls: { ca: file } }).failure()).toBe(
      `The file ${file} (option "tls.ca") ${reason}`,
    );
  });

  it('are not sent to another server', async () => {
    const folder = new TempFolder();
    const other = await startWebServer(body('{ "a": 1 }', { etag: '"1"' }));
    const server = await startWebServer(redirect(`${other.origin}/elsewhere`));
    const reader = readerOf(server.origin, {
      token: { file: folder.write('token', 'canary') },
      headers: { 'X-Api-Key': { file: folder.file('token') }, Team: 'shop' },
    });
    expect(await reader.read()).toBe('{ "a": 1 }');
    expect(other.requests[0]?.rawHeaders.join()).not.toMatch(/canary|shop/);
    expect(server.requests[0]?.rawHeaders.join()).toContain('canary');
    other.answer = (_request, response) => void response.writeHead(304).end();
    expect(await reader.read()).toBe('unchanged');
    expect(server.requests[1]?.headers).not.toHaveProperty('if-none-match');
    expect(other.requests[1]?.headers['if-none-match']).toBe('"1"');
  });
});

describe('A redirect', () => {
  it.each([301, 302, 303, 307, 308])('with the status %i is followed', async (status) => {
    const server = await startWebServer((request, response) => {
      if (request.url === '/new.json') response.end('{}');
      else redirect('/new.json', status)(request, response);
    });
    expect(await readerOf(server.origin).read()).toBe('{}');
  });

  it('is followed five times', async () => {
    const server = await startWebServer(redirect('/again'));
    expect(await readerOf(server.origin).failure()).toBe('is redirected more than 5 times');
    expect(server.requests).toHaveLength(6);
  });

  it('to another machine needs TLS, and to no protocol but HTTP', async () => {
    const server = await startWebServer(redirect('http://config.example/app.json'));
    const reader = readerOf(server.origin);
    expect(await reader.failure()).toMatch(/^The connection to config\.example would not be encrypted/);
    server.answer = redirect('file:///etc/passwd');
    expect(await reader.failure()).toBe('is redirected to an address that is not of the web');
  });

  it('is named in the error of its target', async () => {
    const other = await startWebServer(body('<html>', { 'content-type': 'text/html' }));
    const server = await startWebServer(redirect(`${other.origin}/login?next=canary`));
    expect(await readerOf(server.origin).failure()).toBe(
      `is redirected to ${other.origin}/login?next=…, which answers with HTML (text/html): a login page or a proxy?`,
    );
    await other.stop();
    expect(await readerOf(server.origin).failure()).toBe(
      `is redirected to ${other.origin}/login?next=…, which refuses connections: start it, or correct the address`,
    );
  });
});

describe.skipIf(isMissing('nginx', 'openssl'))('TLS', () => {
  const tlsDirectives = ({ ca, server }: Certificates, verify: string) =>
    `ssl_certificate ${server.cert}; ssl_certificate_key ${server.key};
     ssl_client_certificate ${ca}; ssl_verify_client ${verify}; add_header X-Client $ssl_client_s_dn always;`;

  it('is used with an own authority, which is checked', async () => {
    const folder = new TempFolder();
    const certificates = makeCertificates(folder);
    const { port } = await startNginx(folder, tlsDirectives(certificates, 'off'), 'ssl');
    folder.write('www/app.json', '{ "a": 1 }');
    const address = `https://127.0.0.1:${port}/app.json`;
    expect(await readerOf(address, { tls: { ca: certificates.ca } }).read()).toBe('{ "a": 1 }');
    const unknown = /^has a certificate of an unknown authority: set tls\.ca/;
    expect(await readerOf(address).failure()).toMatch(unknown);
    expect(await readerOf(address, { tls: { ca: certificates.otherCa } }).failure()).toMatch(unknown);
    const named = { ca: certificates.ca, servername: 'other.example' };
    expect(await readerOf(address, { tls: named }).failure()).toMatch(/^has a certificate for another name/);
  });

  it('shows a client certificate, from files that are read again', async () => {
    const folder = new TempFolder();
    const certificates = makeCertificates(folder);
    const { port } = await startNginx(folder, tlsDirectives(certificates, 'on'), 'ssl');
    folder.write('www/app.json', '{ "a": 1 }');
    const address = `https://127.0.0.1:${port}/app.json`;
    const { ca, client } = certificates;
    expect(await readerOf(address, { tls: { ca } }).failure()).toBe(
      'answers 400 (Bad Request); check the address',
    );
    const cert = folder.write('own.crt', readFileSync(client.cert, 'utf8'));
    const reader = readerOf(address, { tls: { ca, cert, key: client.key } });
    expect(await reader.read()).toBe('{ "a": 1 }');
    folder.write('own.crt', 'no certificate');
    expect(await reader.failure()).toBe(
      'cannot be asked: a file of the option "tls" is not in the format PEM',
    );
    folder.write('own.crt', readFileSync(client.cert, 'utf8'));
    expect(await reader.read({ known: undefined })).toBe('{ "a": 1 }');
  });

  it('does not show the client certificate to another server', async () => {
    const folder = new TempFolder();
    const { ca, client, server: own } = makeCertificates(folder);
    const files = { cert: readFileSync(own.cert), key: readFileSync(own.key), ca: readFileSync(ca) };
    const tls = { ...files, requestCert: true, rejectUnauthorized: false };
    const shown: unknown[] = [];
    const certificateOf = (request: Parameters<WebServer['answer']>[0]) =>
      (request.socket as import('node:tls').TLSSocket).getPeerCertificate().subject?.CN;
    const other = await startWebServer((request, response) => {
      shown.push(certificateOf(request));
      response.end('{}');
    }, tls);
    const server = await startWebServer((request, response) => {
      shown.push(certificateOf(request));
      redirect(`${other.origin}/app.json`)(request, response);
    }, tls);
    await readerOf(server.origin, { tls: { ca, cert: client.cert, key: client.key } }).read();
    expect(shown).toEqual(['hot-config', undefined]);
  });

  it('is not left by a redirect', async () => {
    const folder = new TempFolder();
    const { ca, server: own } = makeCertificates(folder);
    const plain = await startWebServer(body('{}'));
    const tls = { cert: readFileSync(own.cert), key: readFileSync(own.key) };
    const server = await startWebServer(redirect(`${plain.origin}/app.json`), tls);
    expect(await readerOf(server.origin, { tls: { ca } }).failure()).toBe(
      `is redirected to ${plain.origin}/app.json, which is not allowed after https://`,
    );
    expect(plain.requests).toEqual([]);
  });
});

describe('A proxy of the environment', () => {
  /** Sets these variables alone. */
  function environment(variables: Readonly<Record<string, string>>): void {
    for (const name of ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'])
      for (const each of [name, name.toUpperCase()]) vi.stubEnv(each, '');
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    onTestFinished(() => void vi.unstubAllEnvs());
  }

  it.each(['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'])(
    'by %s is used for http://',
    async (name) => {
      const server = await startWebServer(body('{ "a": 1 }'));
      const proxy = await startForwardProxy(server.port);
      environment({ [name]: `http://ops:canary@127.0.0.1:${proxy.port}` });
      const reader = readerOf('http://config.example/app.json?a=1', { tls: false });
      expect(await reader.read()).toBe('{ "a": 1 }');
      expect(await reader.read()).toBe('unchanged');
      expect(proxy.requests[0]).toBe('GET http://config.example/app.json?a=1');
      expect(proxy.authorization).toBe(`Basic ${Buffer.from('ops:canary').toString('base64')}`);
    },
  );

  it.skipIf(isMissing('openssl')).each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY'])(
    'by %s is used for https://, and sees nothing of the request',
    async (name) => {
      const folder = new TempFolder();
      const { ca, misnamed } = makeCertificates(folder);
      const tls = { cert: readFileSync(misnamed.cert), key: readFileSync(misnamed.key) };
      const server = await startWebServer(body('{ "a": 1 }'), tls);
      const proxy = await startForwardProxy(server.port);
      environment({ [name]: `127.0.0.1:${proxy.port}` });
      const reader = readerOf('https://other.example/app.json?key=canary', {
        tls: { ca },
        token: { file: folder.write('token', 'canary') },
      });
      expect(await reader.read()).toBe('{ "a": 1 }');
      expect(server.requests[0]?.headers.authorization).toBe('Bearer canary');
      expect(proxy.requests).toEqual(['CONNECT other.example:443']);
      await reader.read();
      expect(server.accepted).toBe(1);
      reader.remote.close();
      await until('the connection is closed', async () => (await server.connections()) === 0);
    },
  );

  it.each([
    ['config.example', true],
    ['.example', true],
    ['*.example', true],
    ['example', true],
    ['other.test, config.example:80', true],
    ['*', true],
    ['config.example:81', false],
    ['fig.example', false],
  ])('is not used for config.example with NO_PROXY=%s: %s', async (NO_PROXY, isExempt) => {
    const proxy = await startForwardProxy(0);
    proxy.refusal = 503;
    environment({ HTTP_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY });
    await readerOf('http://config.example', { tls: false, timeout: 2_000 }).failure();
    expect(proxy.requests).toHaveLength(isExempt ? 0 : 1);
  });

  it('is not used for this machine', async () => {
    environment({ HTTP_PROXY: 'http://127.0.0.1:1' });
    const server = await startWebServer(body('{}'));
    expect(await readerOf(server.origin).read()).toBe('{}');
  });

  it('that does not answer is left when nobody waits any more', async () => {
    const sockets = new Set<Socket>();
    const proxy = createServer((socket) => {
      sockets.add(socket.resume().on('error', () => undefined));
      socket.on('close', () => sockets.delete(socket));
    });
    const port = await new Promise<number>((resolve) =>
      proxy.listen(0, '127.0.0.1', () => resolve((proxy.address() as AddressInfo).port)),
    );
    onTestFinished(() => void proxy.close());
    environment({ HTTPS_PROXY: `http://127.0.0.1:${port}` });
    const controller = new AbortController();
    const failure = readerOf('https://config.example').failure({ signal: controller.signal });
    await until('the proxy is asked', () => sockets.size === 1);
    controller.abort(new Error('the app shuts down'));
    expect(await failure).toBe('the app shuts down');
    await until('the connection is closed', () => sockets.size === 0);
  });

  it('is named in errors, without its password', async () => {
    const proxy = await startForwardProxy(0);
    proxy.refusal = 407;
    const via = `(through the proxy http://127.0.0.1:${proxy.port} of HTTPS_PROXY)`;
    environment({ HTTPS_PROXY: `http://ops:canary@127.0.0.1:${proxy.port}` });
    const reader = readerOf('https://config.example');
    expect(await reader.failure()).toBe(
      'cannot be asked, because its proxy answers 407: correct the user and the password in its address ' +
        via,
    );
    proxy.refusal = 403;
    expect(await reader.failure()).toBe(
      `cannot be asked, because its proxy does not connect to it: it answers 403 ${via}`,
    );
    const dead = 'http://ops:canary@127.0.0.1:1';
    environment({ HTTP_PROXY: dead, HTTPS_PROXY: dead });
    const message =
      'cannot be asked, because its proxy refuses connections: start it, or correct the address';
    expect(await reader.failure()).toBe(`${message} (through the proxy http://127.0.0.1:1 of HTTPS_PROXY)`);
    expect(await readerOf('http://config.example', { tls: false }).failure()).toBe(
      `${message} (through the proxy http://127.0.0.1:1 of HTTP_PROXY)`,
    );
    environment({ HTTPS_PROXY: 'http://ops:canary@[' });
    expect(await reader.failure()).toBe(
      'cannot be asked: HTTPS_PROXY is not the address of a proxy with http:// or https://',
    );
  });
});
