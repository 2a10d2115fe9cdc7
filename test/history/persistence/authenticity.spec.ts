import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigTree } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import {
  compress,
  decodeVersionFile,
  decompress,
  encodeVersionFile,
} from '../../../lib/history/persistence/version-file.js';
import { versionFileName } from '../../../lib/history/persistence/version-file-name.js';
import { DEFAULT_CONTENT_LIMITS } from '../../../lib/limits/content-limits.js';
import { runtimeOf } from '../../reload/support/runtime.js';
import { MemorySource } from '../../support/memory.source.js';
import { TempFolder } from '../../support/temp-folder.js';
import { live, openStore, overrideOf, recordOf, save, versionFiles } from './support/records.js';
import { makePipe } from '../../support/named-pipe.js';
import { isMissing } from '../../support/programs.js';

const KEY = 'correct horse battery staple, and more';
const OTHER_KEY = 'another horse battery staple, and more';

/** A directory with versions 1 and 2, and the bytes of their files. */
async function twoVersions(key: string | undefined = KEY) {
  const dir = new TempFolder().path;
  const { store } = await openStore(dir, { ...(key && { key }) });
  const tree = (n: number) => ({ db: { host: `db${n}`, password: `canary-${n}` } });
  await save(store, recordOf(1, tree(1)), recordOf(2, tree(2), { overrides: [overrideOf(['n'], 1)] }));
  const names = versionFiles(dir);
  return { dir, names, bytes: names.map((name) => readFileSync(join(dir, name))) };
}

/** Writes a file again as somebody without the key can: changed, and with a checksum that is right. */
async function rewrite(dir: string, name: string, change: (head: string) => string): Promise<void> {
  const path = join(dir, name);
  const bytes = readFileSync(path);
  const seal = /hmac-sha256=[0-9a-f]+/.exec(bytes.toString('latin1'))?.[0];
  const { head, chunks } = await decodeVersionFile({ name, bytes }, undefined);
  const forged = await encodeVersionFile(name, change(await decompress(head, 1e6)), [chunks], undefined);
  const line = forged[0]!.toString().replace('\n', seal === undefined ? '\n' : ` ${seal}\n`);
  writeFileSync(path, Buffer.concat([Buffer.from(line), forged[1]!]));
}

describe('With history.key, a file on disk', () => {
  const override = JSON.stringify({ segments: ['x'], since: new Date(0), text: '{"tree":1,"holes":[]}' });

  it.each<[string, (scene: Awaited<ReturnType<typeof twoVersions>>) => unknown]>([
    [
      'has another reason',
      ({ dir, names }) => rewrite(dir, names[1]!, (head) => head.replace('"file"', '"boot"')),
    ],
    [
      'has an override more',
      ({ dir, names }) =>
        rewrite(dir, names[1]!, (head) => head.replace('"overrides":[', `"overrides":[${override},`)),
    ],
    [
      'has no authentication code',
      ({ dir, names, bytes }) =>
        writeFileSync(
          join(dir, names[1]!),
          bytes[1]!.toString('latin1').replace(/ hmac-sha256=\w+/, ''),
          'latin1',
        ),
    ],
    [
      'has the content of an older one',
      ({ dir, names, bytes }) => writeFileSync(join(dir, names[1]!), bytes[0]!),
    ],
    [
      'has another name',
      ({ dir, names }) =>
        renameSync(join(dir, names[1]!), join(dir, versionFileName(Date.now() + 9_000, 2, 1, '00000000'))),
    ],
    [
      'has a name with a high number',
      ({ dir, names }) =>
        renameSync(join(dir, names[1]!), join(dir, names[1]!.replace('-v2-', '-v99999999999-'))),
    ],
  ])('is not used if it %s; it is named in one warning, and never removed', async (_what, attack) => {
    const scene = await twoVersions();
    await attack(scene);
    const before = versionFiles(scene.dir);
    const { store, log } = await openStore(scene.dir, { key: KEY, max: 1 });
    expect(store.versions.map(({ version }) => version)).toEqual([1]);
    expect(store.lastVersion).toBe(1);
    expect(log).toEqual([expect.stringMatching(/^1 file in .* was skipped: .*Skipped files stay/)]);
    expect(log[0]).toContain(before[1]);
    await save(store, recordOf(2, { n: 2 }), recordOf(3, { n: 3 }));
    expect(versionFiles(scene.dir)).toContain(before[1]);
  });

  it('is not used if it is swapped with another one', async () => {
    const { dir, names, bytes } = await twoVersions();
    writeFileSync(join(dir, names[0]!), bytes[1]!);
    writeFileSync(join(dir, names[1]!), bytes[0]!);
    const { store, log } = await openStore(dir, { key: KEY });
    expect(store.versions).toEqual([]);
    expect(log).toEqual([expect.stringMatching(/^2 files in .* were skipped: /)]);
  });

  it.each([
    ['with another key', OTHER_KEY, 'written with another history.key'],
    ['without a key', undefined, 'was written without history.key'],
  ])('is not used if it was written %s', async (_what, key, reason) => {
    const { dir } = await twoVersions(key ?? '');
    const { store, log } = await openStore(dir, { key: KEY });
    expect({ versions: store.versions, last: store.lastVersion }).toEqual({ versions: [], last: 0 });
    expect(log).toEqual([expect.stringContaining(reason)]);
    expect(versionFiles(dir)).toHaveLength(2);
  });

  it('is not used if it is changed after the start', async () => {
    const { dir, names } = await twoVersions();
    const { store } = await openStore(dir, { key: KEY });
    await rewrite(dir, names[1]!, (head) => head.replace('"file"', '"boot"'));
    const [, stored] = store.versions;
    await expect(store.restore(stored!, live())).rejects.toThrow('was changed or renamed');
    await expect(store.restoreLayer(stored!, 'app.yaml')).rejects.toThrow('was changed or renamed');
  });

  it('is not used if any bit of it is flipped, and no other file is affected', async () => {
    const { dir, names, bytes } = await twoVersions();
    for (let bit = 0; bit < bytes[1]!.length * 8; bit += 97) {
      const flipped = Buffer.from(bytes[1]!);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      writeFileSync(join(dir, names[1]!), flipped);
      const { store, log } = await openStore(dir, { key: KEY });
      expect(store.versions.map(({ version }) => version)).toEqual([1]);
      expect(log[0]).toContain(names[1]);
    }
  });
});

