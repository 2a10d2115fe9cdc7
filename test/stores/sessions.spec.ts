import { setTimeout as delay } from 'node:timers/promises';
import { ConfigOptionsError } from 'nestjs-hot-config';
import type { FleetStore } from 'nestjs-hot-config/remote';
import { memoryStore } from 'nestjs-hot-config/stores/memory';
import { describe, expect, it } from 'vitest';
import { ENGINES } from '../support/engines.js';
import { isMissing } from '../support/programs.js';

const MEMORY = {
  name: 'memory',
  programs: [],
  start: async () => {
    const store = memoryStore();
    return { open: () => store.connect() };
  },
};

/** Blocks the event loop, as a process that is paused. */
function pauseProcess(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

for (const engine of [...ENGINES, MEMORY])
  describe.skipIf(isMissing(...engine.programs))(`A session in ${engine.name}`, () => {
    it('has ended at once after a pause of the process that was longer than its ttl', async () => {
      const store = (await engine.start()).open() as FleetStore;
      const session = await store.session(1_000);
      pauseProcess(2_500);
      await delay(1); // timers run in the order in which they are due
      expect(session.ended.reason).toMatchObject({
        failure: 'timeout',
        summary: `${store.name} has ended this session, because it was not renewed in time`,
      });
      await expect(store.put('key', 'a', { session })).rejects.toMatchObject({
        failure: 'refused',
        summary: `${store.name} has no such session: it has ended, or another client has opened it`,
      });
      await store.close();
    });

    it('is ended if it is opened while its store is closed', async () => {
      const server = await engine.start();
      for (let round = 0; round < 10; round += 1) {
        const store = server.open() as FleetStore;
        const kept = await store.session(60_000);
        const opening = store.session(60_000);
        await delay(round % 4);
        const closing = store.close();
        const late = store.session(60_000);
        const outcomes = Promise.allSettled([opening, late]);
        await closing;
        const sessions = (await outcomes).flatMap((each) =>
          each.status === 'fulfilled' ? [each.value] : [],
        );
        for (const { ended } of [kept, ...sessions])
          expect(ended.reason).toMatchObject({ failure: 'closed' });
        await expect(late).rejects.toMatchObject({ failure: 'closed', summary: `${store.name} was closed` });
      }
    });

    it('has a ttl of at least 1,000 ms', async () => {
      const store = (await engine.start()).open() as FleetStore;
      for (const ttl of [999, Number.NaN, '5s' as never])
        await expect(store.session(ttl)).rejects.toThrow(ConfigOptionsError);
      await store.close();
    });
  });
