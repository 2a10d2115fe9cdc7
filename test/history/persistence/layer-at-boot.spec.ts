import { rmSync } from 'node:fs';
import type { ConfigTree } from 'nestjs-hot-config';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { History } from '../../../lib/history/history.js';
import { PersistedHistory } from '../../../lib/history/persistence/persisted-history.js';
import { VersionDirectory } from '../../../lib/history/persistence/version-directory.js';
import type { RecordedLayer } from '../../../lib/history/version-record.js';
import { safeLogger } from '../../support/safe-logger.js';
import { TempFolder } from '../../support/temp-folder.js';
import { live, openStore, overrideOf, recordOf, save, versionFiles } from './support/records.js';

interface Scene {
  readonly key?: string;
  /** The present content of the sources. */
  readonly now?: Record<string, ConfigTree>;
}

/** A process that starts with the versions in `dir`. */
async function starting(dir: string, { key, now = {} }: Scene = {}) {
  const { store, log } = await openStore(dir, { ...(key !== undefined && { key }) });
  const warn = (message: string) => void log.push(message);
  const history = new PersistedHistory({
    store,
    history: new History(10, () => false),
    live: live(now),
    logger: safeLogger(warn),
  });
  await history.open();
  return { history, log };
}

/** A directory with versions of these layers. */
async function written(key: string | undefined, ...versions: RecordedLayer[][]): Promise<string> {
  const { path } = new TempFolder();
  const { store } = await openStore(path, { ...(key !== undefined && { key }) });
  for (const [index, layers] of versions.entries()) await save(store, recordOf(index + 1, {}, { layers }));
  return path;
}

const layer = (source: string, tree: ConfigTree, revision?: string): RecordedLayer => ({
  source,
  hash: `hash of ${source}`,
  tree,
  ...(revision !== undefined && { revision }),
});

const KEY = 'correct horse battery staple, and more';
const SECRET = layer('store', { db: { host: 'db', password: 'canary' } });

describe('The layer of a source that fails at boot', () => {
  it('is that of the newest version on disk, with its revision', async () => {
    const dir = await written(
      undefined,
      [layer('store', { n: 1 }, '41')],
      [layer('a', { a: 1 }), layer('store', { n: 2 }, '42'), layer('z', { z: 1 })],
    );
    const { history, log } = await starting(dir);
    expect(await history.layerAtBoot('store')).toMatchObject({
      source: 'store',
      tree: { n: 2 },
      revision: '42',
    });
    expect(await history.layerAtBoot('z')).toMatchObject({ source: 'z', tree: { z: 1 } });
    expect(log).toEqual([]);
  });

  it('does not exist without versions on disk, or if the newest one has no such source', async () => {
    const dir = await written(undefined, [layer('store', { n: 1 })], [layer('other', { n: 2 })]);
    for (const { history, log } of [await starting(dir), await starting(new TempFolder().path)]) {
      expect(await history.layerAtBoot('store')).toBeUndefined();
      expect(log).toEqual([]);
    }
  });

  it('has its secrets if they are encrypted on disk', async () => {
    const { history } = await starting(await written(KEY, [SECRET]), { key: KEY });
    expect((await history.layerAtBoot('store'))?.tree).toEqual(SECRET.tree);
  });

  it.each([
    ['there never was a key', undefined, undefined, 'does not contain db.password; with history.key, '],
    ['there is no key now', KEY, undefined, 'cannot be decrypted (db.password): history.key is not set'],
  ])('is not used without its secrets: %s', async (_what, before, key, reason) => {
    // Secrets of other sources, and of the present, are of no use to it.
    const dir = await written(before, [layer('a', { token: 'canary' }), SECRET]);
    const { history, log } = await starting(dir, {
      ...(key !== undefined && { key }),
      now: { store: SECRET.tree },
    });
    expect(await history.layerAtBoot('store')).toBeUndefined();
    expect(log).toEqual([
      expect.stringMatching(/^The content of store in version 1 cannot be used: its file /),
    ]);
    expect(log[0]).toContain(reason);
  });

  it('is used if only another source, or an override, has secrets that are not on disk', async () => {
    const { path } = new TempFolder();
    const { store } = await openStore(path);
    const layers = [SECRET, layer('other', { n: 1 })];
    await save(store, recordOf(1, {}, { layers, overrides: [overrideOf(['token'], 'canary')] }));
    const { history, log } = await starting(path);
    expect((await history.layerAtBoot('other'))?.tree).toEqual({ n: 1 });
    expect(log).toEqual([]);
  });

  it('is not used if its file has been removed, and that is logged', async () => {
    const dir = await written(undefined, [layer('store', { n: 1 })]);
    const { history, log } = await starting(dir);
    rmSync(`${dir}/${versionFiles(dir)[0]}`);
    expect(await history.layerAtBoot('store')).toBeUndefined();
    expect(log).toEqual([expect.stringContaining('cannot be read any more')]);
  });

  it('is not waited for longer than 10 seconds: a network disk may hang', async () => {
    const { history, log } = await starting(await written(undefined, [layer('store', { n: 1 })]));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const read = vi.spyOn(VersionDirectory.prototype, 'read').mockReturnValue(new Promise(() => undefined));
    onTestFinished(() => read.mockRestore());
    const reading = history.layerAtBoot('store');
    vi.advanceTimersByTime(10_000);
    expect(await reading).toBeUndefined();
    expect(log).toEqual(['The content of store in version 1 cannot be used: no answer within 10000 ms.']);
  });
});
