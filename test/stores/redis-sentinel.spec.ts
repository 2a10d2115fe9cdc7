import { redisStore } from 'nestjs-hot-config/stores/redis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../support/free-port.js';
import { isMissing } from '../support/programs.js';
import { type SentinelGroup, startSentinelGroup } from '../support/redis-sentinel.js';
import { until } from '../support/until.js';

describe.skipIf(isMissing('redis-server', 'redis-sentinel'))('redisStore() with Sentinel', () => {
  it.each(['killed', 'frozen'] as const)(
    'follows a fail-over: the master is %s, and the watch and the calls reach the new one',
    async (fault) => {
      const group = await startSentinelGroup();
      const store = await openAt(group);
      const heard = listen(store);
      await store.put('app.yaml', 'before');
      await heard.until('app.yaml', () => store.put('app.yaml', 'before'));
      const [first, second] = group.servers;
      if (fault === 'killed') await first.process.kill();
      else first.process.freeze();

      await until('the Sentinel names the replica', async () => (await group.master()) === second);
      await until('a write is done', async () => {
        const result = await store.put('app.yaml', 'after').catch(() => undefined);
        return result?.outcome === 'done';
      });
      expect(await second.cli('GET', 'hot-config/app.yaml')).toBe('after');
      await until('the watch is told that messages arrive again', () => heard.events.at(-1) === 'restored');
      expect(heard.events).toEqual(['lost', 'restored']);
      await heard.until('app.yaml', () => store.put('app.yaml', 'later'));

      // It comes back as a replica of the new master, which nobody asks any more.
      if (fault === 'killed') await first.process.start();
      else first.process.thaw();
      await until('the old master follows', async () =>
        (await first.cli('INFO', 'replication')).includes('role:slave'),
      );
      await store.put('app.yaml', 'last');
      expect(await second.cli('GET', 'hot-config/app.yaml')).toBe('last');
      expect((await store.get('app.yaml'))?.value).toBe('last');
    },
  );

  it('tells that the Sentinels do not know the master, or do not answer', async () => {
    const group = await startSentinelGroup();
    const unknown = await openAt(group, 'other');
    await expect(unknown.get('a')).rejects.toThrow('redis other is named by none of its Sentinels');
    const sentinels = [`127.0.0.1:${await freePort()}`];
    const store = redisStore({ sentinels, master: 'mymaster', tls: false });
    onTestFinished(() => store.close());
    await expect(store.get('a')).rejects.toMatchObject({ failure: 'unreachable' });
  });
});

/** One of the Sentinels is always down. */
async function openAt(group: SentinelGroup, master = 'mymaster') {
  const sentinels = [`127.0.0.1:${await freePort()}`, group.sentinel];
  const store = redisStore({ sentinels, master, tls: false, timeout: 1_500 });
  onTestFinished(() => store.close());
  return store;
}

function listen(store: ReturnType<typeof redisStore>) {
  const events: string[] = [];
  let keys: string[] = [];
  store.watch('', {
    changed: (key) => keys.push(key),
    lost: () => events.push('lost'),
    restored: () => events.push('restored'),
  });
  return {
    events,
    until: async (key: string, write: () => Promise<unknown>) => {
      keys = [];
      await until(`a message about ${key} has arrived`, async () => {
        await write();
        return keys.includes(key);
      });
    },
  };
}
