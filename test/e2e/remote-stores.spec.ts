import { HotConfigModule } from 'nestjs-hot-config';
import { type ConfigStore, stored } from 'nestjs-hot-config/remote';
import { memory } from 'nestjs-hot-config/testing';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import { appUnderLoad, pairText, type AppUnderLoad } from '../support/app-under-load.js';
import { ENGINES } from '../support/engines.js';
import { isMissing } from '../support/programs.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';

/** Longest time between two looks of the app, in ms. */
const INTERVAL = 500;

const healthOf = ({ manager }: AppUnderLoad) => manager.status().sources.at(-1)!.health;

/** Writes until the store says that it has done it: right after a restart, it may not be ready. */
async function write(store: ConfigStore, n: number): Promise<void> {
  await until(`${n} is written`, async () => {
    const result = await store.put('pair.yaml', pairText(n)).catch(() => undefined);
    return result?.outcome === 'done';
  });
}

describe.each(ENGINES)('An app that takes requests, with its configuration in $name', (engine) => {
  it.skipIf(isMissing(...engine.programs))(
    'serves each request from one version while the server is killed, frozen, cut off and restored',
    async () => {
      const server = await engine.start();
      const proxy = await startTcpProxy(server.port);
      const writer = server.open();
      await write(writer, 1);
      const local = memory<Record<string, number>>({ local: 0 });
      const app = await appUnderLoad([
        local,
        stored(server.open(proxy.port), 'pair.yaml', { interval: INTERVAL }),
      ]);
      let n = 1;
      const arrives = async () => {
        n += 1;
        await write(writer, n);
        await until(`${n} is in force`, () => app.value() === n);
        expect(healthOf(app)).toBe('live');
      };
      /** Also changes another source during the outage: that must not wait for the server. */
      const outage = async (begin: () => unknown, end: () => unknown) => {
        const { applied } = app.manager.status().reloads;
        await begin();
        await until('the source is stale', () => healthOf(app) === 'stale');
        local.patch({ local: n });
        await until('the other source is reloaded', () => app.manager.status().reloads.applied > applied);
        expect(app.value()).toBe(n);
        await end();
        await arrives();
      };
      await arrives();
      await outage(
        () => server.kill(),
        () => server.start(),
      );
      await outage(
        () => server.freeze(),
        () => server.thaw(),
      );
      await outage(
        () => (proxy.isSilent = true),
        () => (proxy.isSilent = false),
      );
      await outage(
        () => {
          proxy.isRefusing = true;
          proxy.cut();
        },
        () => (proxy.isRefusing = false),
      );
      proxy.halfClose();
      await arrives();
      proxy.delayMs = 50;
      await arrives();
      await writer.close();
      expect(app.problems).toEqual([]);
      expect(app.answered).toBeGreaterThan(100);
    },
  );

  it.skipIf(isMissing(...engine.programs))('starts while the server is down: in three ways', async () => {
    const server = await engine.start();
    const history = { dir: new TempFolder().path };
    const seed = new TempFolder().write('seed.yaml', pairText(7));
    await write(server.open(), 1);
    const start = async (options: { history?: { dir: string } }, seeded: { seed?: string } = {}) => {
      const source = stored(server.open(), 'pair.yaml', { interval: INTERVAL, ...seeded });
      return appUnderLoad([memory({ local: 1 }), source], options);
    };
    const before = await start({ history });
    expect(before.value()).toBe(1);
    await before.close();
    await server.kill();

    const fromDisk = await start({ history }, { seed });
    expect([fromDisk.value(), healthOf(fromDisk)]).toEqual([1, 'stale']);
    const fromSeed = await start({}, { seed });
    expect([fromSeed.value(), healthOf(fromSeed)]).toEqual([7, 'stale']);
    const source = stored(server.open(), 'pair.yaml');
    const neither = HotConfigModule.forRoot({ sources: [source] });
    await expect(
      NestFactory.createApplicationContext(neither, { logger: false, abortOnError: false }),
    ).rejects.toThrow(/pair\.yaml.*could not be read/);

    await server.start();
    await write(server.open(), 2);
    for (const app of [fromDisk, fromSeed]) {
      await until('the content of the server is in force', () => app.value() === 2);
      expect(healthOf(app)).toBe('live');
      expect(app.problems).toEqual([]);
    }
  });
});
