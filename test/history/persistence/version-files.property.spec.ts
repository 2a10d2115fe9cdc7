import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import type { ConfigTree } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { DEFAULT_CONTENT_LIMITS } from '../../../lib/limits/content-limits.js';
import { UnusableVersionFile } from '../../../lib/history/persistence/version-file.js';
import { readContent } from '../../../lib/history/persistence/version-reader.js';
import { live, openStore, recordOf, save, versionFiles } from './support/records.js';
import { TempFolder } from '../../support/temp-folder.js';
import { isStormRun, runs } from '../../support/storm-run.js';

const KEY = 'correct horse battery staple, and more';
const RULES = { key: undefined, limits: DEFAULT_CONTENT_LIMITS };

/** A directory with versions 1 and 2; `file` is that of version 2. */
async function twoVersions() {
  const folder = new TempFolder();
  const { store } = await openStore(folder.path);
  await save(store, recordOf(1, { n: 1 }), recordOf(2, { n: 2, list: [1, 2, { deep: true }] }));
  const name = versionFiles(folder.path)[1]!;
  const file = folder.file(name);
  return { folder, name, file, bytes: readFileSync(file) };
}

describe('The file of a version', () => {
  it('is renamed if it is cut off at any byte, and the version before is the newest', async () => {
    const { folder, file, bytes } = await twoVersions();
    for (let length = 0; length < bytes.length; length += isStormRun || length > bytes.length - 9 ? 1 : 3) {
      writeFileSync(file, bytes.subarray(0, length));
      const { store, log } = await openStore(folder.path);
      expect(store.versions.map(({ version }) => version)).toEqual([1]);
      expect(log[0]).toMatch(/^1 file in .* cannot be used: .*, and was renamed to \.corrupt-/);
    }
    expect(versionFiles(folder.path)).toHaveLength(1);
  });

  it('is rejected if any bit is flipped', async () => {
    const { name, bytes } = await twoVersions();
    // Otherwise one of each byte: the first of one, the second of the next.
    for (let bit = 0; bit < bytes.length * 8; bit += isStormRun ? 1 : 9) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      await expect(readContent({ name, bytes: flipped }, RULES, live())).rejects.toBeInstanceOf(
        UnusableVersionFile,
      );
    }
  });

  it('is rejected if anything is appended, or if it is any other content', async () => {
    const { name, bytes } = await twoVersions();
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        fc.boolean(),
        async (noise, isAppended) => {
          const file = isAppended ? Buffer.concat([bytes, noise]) : Buffer.from(noise);
          await expect(readContent({ name, bytes: file }, RULES, live())).rejects.toBeInstanceOf(
            UnusableVersionFile,
          );
        },
      ),
    );
  });

  it('restores any tree of plain data, with its secrets if there is a key', async () => {
    const folder = new TempFolder();
    const { store } = await openStore(folder.path, { key: KEY, max: 1 });
    const key = fc.oneof(fc.constantFrom('password', 'api_key', 'tokens', 'n'), fc.string({ maxLength: 5 }));
    const tree = fc.dictionary(
      key.filter((name) => name !== '__proto__'),
      fc.letrec<{ value: unknown }>((tie) => ({
        value: fc.oneof(
          { maxDepth: 4 },
          fc.string({ unit: 'binary' }),
          fc.double(),
          fc.bigInt(),
          fc.boolean(),
          fc.constant(null),
          fc.webUrl().map((url) => url.replace('://', '://me:pw@')),
          fc.array(tie('value'), { maxLength: 3 }),
          fc.dictionary(
            key.filter((name) => name !== '__proto__'),
            tie('value'),
            { maxKeys: 3 },
          ),
        ),
      })).value,
      { maxKeys: 4 },
    );
    let version = 0;
    await fc.assert(
      fc.asyncProperty(tree, async (content) => {
        version += 1;
        await save(store, recordOf(version, content as ConfigTree));
        const { store: next, log } = await openStore(folder.path, { key: KEY, max: 1 });
        const { layers, missing } = await next.restore(next.versions[0]!, live());
        expect({ tree: layers[0]!.tree, missing, log }).toEqual({ tree: content, missing: [], log: [] });
      }),
      runs(60),
    );
  });
});
