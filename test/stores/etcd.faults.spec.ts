import { readdirSync } from 'node:fs';
import type { ConfigStore, StoreEntry, StoreListener } from 'nestjs-hot-config/stores/etcd';
import { etcdStore, type EtcdStoreOptions } from 'nestjs-hot-config/stores/etcd';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { useFakeClock } from '../support/fake-clock.js';
import { Etcd } from '../support/etcd.js';
import { freePort } from '../support/free-port.js';
import { isMissing } from '../support/programs.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';

function open(options: EtcdStoreOptions) {
  const store = etcdStore({ timeout: 1_000, ...options });
  onTestFinished(() => store.close());
  return store;
}

/** Records what a watch is told, as one list. */
function record() {
  const events: string[] = [];
  const entries: StoreEntry[] = [];
  const listener: StoreListener = {
    changed: (key, entry) => {
      events.push(`changed ${key}`);
      if (entry !== undefined) entries.push(entry);
    },
    lost: ({ failure }) => events.push(`lost: ${failure}`),
    restored: () => events.push('restored'),
  };
  return { events, entries, listener };
}

async function revisionOf(store: ConfigStore, key: string, value: string): Promise<string> {
  const result = await store.put(key, value);
  if (result.outcome !== 'done') throw new Error(`the write is ${result.outcome}`);
  return result.revision!;
}

/** Writes other values until the watch has heard of one. */
async function untilHeard(events: string[], write: (index: number) => Promise<unknown>): Promise<void> {
  const heard = () => events.some((event) => event.startsWith('changed'));
  let index = 0;
  await until('the watch hears of a write', async () => {
    await write((index += 1));
    return heard();
  });
}

