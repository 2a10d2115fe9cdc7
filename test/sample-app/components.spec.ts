import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../support/until.js';
import { Gateway } from './gateway.js';

/** An HTTP provider that answers with its name when the test allows it. */
async function startProvider(name: string) {
  const waiting: ServerResponse[] = [];
  const sockets = new Set<Socket>();
  const keys: (string | undefined)[] = [];
  let requests = 0;
  const answer = (response: ServerResponse) => response.end(JSON.stringify({ text: name }));
  const server = createServer((request: IncomingMessage, response) => {
    requests += 1;
    keys.push(request.headers.authorization);
    request.resume();
    if (hold) waiting.push(response);
    else answer(response);
  });
  let hold = false;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/complete`,
    sockets,
    keys,
    get requests() {
      return requests;
    },
    hold: () => (hold = true),
    release: () => waiting.splice(0).forEach(answer),
  };
}

const gateway = Gateway.shared();

describe('The gateway’s limits', () => {
  it('follow the configuration', async () => {
    await gateway.complete('one');
    await gateway.apply('app.yaml', 'requests_per_minute', '2');
    await gateway.complete('two');
    expect((await gateway.post('/v1/complete', { prompt: 'three' })).status).toBe(429);
    await gateway.apply('app.yaml', 'requests_per_minute', '100');
    expect((await gateway.post('/v1/complete', { prompt: 'four' })).status).toBe(200);
    await gateway.apply('app.yaml', 'prompt_length', '3');
    expect((await gateway.post('/v1/complete', { prompt: 'five' })).status).toBe(413);
  });
});

describe('The gateway’s log', () => {
  it('follows a change of its format, and the change back', async () => {
    await gateway.apply('app.yaml', 'log_format', 'json');
    await gateway.apply('llm.yaml', 'temperature', '0.5');
    await until('it is logged as JSON', () => /^\{"level":"log".*llm\.temperature.*\}$/m.test(gateway.log));
    await gateway.apply('app.yaml', 'log_format', 'text');
    await gateway.apply('llm.yaml', 'temperature', '0.6');
    await until('it is logged', () => gateway.log.includes('0.5 → 0.6'));
    expect(gateway.log).toMatch(/LOG.*llm\.temperature: 0\.5 → 0\.6/);
  });
});

describe('The gateway’s HTTP provider', () => {
  it('keeps its connections, and finishes a request at the old endpoint when the endpoint changes', async () => {
    const [first, second] = [await startProvider('first'), await startProvider('second')];
    await gateway.apply('llm.yaml', 'endpoint', first.url);
    await gateway.apply('llm.yaml', 'provider', 'http');
    await gateway.complete('Hello');
    await gateway.complete('Hello');
    expect(first.sockets.size).toBe(1);

    first.hold();
    const inFlight = gateway.complete('Hello');
    await until('it has reached the first', () => first.requests === 3);
    await gateway.apply('llm.yaml', 'endpoint', second.url);
    expect((await gateway.complete('Hello')).text).toBe('second');
    expect(first.sockets.size).toBe(1);
    first.release();
    expect((await inFlight).text).toBe('first');
    await until('the connection is gone', () => first.sockets.size === 0);
  });

  it('sends the current key, which no output contains', async () => {
    const provider = await startProvider('first');
    await gateway.apply('llm.yaml', 'endpoint', provider.url);
    await gateway.apply('llm.yaml', 'provider', 'http');
    await gateway.complete('Hello');
    await gateway.apply('llm.yaml', 'api_key', 'sk-5d1f0c77');
    await gateway.complete('Hello');
    await gateway.apply('llm.yaml', 'api_key', "''");
    await gateway.complete('Hello');
    expect(provider.keys).toEqual(['Bearer put-yours-here', 'Bearer sk-5d1f0c77', undefined]);
    expect(provider.sockets.size).toBe(1);
    await until('it is logged', () => gateway.log.split('llm.api_key: ').length === 3);
    expect(gateway.log).toContain('llm.api_key: [hidden] → [hidden], since version');
    expect(gateway.log + (await (await gateway.get('/config/status')).text())).not.toMatch(
      /put-yours-here|sk-5d1f0c77/,
    );
  });

  it('is refused without an HTTP endpoint', async () => {
    const { lastError } = await gateway.beRefused('llm.yaml', 'provider', 'http');
    expect(lastError?.message).toContain('the provider http needs an endpoint');
  });
});
