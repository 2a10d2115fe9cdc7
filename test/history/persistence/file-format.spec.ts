import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConfigTree } from 'nestjs-hot-config';
import { describe, expect, it, vi } from 'vitest';
import {
  compress,
  decodeVersionFile,
  decompress,
  encodeVersionFile,
} from '../../../lib/history/persistence/version-file.js';
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

/** Makes the file in a directory one of the next format, whose first line has a member more. */
function ofNextFormat(dir: string, version = '7'): string {
  const [name] = versionFiles(dir);
  const [path, renamed] = [join(dir, name!), join(dir, name!.replace('-v7-', `-v${version}-`))];
  const text = readFileSync(path, 'latin1').replace('version 2 bytes=', 'version 3 parts=1 bytes=');
  rmSync(path);
  writeFileSync(renamed, text, 'latin1');
  return dir;
}

/** Changes the file in a directory as a newer release could have written it, without a key. */
async function rewrite(
  dir: string,
  changeHead: (head: string) => string,
  changeLayer = (layer: string) => layer,
): Promise<void> {
  const [name] = versionFiles(dir);
  const path = join(dir, name!);
  const { head, chunks } = await decodeVersionFile({ name: name!, bytes: readFileSync(path) }, undefined);
  const chunk = await compress(changeLayer(await decompress(chunks, 1e6)));
  const text = changeHead(await decompress(head, 1e6)).replace(/"bytes":\d+/, `"bytes":${chunk.length}`);
  writeFileSync(path, Buffer.concat(await encodeVersionFile(name!, text, [chunk], undefined)));
}

describe('A version file that this release did not write', () => {
  it.each([
    [
      'of a format without authentication if there is a key',
      () => directoryOf('format-1'),
      'was written by an earlier release (format 1), which did not authenticate files: with history.key, it is not used',
    ],
    [
      'of a newer format',
      () => ofNextFormat(directoryOf('layers')),
      'was written by a newer release (format 3), which can use it again',
    ],
  ])('is not used %s; it and its number stay', async (_what, directory, reason) => {
    const dir = directory();
    const [name] = versionFiles(dir);
    const bytes = readFileSync(join(dir, name!));
    const { store, log } = await openStore(dir, { key: KEY, max: 1 });
    expect(store.versions).toEqual([]);
    expect(store.lastVersion).toBe(7);
    expect(log).toEqual([
      `1 file in ${dir} was skipped: ${name} ${reason}. Skipped files stay; remove them if they are of no use.`,
    ]);
    await save(store, recordOf(8, { n: 1 }), recordOf(9, { n: 2 }));
    expect(versionFiles(dir)).toEqual([name, expect.stringContaining('-v9-')]);
    expect(readFileSync(join(dir, name!))).toEqual(bytes);
  });

  it('of a newer format does not use up the numbers, whatever its name says', async () => {
    const dir = ofNextFormat(directoryOf('layers'), '99999999999');
    expect((await openStore(dir)).store.lastVersion).toBe(0);
  });

  it('of format 1 is read without a key', async () => {
    const { store, log } = await openStore(directoryOf('format-1'));
    expect(log).toEqual([]);
    const sources = { 'app.yaml': TREE };
    const { layers, isLocked } = await store.restore(store.versions[0]!, live(sources));
    expect(layers[0]!.tree).toEqual(TREE);
    expect(isLocked).toBe(true); // its secrets come from the sources
  });

  it('of the format before is not removed by the limits, as a downgrade needs it', async () => {
    const dir = directoryOf('format-1');
    const [before] = versionFiles(dir);
    const { store } = await openStore(dir, { max: 1 });
    await save(store, recordOf(8, { n: 1 }), recordOf(9, { n: 2 }));
    expect(versionFiles(dir)).toEqual([before, expect.stringContaining('-v9-')]);
    await openStore(dir, { max: 1 });
    expect(versionFiles(dir)).toEqual([before, expect.stringContaining('-v9-')]);
  });

  it('of a newer format keeps its number, also if this release has written as many since as it keeps', async () => {
    const dir = ofNextFormat(directoryOf('layers'), '900');
    const { store } = await openStore(dir, { max: 2 });
    await save(store, recordOf(2, { n: 1 }), recordOf(3, { n: 2 }));
    const { store: next, log } = await openStore(dir, { max: 2 });
    expect(next.versions.map(({ version }) => version)).toEqual([2, 3]);
    expect(next.lastVersion).toBe(900);
    expect(log).toEqual([expect.stringContaining('was written by a newer release (format 3)')]);
  });

  it('of the same format is read if it has members and a cause that this release does not know', async () => {
    const dir = directoryOf('layers');
    await rewrite(dir, (head) =>
      head.replace('{"id"', '{"approvedBy":["ben"],"id"').replace('"file"', '"fleet"'),
    );
    const { store, log } = await openStore(dir);
    expect(log).toEqual([]);
    expect(store.versions[0]).toMatchObject({ version: 7, head: { cause: 'fleet' } });
  });

  it('is not restored if it has a value of a kind that this release does not know', async () => {
    const dir = directoryOf('layers');
    await rewrite(
      dir,
      (head) => head,
      (layer) => layer.replace('"kind":"bigint"', '"kind":"decimal"'),
    );
    const { store } = await openStore(dir);
    await expect(store.restore(store.versions[0]!, live())).rejects.toThrow(
      'has a value of a kind that this release cannot read (decimal)',
    );
    expect(versionFiles(dir)).toHaveLength(1);
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
