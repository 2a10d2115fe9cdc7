import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type ConfigSource, HotConfigManager } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { runtimeOf } from '../reload/support/runtime.js';
import { MemorySource } from '../support/memory.source.js';
import { TempFolder } from '../support/temp-folder.js';
import { openStore, recordOf, save, versionFiles } from './persistence/support/records.js';
import { RemoteSource } from './support/remote.source.js';

/** An app whose versions are on disk, in `folder`. */
async function app(sources: readonly ConfigSource[], folder = new TempFolder()) {
  const dir = folder.file('history');
  const { runtime } = runtimeOf({ sources, history: { dir } });
  await runtime.boot();
  const manager = new HotConfigManager(runtime);
  return {
    manager,
    dir,
    revisions: () => manager.history().map(({ revisions }) => revisions),
    restart: async (next: readonly ConfigSource[]) => {
      await runtime.stop();
      return app(next, folder);
    },
  };
}

/** Everything in the files of a directory. */
function textOnDisk(dir: string): string {
  return versionFiles(dir)
    .map((name) => readFileSync(`${dir}/${name}`))
    .map((bytes) => gunzipSync(bytes.subarray(bytes.indexOf('\n') + 1)).toString())
    .join('\n');
}

describe('A version', () => {
  it('has the revisions of its remote sources, by their names', async () => {
    const store = new RemoteSource('41', { n: 1 });
    const { manager, revisions } = await app([
      new RemoteSource('"etag"', { m: 1 }, 'https://config.internal/app.yaml'),
      new MemorySource({ k: 1 }, 'app.yaml'),
      store,
    ]);
    store.publish('42', { n: 2 });
    await manager.reload();
    expect(revisions()).toEqual([
      { 'https://config.internal/app.yaml': '"etag"', store: '41' },
      { 'https://config.internal/app.yaml': '"etag"', store: '42' },
    ]);
  });

  it('has no revision of a local source, which is a hash of its content, in memory or on disk', async () => {
    const source = new MemorySource({ n: 1, password: 'canary' }, 'app.yaml');
    const { revision } = await source.load();
    const { manager, dir } = await app([source]);
    await manager.settled();
    expect(manager.history()[0]).not.toHaveProperty('revisions');
    expect(manager.status().sources[0]).not.toHaveProperty('revision');
    expect(revision).toMatch(/^[0-9a-f]{64}$/);
    expect(textOnDisk(dir)).not.toContain(revision);
    expect(textOnDisk(dir)).not.toContain('"revision"');
  });

  it('has the new revision of a source whose content is the same, and does not list it as changed', async () => {
    const store = new RemoteSource('41', { n: 1 });
    const local = new MemorySource({ k: 1 }, 'app.yaml');
    const { manager, revisions } = await app([store, local]);
    store.publish('42', { n: 1 });
    local.set({ k: 2 });
    await manager.reload();
    expect(revisions()).toEqual([{ store: '41' }, { store: '42' }]);
    expect(manager.history().at(-1)).toMatchObject({ sources: ['app.yaml'] });
  });

  it('has the revision of the version that a rollback restored', async () => {
    const store = new RemoteSource('41', { n: 1 });
    const { manager, revisions } = await app([store]);
    store.publish('42', { n: 2 });
    await manager.reload();
    await manager.rollback(1);
    expect(revisions()).toEqual([{ store: '41' }, { store: '42' }, { store: '41' }]);
  });

  it('has no hash of restored content in the place of a revision', async () => {
    const first = await app([new MemorySource({ n: 1 }, 'store')]);
    const second = await first.restart([new RemoteSource('42', { n: 2 })]);
    await second.manager.rollback(1);
    expect(second.revisions()).toEqual([undefined, { store: '42' }, undefined]);
    expect(second.manager.status().sources[0]).not.toHaveProperty('revision');
  });

  it('has revisions without secrets, on one line, of at most 200 characters', async () => {
    const secret = 'canary-4711';
    const store = new RemoteSource(`a\n${secret}\u001b[31m${'x'.repeat(500)}`, { password: secret });
    const { manager, revisions, dir } = await app([store]);
    await manager.settled();
    const revision = revisions()[0]!['store']!;
    expect(revision).toMatch(/^a \[hidden\] \[31mx+…$/);
    expect(revision).toHaveLength(200);
    expect(manager.status().sources[0]).toMatchObject({ revision });
    expect(textOnDisk(dir)).toContain(JSON.stringify(revision));
    expect(textOnDisk(dir)).not.toContain(secret);
  });

  it.each([
    ['an empty revision', ''],
    ['no revision at all', undefined as unknown as string],
  ])('of a source with %s has none', async (_what, revision) => {
    const { revisions } = await app([new RemoteSource(revision, { n: 1 })]);
    expect(revisions()).toEqual([undefined]);
  });
});

describe('The revisions of a version on disk', () => {
  it('are in the history after a restart, and in a version that is restored from disk', async () => {
    const first = await app([new RemoteSource('41', { n: 1 })]);
    const second = await first.restart([new RemoteSource('42', { n: 2 })]);
    expect(second.revisions()).toEqual([{ store: '41' }, { store: '42' }]);
    await second.manager.rollback(1);
    expect(second.revisions().at(-1)).toEqual({ store: '41' });
    expect(second.manager.status().sources).toMatchObject([{ name: 'store', revision: '41' }]);
  });

  it('are absent in files that have none', async () => {
    const folder = new TempFolder();
    const { store } = await openStore(folder.file('history'));
    const layers = [{ source: 'store', hash: 'h', tree: { n: 1 } }];
    await save(store, recordOf(1, { n: 1 }, { layers }));
    const { revisions } = await app([new RemoteSource('42', { n: 2 })], folder);
    expect(revisions()).toEqual([undefined, { store: '42' }]);
  });

  it('do not count as content: restarts with new revisions of the same content write no files', async () => {
    let running = await app([new RemoteSource('0', { n: 0 })]);
    for (let release = 1; release <= 4; release += 1) {
      running = await running.restart([new RemoteSource(String(release), { n: 1 })]);
      await running.manager.settled();
    }
    expect(versionFiles(running.dir)).toHaveLength(2);
    expect(running.revisions()).toEqual([{ store: '0' }, { store: '1' }, { store: '4' }]);
    expect(running.manager.history().at(-1)).toMatchObject({ restored: 2 });
  });
});