describe('What is restored from disk', () => {
  /** A directory with one version, whose layer was replaced by this JSON. There is no key. */
  async function forged(json: string, head = (text: string) => text) {
    const dir = new TempFolder().path;
    const { store } = await openStore(dir);
    await save(store, recordOf(1, { n: 1 }));
    const [name] = versionFiles(dir);
    const path = join(dir, name!);
    const parts = await decodeVersionFile({ name: name!, bytes: readFileSync(path) }, undefined);
    const chunk = await compress(json);
    const text = (await decompress(parts.head, 1e6)).replace(/"bytes":\d+/, `"bytes":${chunk.length}`);
    writeFileSync(path, Buffer.concat(await encodeVersionFile(name!, head(text), [chunk], undefined)));
    return dir;
  }

  const restored = async (dir: string, limits = DEFAULT_CONTENT_LIMITS) => {
    const { store } = await openStore(dir, { limits });
    return store.restore(store.versions[0]!, live());
  };

  it.each([
    ['a key that could change a prototype', '{"tree":{"__proto__":{"x":1}},"holes":[]}', '__proto__'],
    ['a tree that is too deep', `{"tree":{"a":${'['.repeat(70)}${']'.repeat(70)}},"holes":[]}`, 'maxDepth'],
    [
      'a tree of 100,000 levels',
      `{"tree":{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}},"holes":[]}`,
      'maxDepth',
    ],
    ['too many keys', `{"tree":{"a":[${'1,'.repeat(1_000_001)}1]},"holes":[]}`, 'maxKeys'],
    ['a list in the place of a layer', '{"tree":[1],"holes":[]}', 'cannot be decoded'],
    [
      'a number with a million digits',
      `{"tree":{"n":null},"holes":[{"path":["n"],"kind":"bigint","text":"${'9'.repeat(1e6)}"}]}`,
      'cannot be decoded',
    ],
  ])('is refused if it has %s, as from any source', async (_what, json, reason) => {
    await expect(restored(await forged(json))).rejects.toThrow(reason);
  });

  it('is refused if it is larger than a source may be, without decompressing all of it', async () => {
    const dir = await forged(`{"tree":{"a":"${'a'.repeat(4_000_000)}"},"holes":[]}`);
    await expect(restored(dir, { ...DEFAULT_CONTENT_LIMITS, maxTotalSize: 100_000 })).rejects.toThrow(
      'cannot be decoded',
    );
  });

  it.each([
    ['__proto__', '__proto__'],
    ['a path of many keys', 'maxDepth'],
  ])('is refused if an override has the path %s', async (what, reason) => {
    const segments = what === '__proto__' ? ['a', what, 'b'] : Array.from({ length: 70 }, () => 'a');
    const override = JSON.stringify({ segments, since: new Date(0), text: '{"tree":1,"holes":[]}' });
    const dir = await forged('{"tree":{},"holes":[]}', (head) =>
      head.replace('"overrides":[', `"overrides":[${override}`),
    );
    await expect(restored(dir)).rejects.toThrow(reason);
  });

  it.each(['"cause":"file"', '"source":"app.yaml"', '"changedSources":["app.yaml"]', '"added":1'])(
    'is refused if the head has %s as a value of another type',
    async (member) => {
      const dir = await forged('{"tree":{},"holes":[]}', (head) =>
        head.replace(member, `${member.split(':')[0]}:{"toString":1}`),
      );
      expect((await openStore(dir)).store.versions).toEqual([]);
    },
  );

  it('continues with a low number, whatever the names of files say', async () => {
    const { dir, names, bytes } = await twoVersions('');
    for (const number of ['999999999999999', '99999999999', '9007199254740993'])
      writeFileSync(join(dir, names[1]!.replace('-v2-', `-v${number}-`)), bytes[1]!);
    writeFileSync(join(dir, names[1]!.replace(/^\d{8}/, '99991231')), bytes[1]!);
    const { store } = await openStore(dir);
    expect(store.lastVersion).toBe(2);
    await save(store, recordOf(3, { n: 3 }));
    const { store: next } = await openStore(dir);
    expect(next.versions.map(({ version }) => version)).toEqual([1, 2, 3]);
  });

  it('is found among thousands of other files, which two warnings name', async () => {
    const { dir } = await twoVersions();
    for (let n = 0; n < 2_000; n += 1) {
      writeFileSync(join(dir, versionFileName(Date.now() + n, n + 3, 1, '0000000a')), 'junk');
      writeFileSync(join(dir, `junk-${n}`), 'junk');
    }
    mkdirSync(join(dir, versionFileName(Date.now() + 9_998, 9, 1, '0000000c')));
    const { store, log } = await openStore(dir, { key: KEY });
    expect(store.versions.map(({ version }) => version)).toEqual([1, 2]);
    expect(log).toHaveLength(2);
  });

  it.skipIf(isMissing('mkfifo'))('is found beside a named pipe, which is never read', async () => {
    const { dir } = await twoVersions();
    makePipe(join(dir, versionFileName(Date.now() + 9_999, 9, 1, '0000000b')));
    const { store, log } = await openStore(dir, { key: KEY });
    expect(store.versions.map(({ version }) => version)).toEqual([1, 2]);
    expect(log).toHaveLength(1);
  });
});

