import { etcdStore, type EtcdStoreOptions } from 'nestjs-hot-config/stores/etcd';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Etcd } from '../support/etcd.js';
import { freePort } from '../support/free-port.js';
import { isMissing } from '../support/programs.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

function open(options: EtcdStoreOptions) {
  const store = etcdStore({ timeout: 3_000, ...options });
  onTestFinished(() => store.close());
  return store;
}

const ignored = { changed: () => undefined, lost: () => undefined, restored: () => undefined };

describe.skipIf(isMissing('etcd', 'etcdctl'))('A store in a cluster of etcd', () => {
  it('asks the next member in the same call if one refuses connections', async () => {
    const etcd = await Etcd.start();
    const dead = `http://127.0.0.1:${await freePort()}`;
    // Each store begins with any of them.
    for (let index = 0; index < 8; index += 1) {
      const store = open({ urls: [dead, etcd.url] });
      await expect(store.put('key', 'a')).resolves.toMatchObject({ outcome: 'done' });
    }
  });

  it('reads from the next member if one does not answer, and writes once only', async () => {
    const etcd = await Etcd.start();
    const proxy = await startTcpProxy(etcd.port);
    proxy.isSilent = true;
    const outcomes = new Set<string>();
    // Each store begins with any of them.
    await until('stores have begun with each of them', async () => {
      const store = open({ urls: [`http://127.0.0.1:${proxy.port}`, etcd.url], timeout: 1_500 });
      outcomes.add((await store.put('key', 'a')).outcome);
      await store.get('key');
      proxy.cut();
      return outcomes.size === 2;
    });
    expect([...outcomes].toSorted()).toEqual(['done', 'unknown']);
  });

  it('loses no write and no watch when the leader is killed', async () => {
    const members = await Etcd.startCluster(3);
    const store = open({ urls: members.map(({ url }) => url) });
    const watcher = open({ urls: members.map(({ url }) => url) });
    const heard = new Set<string>();
    watcher.watch('', { ...ignored, changed: (_key, entry) => heard.add(entry?.value ?? '') });
    await until('the watch hears of a write', async () => {
      await store.put('key', 'first');
      return heard.has('first');
    });
    const status = async (member: Etcd) =>
      JSON.parse(await member.ctl('endpoint', 'status', '-w', 'json'))[0].Status;
    const { leader } = await status(members[0]!);
    for (const member of members) {
      const { header } = await status(member);
      if (header.member_id === leader) await member.process.kill();
    }
    const done = new Set<string>();
    const old: string[] = [];
    let index = 0;
    await until('writes are done again, and are heard', async () => {
      index += 1;
      const value = `after ${index}`;
      const { outcome } = await store.put('key', value).catch(() => ({ outcome: 'failed' }));
      if (outcome === 'done') {
        done.add(value);
        const read = await store.get('key').catch(() => undefined);
        if (read !== undefined && read.value !== value) old.push(read.value);
      }
      return [...done].some((each) => heard.has(each));
    });
    expect(old).toEqual([]);
  });
});