describe.skipIf(isMissing('etcd', 'etcdctl'))('A store in etcd, when things fail', () => {
  it('has each write that it has confirmed after kill -9', async () => {
    const etcd = await Etcd.start();
    const store = open({ urls: [etcd.url] });
    const revisions = [];
    for (let index = 0; index < 20; index += 1) revisions.push(await revisionOf(store, `k${index}`, 'a'));
    await etcd.process.kill();
    await etcd.process.start();
    const { entries } = await store.list('');
    expect(entries.map(({ revision }) => revision).toSorted()).toEqual(revisions.toSorted());
  });

  it('says unknown for a write without an answer, and rejects one that was not sent', async () => {
    const etcd = await Etcd.start();
    const proxy = await startTcpProxy(etcd.port);
    const store = open({ urls: [`http://127.0.0.1:${proxy.port}`], timeout: 500 });
    proxy.isSilent = true;
    await expect(store.put('key', 'value-that-nobody-prints')).resolves.toEqual({
      outcome: 'unknown',
      reason: `etcd 127.0.0.1:${proxy.port} has not answered within 500 ms`,
    });
    await expect(store.get('key')).rejects.toMatchObject({ failure: 'timeout' });
    proxy.isSilent = false;
    const closed = open({ urls: [`http://127.0.0.1:${await freePort()}`] });
    await expect(closed.put('key', 'a')).rejects.toMatchObject({ failure: 'unreachable' });
  });

  it('does a write that is delayed, and says unknown if the answer is cut off', async () => {
    const etcd = await Etcd.start();
    const proxy = await startTcpProxy(etcd.port);
    const store = open({ urls: [`http://127.0.0.1:${proxy.port}`] });
    proxy.delayMs = 100;
    const put = store.put('key', 'a');
    await until('the write has arrived', async () => (await etcd.ctl('get', 'hot-config/key')).includes('a'));
    await expect(put).resolves.toMatchObject({ outcome: 'done' });

    proxy.delayMs = 500;
    const cut = store.put('key', 'b');
    await until('the write has arrived', async () => (await etcd.ctl('get', 'hot-config/key')).includes('b'));
    proxy.cut();
    await expect(cut).resolves.toMatchObject({ outcome: 'unknown' });
  });

  it.each(['cut', 'halfClose'] as const)(
    'opens its watch again after the network does this: %s',
    async (fault) => {
      const etcd = await Etcd.start();
      const proxy = await startTcpProxy(etcd.port);
      const store = open({ urls: [`http://127.0.0.1:${proxy.port}`] });
      const direct = open({ urls: [etcd.url] });
      const { events, listener } = record();
      store.watch('key', listener);
      await untilHeard(events, (index) => direct.put('key', String(index)));
      events.length = 0;
      proxy[fault]();
      await until('the watch works again', () => events.includes('restored'));
      expect(events.filter((event) => !event.startsWith('changed'))).toEqual([
        'lost: unreachable',
        'restored',
      ]);
      events.length = 0;
      await untilHeard(events, (index) => direct.put('key', `later ${index}`));
    },
  );

  it('finds out that its stream is dead when a call is not answered', async () => {
    const etcd = await Etcd.start();
    const proxy = await startTcpProxy(etcd.port);
    const store = open({ urls: [`http://127.0.0.1:${proxy.port}`], timeout: 1_000 });
    const direct = open({ urls: [etcd.url] });
    const { events, listener } = record();
    store.watch('key', listener);
    await untilHeard(events, (index) => direct.put('key', String(index)));
    events.length = 0;
    proxy.isSilent = true;
    await expect(store.get('key')).rejects.toMatchObject({ failure: 'timeout' });
    await until('the watch knows', () => events.includes('lost: timeout'));
    proxy.isSilent = false;
    await until('the watch works again', () => events.includes('restored'));
  });

  it('finds out by itself that its stream is dead, and keeps one that is only quiet', async () => {
    const etcd = await Etcd.start();
    const proxy = await startTcpProxy(etcd.port);
    useFakeClock();
    const store = open({ urls: [`http://127.0.0.1:${proxy.port}`], timeout: 5_000 });
    const { events, listener } = record();
    store.watch('key', listener);
    await until('the stream is open', async () => {
      await store.put('key', 'a');
      return events.length > 0;
    });
    events.length = 0;
    for (let second = 0; second < 120; second += 1) {
      await vi.advanceTimersByTimeAsync(1_000);
      await store.get('key'); // the network needs real time
    }
    expect(events).toEqual([]);
    proxy.isSilent = true;
    await until('the watch knows', async () => {
      await vi.advanceTimersByTimeAsync(1_000);
      return events.length > 0;
    });
    expect(events).toEqual(['lost: timeout']);
  });

  it('hears of changes again when those in between were compacted', async () => {
    const etcd = await Etcd.start();
    const proxy = await startTcpProxy(etcd.port);
    const store = open({ urls: [`http://127.0.0.1:${proxy.port}`] });
    const direct = open({ urls: [etcd.url] });
    const { events, listener } = record();
    store.watch('key', listener);
    await untilHeard(events, (index) => direct.put('key', String(index)));
    proxy.isRefusing = true;
    proxy.cut();
    await until('the watch is lost', () => events.includes('lost: unreachable'));
    for (let index = 0; index < 10; index += 1) await direct.put('key', `missed ${index}`);
    const revision = Number((await revisionOf(direct, 'key', 'last')).split('-')[1]);
    await etcd.ctl('compact', String(revision));
    proxy.isRefusing = false;
    await until('the watch works again', () => events.includes('restored'));
    expect((await store.get('key'))?.value).toBe('last');
    events.length = 0;
    await untilHeard(events, (index) => direct.put('key', `later ${index}`));
  });

  it('says that the server is full, and works on when that has ended', async () => {
    const etcd = await Etcd.start({ args: ['--quota-backend-bytes=2000000'] });
    const store = open({ urls: [etcd.url] });
    await store.put('small', 'a');
    const big = 'x'.repeat(300_000);
    await expect(
      (async () => {
        for (let index = 0; index < 20; index += 1) await store.put('big', `${index}${big}`);
      })(),
    ).rejects.toMatchObject({ failure: 'full', summary: expect.stringContaining('etcdctl alarm disarm') });
    expect((await store.get('small'))?.value).toBe('a');
    // Also when all of it is deleted, the alarm stays.
    const [{ revision = 0 } = {}] = [JSON.parse(await etcd.ctl('get', 'x', '-w', 'json')).header];
    await etcd.ctl('compact', String(revision));
    await etcd.ctl('defrag');
    await etcd.ctl('alarm', 'disarm');
    await expect(store.put('small', 'b')).resolves.toMatchObject({ outcome: 'done' });
  });

  it('has other revisions after a backup was restored', async () => {
    const etcd = await Etcd.start();
    const folder = new TempFolder();
    const store = open({ urls: [etcd.url] });
    await store.put('key', 'a');
    await etcd.ctl('snapshot', 'save', folder.file('backup'));
    const lost = await revisionOf(store, 'key', 'lost with the server');
    await etcd.process.kill();

    const data = folder.file('restored');
    const peer = `http://127.0.0.1:${etcd.peerPort}`;
    const cluster = ['--initial-cluster', `default=${peer}`, '--initial-advertise-peer-urls', peer];
    await etcd.ctl(
      'snapshot',
      'restore',
      folder.file('backup'),
      '--data-dir',
      data,
      '--initial-cluster-token',
      'second',
      ...cluster,
    );
    expect(readdirSync(data)).not.toEqual([]);
    await Etcd.start({ data, port: etcd.port, peerPort: etcd.peerPort });
    expect((await store.get('key'))?.value).toBe('a');
    const other = await revisionOf(store, 'key', 'written again');
    expect(other.split('-')[1]).toBe(lost.split('-')[1]);
    expect(other).not.toBe(lost);
    await expect(store.put('key', 'b', { if: { revision: lost } })).resolves.toEqual({ outcome: 'conflict' });
  });

  it('ends a session that the server has not heard of, and one that was revoked', async () => {
    const etcd = await Etcd.start();
    const store = open({ urls: [etcd.url] });
    const [silent, revoked] = [await store.session(2_000), await store.session(2_000)];
    await etcd.ctl('lease', 'revoke', BigInt(revoked.id).toString(16));
    await until('it knows that it was revoked', () => revoked.ended.aborted);
    expect(revoked.ended.reason).toMatchObject({ failure: 'refused' });
    expect(silent.ended.aborted).toBe(false);
    await etcd.process.kill();
    await until('it knows that it was not renewed', () => silent.ended.aborted);
    expect(silent.ended.reason).toMatchObject({ failure: 'timeout' });
    await expect(store.put('key', 'a', { session: silent })).rejects.toMatchObject({ failure: 'refused' });
  });

  it('closes while the server is frozen', async () => {
    const etcd = await Etcd.start();
    const store = open({ urls: [etcd.url], timeout: 1_000 });
    const session = await store.session(60_000);
    store.watch('key', record().listener);
    etcd.process.freeze();
    await store.close();
    expect(session.ended.aborted).toBe(true);
    await expect(store.get('key')).rejects.toMatchObject({ failure: 'closed' });
  });
});