describe('The option history.key', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['one letter', 'k', 'must have at least 32 characters, but has 1'],
    ['31 characters', 'abcdefghijklmnopqrstuvwxyz01234', 'must have at least 32 characters, but has 31'],
    ['16 bytes', new Uint8Array(16), 'must have at least 32 bytes, but has 16'],
    ['one letter many times', 'k'.repeat(64), 'fewer than 8 different characters'],
    ['zero bytes', new Uint8Array(32), 'fewer than 8 different characters'],
  ])('is refused if it has %s, with or without a directory', (_what, key, reason) => {
    for (const dir of [undefined, 'x']) {
      const start = () => runtimeOf({ history: { key, ...(dir && { dir }) } });
      expect(start).toThrow(reason);
      expect(start).toThrow('openssl rand -base64 32');
    }
  });

  it('is accepted as 32 random bytes, in base64 and in hexadecimal digits', () => {
    const bytes = Buffer.from(KEY.slice(0, 32));
    for (const key of [bytes, bytes.toString('hex'), bytes.toString('base64')])
      expect(() => runtimeOf({ history: { key } })).not.toThrow();
  });

  it('keeps a forged host from an app whose files are broken at its start', async () => {
    const dir = new TempFolder().path;
    const tree: ConfigTree = { db: { host: 'good', password: 'canary' } };
    const source = () => new MemorySource(tree, 'app.yaml');
    const history = { dir, key: KEY };
    const first = runtimeOf({ sources: [source()], history });
    await first.runtime.boot();
    await first.runtime.stop();
    const override = JSON.stringify({
      segments: ['db', 'host'],
      since: new Date(0),
      text: '{"tree":"evil","holes":[]}',
    });
    await rewrite(dir, versionFiles(dir)[0]!, (head) =>
      head.replace('"overrides":[', `"overrides":[${override}`),
    );
    const broken = source();
    broken.set(new Error('the disk is gone'));
    const { runtime, log } = runtimeOf({ sources: [broken], history, onInvalidBoot: 'lastKnownGood' });
    await expect(runtime.boot()).rejects.toMatchObject({
      stack: expect.stringContaining('There is no earlier version to start with.'),
    });
    expect(log.join('\n')).toContain('was changed or renamed');
  });
});
