import { describe, expect, it } from 'vitest';
import { isMissing } from '../support/programs.js';
import { until } from '../support/until.js';
import { Gateway } from './gateway.js';
import { startPostgres } from '../support/postgres.js';

const noted = async (gateway: Gateway) =>
  ((await (await gateway.get('/audit')).json()) as { completions: number }).completions;

/** Moves the database under constant load. Returns the status codes of all responses. */
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
describe('The gateway’s database', { timeout: 300_000 }, () => {
  it('moves under load without a failed request', async () => {
    const gateway = await Gateway.start();
    expect(await moveUnderLoad(gateway, 'memory://second')).toEqual(new Set([200]));
  });

  it.skipIf(isMissing('initdb', 'postgres'))(
    'moves to a server, and from one database of it to another',
    async () => {
      const postgres = await startPostgres(['one', 'two']);
      const gateway = await Gateway.start();
      expect(await moveUnderLoad(gateway, postgres.url('one'))).toEqual(new Set([200]));
      expect(await postgres.connections('one')).toBeGreaterThan(0);
      expect(await moveUnderLoad(gateway, postgres.url('two'))).toEqual(new Set([200]));
      await until('the pool of the first is closed', async () => (await postgres.connections('one')) === 0);
    },
  );

  it.skipIf(isMissing('initdb', 'postgres'))('outlives connections that the server ends', async () => {
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
