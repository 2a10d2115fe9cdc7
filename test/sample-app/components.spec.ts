import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../support/until.js';
import { Gateway } from './gateway.js';
import { hasPostgres, startPostgres } from './postgres.js';

/** A provider behind HTTP: answers with its name, when it is let. */
async function startProvider(name: string) {
  const waiting: ServerResponse[] = [];
  const sockets = new Set<Socket>();
  let asked = 0;
  const answer = (response: ServerResponse) => response.end(JSON.stringify({ text: name }));
  const server = createServer((request: IncomingMessage, response) => {
    asked += 1;
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
    get asked() {
      return asked;
    },
    hold: () => (hold = true),
    release: () => waiting.splice(0).forEach(answer),
  };
}

const noted = async (gateway: Gateway) =>
  ((await (await gateway.get('/audit')).json()) as { completions: number }).completions;

/** Moves the database while requests come in all the time. Gives the statuses they were answered with. */
async function moveUnderLoad(gateway: Gateway, url: string): Promise<Set<number>> {
  let loading = true;
  const statuses: number[] = [];
  const load = Array.from({ length: 3 }, async () => {
    while (loading) statuses.push((await gateway.post('/v1/complete?delay=5', { prompt: 'Hello' })).status);
  });
  await until('there is load', () => statuses.length > 10);
  await gateway.apply('app.yaml', 'url', url);
  const whenMoved = statuses.length;
  await until('there is load on the new one', () => statuses.length > whenMoved + 10);
  loading = false;
  await Promise.all(load);
  const inNew = await noted(gateway);
  expect(inNew).toBeGreaterThan(0);
  expect(inNew).toBeLessThan(statuses.length);
  await until('the old one is closed', async () => (await gateway.status()).refreshables.draining === 0);
  return new Set(statuses);
}

// Two embedded databases start and stop here, on two cores that other specs use as well.
describe('The gateway’s database', { timeout: 90_000 }, () => {
  it('moves under load without a failed request', async () => {
    const gateway = await Gateway.start();
    expect(await moveUnderLoad(gateway, 'memory://second')).toEqual(new Set([200]));
  });

  it.runIf(hasPostgres())('moves to a server, and from one database of it to another', async () => {
    const postgres = await startPostgres(['one', 'two']);
    const gateway = await Gateway.start();
    expect(await moveUnderLoad(gateway, postgres.url('one'))).toEqual(new Set([200]));
    expect(await postgres.connections('one')).toBeGreaterThan(0);
    expect(await moveUnderLoad(gateway, postgres.url('two'))).toEqual(new Set([200]));
    await until('the pool of the first is closed', async () => (await postgres.connections('one')) === 0);
  });

  it.runIf(hasPostgres())('outlives connections that the server ends', async () => {
    const postgres = await startPostgres(['one']);
    const gateway = await Gateway.start();
    await gateway.apply('app.yaml', 'url', postgres.url('one'));
    await gateway.complete('Hello');
    await postgres.endConnections('one');
    await until('it is noticed', () => gateway.log.includes('A connection was lost'));
    await gateway.complete('Hello');
    expect(await noted(gateway)).toBe(2);
  });

  it('stays where it is when the new one cannot be reached', async () => {
    const gateway = await Gateway.start();
    const { lastError } = await gateway.beRefused('app.yaml', 'url', 'postgres://nobody@127.0.0.1:1/nothing');
    expect(lastError).toMatchObject({ code: 'CONFIG_REFRESH', stage: 'prepare' });
    await gateway.complete('Hello');
    expect(await noted(gateway)).toBe(1);
  });
});

describe('The gateway’s limits', { timeout: 60_000 }, () => {
  it('follow the configuration', async () => {
    const gateway = await Gateway.start();
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

describe('The gateway’s log', { timeout: 60_000 }, () => {
  it('changes its format, and back', async () => {
    const gateway = await Gateway.start();
    await gateway.apply('app.yaml', 'log_format', 'json');
    await gateway.apply('llm.yaml', 'temperature', '0.5');
    await until('it is logged as JSON', () => /^\{"level":"log".*llm\.temperature.*\}$/m.test(gateway.log));
    await gateway.apply('app.yaml', 'log_format', 'text');
    await gateway.apply('llm.yaml', 'temperature', '0.6');
    await until('it is logged', () => gateway.log.includes('0.5 → 0.6'));
    expect(gateway.log).toMatch(/LOG.*llm\.temperature: 0\.5 → 0\.6/);
  });
});

describe('The gateway’s HTTP provider', { timeout: 60_000 }, () => {
  it('keeps its connections, and lets a request finish where it began when the endpoint changes', async () => {
    const gateway = await Gateway.start();
    const [first, second] = [await startProvider('first'), await startProvider('second')];
    await gateway.apply('llm.yaml', 'endpoint', first.url);
    await gateway.apply('llm.yaml', 'provider', 'http');
    await gateway.complete('Hello');
    await gateway.complete('Hello');
    expect(first.sockets.size).toBe(1);

    first.hold();
    const inFlight = gateway.complete('Hello');
    await until('it has reached the first', () => first.asked === 3);
    await gateway.apply('llm.yaml', 'endpoint', second.url);
    expect((await gateway.complete('Hello')).text).toBe('second');
    expect(first.sockets.size).toBe(1);
    first.release();
    expect((await inFlight).text).toBe('first');
    await until('the connection is gone', () => first.sockets.size === 0);
  });

  it('is not taken without an endpoint that it can reach', async () => {
    const gateway = await Gateway.start();
    const { lastError } = await gateway.beRefused('llm.yaml', 'provider', 'http');
    expect(lastError?.message).toContain('the provider http needs an endpoint');
  });
});
