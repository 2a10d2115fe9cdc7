import { cpSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ConfigTree } from 'nestjs-hot-config';
import { describe, expect, it, vi } from 'vitest';
import type { VersionStoreOptions } from '../../../lib/history/persistence/version-store.js';
import { TempFolder } from '../../support/temp-folder.js';
import { live, openStore, overrideOf, recordOf, save, versionFiles } from './support/records.js';

const KEY = 'fixture key of 32 characters or more';

/** The content of the version in `fixtures/layers`. */
const TREE = {
  name: 'app',
  db: { host: 'db', password: 'canary-1' },
  url: 'postgres://user:canary-2@db/app',
  providers: [
    { name: 'a', api_key: 'canary-3' },
    { name: 'b', api_key: 'canary-4' },
  ],
  numbers: [Number.NaN, -Infinity, -0, 1.5, 2n ** 70n],
  since: new Date(86_400_000),
  bytes: Buffer.from([0, 255, 7]),
  list: [undefined, null, true],
  'odd key\n"': '\u0000 é',
} as unknown as ConfigTree;

/** A directory with a file that version 0.1.0 has written. */
function directoryOf(fixture: string): string {
  const { path } = new TempFolder();
  cpSync(fileURLToPath(new URL(`fixtures/${fixture}`, import.meta.url)), path, { recursive: true });
  return path;
}

describe('A version file that this release did not write', () => {
  it('is not used if its format had no authentication, and stays where it is', async () => {
    const dir = directoryOf('format-1');
    const names = versionFiles(dir);
    const { store, log } = await openStore(dir, { key: KEY, max: 1 });
    expect(store.versions).toEqual([]);
    expect(log).toEqual([expect.stringContaining('was written by an earlier release (format 1)')]);
    await save(store, recordOf(1, { n: 1 }), recordOf(2, { n: 2 }));
    expect(versionFiles(dir)).toEqual([names[0], expect.stringContaining('-v2-')]);
  });

  it('is restored with its description, all kinds of values and its secrets', async () => {
    const { store, log } = await openStore(directoryOf('layers'), { key: KEY });
    const [stored] = store.versions;

    expect(stored!.head).toMatchObject({
      version: 7,
      time: '2023-11-14T22:13:20.000Z',
      cause: 'file',
      reason: 'faster',
      actor: 'ann',
      restored: 3,
      changedSources: ['app.yaml'],
      stats: { added: 1, removed: 0, changed: 2, typeChanged: 0 },
    });
    const { layers, missing } = await store.restore(stored!, live());
    expect(layers[0]!.tree).toEqual(TREE);
    expect({ log, missing }).toEqual({ log: [], missing: [] });
  });

  it('is restored with its overrides', async () => {
    const { store } = await openStore(directoryOf('overrides'), { key: KEY });

    const { overrides } = await store.restore(store.versions[0]!, live());

    const limited = { expiresAt: new Date(4_000_000_000_000), reason: 'why', actor: 'ann' };
    expect(overrides).toEqual([
      { ...overrideOf(['db', 'host'], 'other'), ...limited },
      overrideOf(['db', 'password'], 'canary-5'),
    ]);
  });

  it('is not written again by an app that starts with the same content', async () => {
    const dir = directoryOf('layers');
    const markRestored = vi.fn<VersionStoreOptions['history']['markRestored']>();
    const { store } = await openStore(dir, { key: KEY, history: { markRestored } });

    await save(store, recordOf(8, TREE));

    expect(markRestored).toHaveBeenCalledExactlyOnceWith(8, 7);
    expect(versionFiles(dir)).toHaveLength(1);
  });
});
