import { ConfigOptionsError } from 'nestjs-hot-config';
import { HotConfigMetricsModule } from 'nestjs-hot-config/metrics';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { findPort } from '../../lib/module/find-port.js';
import { RawClient } from '../control/raw-client.js';
import { scrape } from '../metrics/scrape.js';
import { startApp } from '../support/start-app.js';
import { TempFolder } from '../support/temp-folder.js';
import { ToyModule, ToySource, ToyStore } from '../support/toy-part.js';
import { until } from '../support/until.js';

/** An app with a part that no file of the core knows. */
async function start() {
  const store = new ToyStore();
  const toy = new ToySource(store);
  const registry = new Registry();
  const socketDir = new TempFolder().file('run');
  const started = await startApp(
    { n: 1 },
    { imports: [ToyModule.forRoot(store, toy), HotConfigMetricsModule.forRoot({ registry })] },
    {
      enabled: true,
      safetyPoll: 0,
      control: { enabled: true, socketDir, name: 'toy' },
      validators: [(value) => ('bad' in value ? { path: 'bad', message: 'is not allowed' } : undefined)],
    },
  );
  const { app, manager } = started;
  await manager.addSource(toy);
  const call = async (method: string, params: object = {}) => {
    const client = await RawClient.connect(`${socketDir}/toy-${process.pid}.sock`);
    client.request(1, method, params);
    await until('it is answered', () => client.messages.some(({ id }) => id === 1));
    const { result } = client.messages.find(({ id }) => id === 1)!;
    return result;
  };
  const { part } = app.get(ToyModule);
  return { ...started, store, toy, registry, call, part: part!, port: findPort(app, 'a test') };
}

describe('A part outside of the core', () => {
  it('brings a source over a network: what is announced is applied, with its cause and its revision', async () => {
    const { store, toy, manager, config } = await start();
    store.publish({ model: 'large' });
    await manager.settled();
    expect(config.get('model')).toBe('large');
    expect(manager.history().at(-1)).toMatchObject({ cause: 'remote', revisions: { toy: 'r1' } });
    expect(manager.status().sources.at(-1)).toMatchObject({ name: 'toy', health: 'live', revision: 'r1' });
    expect(toy.loads.at(-1)).toEqual({ fresh: false, hint: 1 });
    expect(toy.adoptedRevisions).toEqual(['r0', 'r1']);

    store.lose();
    expect(manager.status().sources.at(-1)).toMatchObject({
      health: 'stale',
      detail: expect.stringContaining('the connection was closed') as string,
      since: expect.any(Date) as Date,
    });
    store.recover();
    await manager.settled();
    expect(manager.status().sources.at(-1)).toMatchObject({ health: 'live' });
  });

  it('shows itself in the status, the health and the metrics', async () => {
    const { store, manager, registry } = await start();
    store.publish({ model: 'large' });
    await manager.settled();
    expect(manager.status().toy).toMatchObject({ published: 1, applied: 1 });
    expect(manager.status().problems).toEqual([]);
    expect((await scrape(registry)).get('hot_config_toy_releases_total')).toBe(1);

    store.publish({ bad: true });
    await manager.settled();
    expect(manager.status().problems.map(({ kind }) => kind)).toEqual(['rejected', 'toy_behind']);
    expect((await scrape(registry)).get('hot_config_degraded{reason="toy_behind"}')).toBe(1);
  });

  it('counts the outcomes of requests, without a probation', async () => {
    const { config, manager, store } = await start();
    config.runPinned(() => 'fine');
    expect(() =>
      config.runPinned(() => {
        throw new Error('broken');
      }),
    ).toThrow('broken');
    expect(manager.status().toy).toMatchObject({ requests: 2, errors: 1 });
    store.publish({ model: 'large' });
    await manager.settled();
    expect(manager.status().toy).toMatchObject({ requests: 0, errors: 0 });
  });

  it('has methods on the control channel, and rehearses without applying anything', async () => {
    const { call, manager } = await start();
    const { version } = manager.status();
    expect(await call('toy.status')).toEqual({ published: 0, applied: 0, requests: 0, errors: 0 });
    expect(await call('toy.rehearse', { tree: { model: 'large' } })).toEqual({
      vote: 'yes',
      message: 'model',
    });
    expect(manager.history()).toHaveLength(version);
    expect(await call('toy.publish', { tree: { model: 'large' } })).toEqual({ number: 1 });
    await manager.settled();
    expect(manager.status()).toMatchObject({ version: version + 1, toy: { published: 1, applied: 1 } });
    expect(await call('toy.rehearse', { tree: { bad: true } })).toMatchObject({
      vote: 'no',
      message: expect.stringContaining('bad is not allowed') as string,
    });
    expect(manager.status()).toMatchObject({ version: version + 1, drifted: false });
    expect(manager.history()).toHaveLength(version + 1);
  });

  it('whose member of the status fails loses that member only', async () => {
    const { port, manager } = await start();
    port.statusMembers.add('broken', () => {
      throw new Error('no');
    });
    expect(manager.status()).toMatchObject({ version: 1, toy: { published: 0 } });
    expect(manager.status()).not.toHaveProperty('broken');
  });

  it('is started and closed with the app', async () => {
    const { app, part } = await start();
    expect(part.lives).toEqual(['started']);
    await app.close();
    expect(part.lives).toEqual(['started', 'closed']);
  });

  it('cannot take the name of something that exists', async () => {
    const { port } = await start();
    const add = [
      () => port.statusMembers.add('version', () => 1),
      () => port.statusMembers.add('toy', () => 1),
      () => port.controlMethods.add('reload', { changes: true, call: () => port.secrets.redactTexts({}) }),
      () => port.instruments.add('reload.duration', { kind: 'gauge', help: 'No.', read: () => [] }),
      () => port.problemDetectors.add('rejected', () => undefined),
    ];
    for (const one of add) expect(one).toThrow(ConfigOptionsError);
  });
});
