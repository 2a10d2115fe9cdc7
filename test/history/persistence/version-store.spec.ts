import { randomBytes } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { ConfigTree } from 'nestjs-hot-config';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { decodeVersionFile, encodeVersionFile } from '../../../lib/history/persistence/version-file.js';
import { parseVersionFileName, versionFileName } from '../../../lib/history/persistence/version-file-name.js';
import { VersionDirectory } from '../../../lib/history/persistence/version-directory.js';
import { SecretPolicy } from '../../../lib/secrets/secret-policy.js';
import { TempFolder } from '../../support/temp-folder.js';
import { until } from '../../support/until.js';
import { live, openStore, overrideOf, recordOf, save, versionFiles } from './support/records.js';

const SECRETS = new SecretPolicy();
const KEY = randomBytes(32).toString('base64');

describe('A version on disk', () => {
  it('has the same description and content after a restart', async () => {
    const dir = new TempFolder().file('history');
    const { store } = await openStore(dir);
    const record = recordOf(
      7,
      { llm: { model: 'large' } },
      {
        reason: SECRETS.redactText('faster'),
        actor: SECRETS.redactText('ann'),
        restored: 3,
      },
    );
    await save(store, record);

    const { store: next, log } = await openStore(dir);
    expect(next.lastVersion).toBe(7);
    const [stored] = next.versions;
    expect(stored?.head).toMatchObject({
      version: 7,
      hash: record.hash,
      time: record.time.toISOString(),
      cause: 'file',
      reason: 'faster',
      actor: 'ann',
      restored: 3,
      changedSources: ['app.yaml'],
      stats: record.stats,
    });
    const { layers, overrides, missing } = await next.restore(stored!, live());
    expect(layers.map(({ source, tree }) => ({ source, tree }))).toEqual([
      { source: 'app.yaml', tree: { llm: { model: 'large' } } },
    ]);
    expect({ overrides, missing, log }).toEqual({ overrides: [], missing: [], log: [] });
  });

  it('keeps the order of its layers and its overrides', async () => {
    const dir = new TempFolder().path;
    const { store } = await openStore(dir);
    const layers = ['base', 'env', 'app'].map((source, n) => ({ source, hash: source, tree: { n } }));
    const expiresAt = new Date(4_000_000_000_000);
    const note = { reason: SECRETS.redactText('why'), actor: SECRETS.redactText('who') };
    const override = { ...overrideOf(['a', 'b.c'], [1, { d: 2 }]), expiresAt, ...note };
    await save(store, recordOf(1, {}, { layers, overrides: [override] }));

    const { store: next } = await openStore(dir);
    const restored = await next.restore(next.versions[0]!, live());
    expect(restored.layers.map(({ source, tree }) => [source, tree])).toEqual([
      ['base', { n: 0 }],
      ['env', { n: 1 }],
      ['app', { n: 2 }],
    ]);
    expect(restored.overrides).toEqual([{ ...override, path: "a['b.c']" }]);
  });

  it('keeps values that JSON cannot represent', async () => {
    const dir = new TempFolder().path;
    const { store } = await openStore(dir);
    const tree = {
      numbers: [Number.NaN, Infinity, -Infinity, -0, 0, 1e300],
      big: 2n ** 70n,
      date: new Date(86_400_000),
      wrong: new Date(Number.NaN),
      bytes: new Uint8Array([0, 255, 7]),
      none: null,
      empty: { list: [], object: {}, text: '' },
      unsaid: undefined,
      list: [undefined, 1],
      'odd key\n"': '\u0000\ud800 "\\',
    } as unknown as ConfigTree;
    await save(store, recordOf(1, tree));
    const { store: next } = await openStore(dir);
    const { layers } = await next.restore(next.versions[0]!, live());
    const { unsaid: _unsaid, bytes: _bytes, ...rest } = tree;
    expect(layers[0]!.tree).toEqual({ ...rest, bytes: Buffer.from([0, 255, 7]) });
    expect(Object.is((layers[0]!.tree['numbers'] as number[])[3], -0)).toBe(true);
  });

  it('takes an instance of a class, which cannot be written, from the current content of its source', async () => {
    const dir = new TempFolder().path;
    const { store } = await openStore(dir);
    const tree = { url: new URL('http://a/'), n: 1 } as unknown as ConfigTree;
    await save(store, recordOf(1, tree));
    const { store: next } = await openStore(dir);
    const now = { url: new URL('http://b/'), n: 2 } as unknown as ConfigTree;
    const { layers, missing } = await next.restore(next.versions[0]!, live({ 'app.yaml': now }));
    expect(layers[0]!.tree).toEqual({ url: now['url'], n: 1 });
    expect(missing).toEqual([]);
    expect((await next.restore(next.versions[0]!, live())).missing).toEqual(['url']);
  });

  it('has the hash of the live layer if the content is the same, and another one otherwise', async () => {
    const dir = new TempFolder().path;
    const { store } = await openStore(dir);
    await save(store, recordOf(1, { n: 1 }));
    const { store: next } = await openStore(dir);
    const hashWhile = async (tree: ConfigTree) =>
      (await next.restore(next.versions[0]!, live({ 'app.yaml': tree }))).layers[0]!.hash;
    expect(await hashWhile({ n: 1 })).toBe('current hash of app.yaml');
    expect(await hashWhile({ n: 2 })).toMatch(/^[0-9a-f]{64}$/);
  });

  it('can be read only by its owner', async () => {
    const dir = new TempFolder().file('deep/history');
    const { store } = await openStore(dir);
    await save(store, recordOf(1, { n: 1 }));
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect(statSync(join(dir, versionFiles(dir)[0]!)).mode & 0o777).toBe(0o600);
  });

  it('can be read with tail and gunzip', async () => {
    const dir = new TempFolder().path;
    const { store } = await openStore(dir);
    await save(store, recordOf(1, { n: 1 }));
    const bytes = readFileSync(join(dir, versionFiles(dir)[0]!));
    const text = gunzipSync(bytes.subarray(bytes.indexOf('\n') + 1)).toString();
    expect(text).toContain('"version":1');
    expect(text).toContain('"tree":{"n":1}');
  });

  it('is left in its place if a newer release wrote it', async () => {
    const dir = new TempFolder().path;
    const { store } = await openStore(dir);
    await save(store, recordOf(1, { n: 1 }));
    const [name] = versionFiles(dir);
    const text = readFileSync(join(dir, name!)).toString('latin1').replace('version 2', 'version 3');
    writeFileSync(join(dir, name!), text, 'latin1');
    const { store: next, log } = await openStore(dir);
    expect(next.versions).toEqual([]);
    expect(versionFiles(dir)).toEqual([name]);
    expect(log).toEqual([expect.stringContaining('was written by a newer release (format 3)')]);
  });
});

describe('The secrets of a version', () => {
  const tree = {
    db: { host: 'db', password: 'canary-1' },
    url: 'postgres://user:canary-2@db/app',
    credentials: { user: 'canary-3', deep: { n: [1, 2] } },
  };
  const overrides = [overrideOf(['db', 'password'], 'canary-4'), overrideOf(['db', 'host'], 'other')];

  const textOf = (dir: string) =>
    versionFiles(dir)
      .map((name) => readFileSync(join(dir, name)))
      .map(
        (bytes) => bytes.toString('latin1') + gunzipSync(bytes.subarray(bytes.indexOf('\n') + 1)).toString(),
      )
      .join('\n');

  it.each([
    ['with a key', KEY],
    ['without a key', undefined],
  ])('are not on disk in the clear, and neither are their hashes, %s', async (_what, key) => {
    const dir = new TempFolder().path;
    const { store } = await openStore(dir, { ...(key && { key }) });
    const record = recordOf(1, tree, { overrides });
    await save(store, record);
    const text = textOf(dir);
    expect(text).toContain('"host":"db"');
    expect(text).not.toContain('canary');
    expect(text).not.toContain(Buffer.from('canary-1').toString('base64').slice(0, 8));
    expect(text).not.toContain(record.hash);
    expect(text).not.toContain(record.layers[0]!.hash);
    expect(text).not.toContain(KEY);
  });

  it('come back with the key', async () => {
    const dir = new TempFolder().path;
    const { store } = await openStore(dir, { key: KEY });
    await save(store, recordOf(1, tree, { overrides }));
    const { store: next, log } = await openStore(dir, { key: KEY });
    const restored = await next.restore(next.versions[0]!, live());
    expect(restored.layers[0]!.tree).toEqual(tree);
    expect(restored.overrides).toEqual(overrides);
    expect({ log, missing: restored.missing }).toEqual({ log: [], missing: [] });
  });

  it('are taken from the current content of the sources without the key, and that is logged', async () => {
    const dir = new TempFolder().path;
    const { store } = await openStore(dir, { key: KEY });
    await save(store, recordOf(1, tree, { overrides }));
    const { store: next, log } = await openStore(dir);
    const now = { db: { host: 'new', password: 'fresh' }, url: 'http://u:p@h' };
    const restored = await next.restore(next.versions[0]!, live({ 'app.yaml': now }));
    expect(restored.layers[0]!.tree).toEqual({
      db: { host: 'db', password: 'fresh' },
      url: 'http://u:p@h',
    });
    expect(restored.overrides.map(({ path }) => path)).toEqual(['db.host']);
    expect(restored.missing).toEqual(['credentials', 'db.password']);
    expect(log).toEqual([expect.stringContaining('history.key is not set')]);
  });

  it('are taken from the current content of the sources without a warning if there never was a key', async () => {
    const dir = new TempFolder().path;
    const { store } = await openStore(dir);
    await save(store, recordOf(1, tree));
    const { store: next, log } = await openStore(dir);
    const restored = await next.restore(
      next.versions[0]!,
      live({ 'app.yaml': { ...tree, db: { password: 'p' } } }),
    );
    expect(restored.layers[0]!.tree).toEqual({ ...tree, db: { host: 'db', password: 'p' } });
    expect(log).toEqual([]);
  });

  it('in lists are taken from the element with the same name, at any index', async () => {
    const dir = new TempFolder().path;
    const { store } = await openStore(dir);
    const providers = (...list: [name: string, api_key: string, model: string][]) => ({
      providers: list.map(([name, api_key, model]) => ({ name, api_key, model })),
    });
    await save(store, recordOf(1, providers(['a', 'key a', 'x'], ['b', 'key b', 'y'], ['c', 'key c', 'z'])));
    const { store: next } = await openStore(dir);
    const now = providers(['b', 'key b', 'new'], ['a', 'key a', 'x']);
    const { layers, missing } = await next.restore(next.versions[0]!, live({ 'app.yaml': now }));
    expect(layers[0]!.tree).toEqual({
      providers: [
        { name: 'a', api_key: 'key a', model: 'x' },
        { name: 'b', api_key: 'key b', model: 'y' },
        { name: 'c', model: 'z' },
      ],
    });
    expect(missing).toEqual(['providers.2.api_key']);
  });

  it('in lists without names are taken only if the rest of the lists is the same', async () => {
    const dir = new TempFolder().path;
    const { store } = await openStore(dir);
    const hosts = (...list: [host: string, token: string][]) => ({
      hosts: list.map(([host, token]) => ({ host, token })),
    });
    await save(store, recordOf(1, hosts(['a', '1'], ['b', '2'])));
    const { store: next } = await openStore(dir);
    const missingWhile = async (now: ConfigTree) =>
      (await next.restore(next.versions[0]!, live({ 'app.yaml': now }))).missing;
    expect(await missingWhile(hosts(['a', '8'], ['b', '9']))).toEqual([]);
    expect(await missingWhile(hosts(['b', '2'], ['a', '1']))).toEqual(['hosts.0.token', 'hosts.1.token']);
  });
});

describe('A directory of versions', () => {
  it('keeps the newest `max` versions', async () => {
    const dir = new TempFolder().path;
    const { store } = await openStore(dir, { max: 3 });
    for (let n = 1; n <= 6; n += 1) await save(store, recordOf(n, { n }));
    expect(versionFiles(dir).map((name) => /-v(\d+)-/.exec(name)![1])).toEqual(['4', '5', '6']);
    const { store: next } = await openStore(dir, { max: 2 });
    expect(next.versions.map(({ version }) => version)).toEqual([5, 6]);
    expect(versionFiles(dir)).toHaveLength(2);
  });

  it('removes versions that are too old, but not the newest', async () => {
    const dir = new TempFolder().path;
    const { store } = await openStore(dir);
    await save(store, recordOf(1, { n: 1 }), recordOf(2, { n: 2 }));
    await openStore(dir, { maxAge: -60_000 });
    expect(versionFiles(dir).map((name) => /-v(\d+)-/.exec(name)![1])).toEqual(['2']);
  });

  it('removes the oldest versions above the size limit, but not the newest', async () => {
    const dir = new TempFolder().path;
    const { store } = await openStore(dir);
    for (let n = 1; n <= 4; n += 1)
      await save(store, recordOf(n, { n, text: randomBytes(5_000).toString('hex') }));
    const size = statSync(join(dir, versionFiles(dir)[0]!)).size;
    await openStore(dir, { maxBytes: size * 2.5 });
    expect(versionFiles(dir)).toHaveLength(2);
    const { store: next } = await openStore(dir, { maxBytes: 1 });
    expect(next.versions.map(({ version }) => version)).toContain(4);
    expect(versionFiles(dir)).toHaveLength(1);
  });

  it('is not filled by repeated restarts with the same content', async () => {
    const dir = new TempFolder().path;
    for (const [key, password] of [
      [KEY, 'same'],
      [KEY, 'same'],
      [KEY, 'other'],
      [KEY, 'other'],
    ] as const) {
      const { store } = await openStore(dir, { key });
      await save(store, recordOf(store.lastVersion + 1, { n: 1, password }, { cause: 'boot' }));
      await store.close();
    }
    const { store } = await openStore(dir, { key: KEY });
    expect(store.versions.map(({ version }) => version)).toEqual([1, 2]);
  });

  it('leaves other files in their place, and logs their names', async () => {
    const folder = new TempFolder();
    folder.write('app.yaml', 'n: 1');
    mkdirSync(folder.file('lost+found'));
    const { log } = await openStore(folder.path);
    expect(readdirSync(folder.path).sort()).toEqual(['app.yaml', 'lost+found']);
    expect(log).toEqual([
      expect.stringMatching(/contains files that are not versions: app\.yaml, lost\+found\. /),
    ]);
  });

  it('renames files that have the extension of versions but are not versions, and keeps the newest five when it is opened again', async () => {
    const folder = new TempFolder();
    const { store } = await openStore(folder.path);
    await save(store, recordOf(9, { n: 9 }));
    for (let n = 0; n < 9; n += 1) folder.write(`foreign-${n}.hot-config`, 'whatever');
    mkdirSync(folder.file('directory.hot-config'));
    symlinkSync('/etc/passwd', folder.file(versionFileName(1, 1, 1, '00000000')));
    const { store: next, log } = await openStore(folder.path);
    expect(next.versions.map(({ version }) => version)).toEqual([9]);
    expect(versionFiles(folder.path)).toHaveLength(1);
    const aside = () => readdirSync(folder.path).filter((name) => name.startsWith('.corrupt-'));
    expect(aside()).toHaveLength(11);
    expect(log).toEqual([expect.stringMatching(/^11 files in .* cannot be used: .*; and 6 more\.$/)]);
    expect((await openStore(folder.path)).log).toEqual([
      expect.stringMatching(
        /^Old files that could not be used were removed from .*: (?:\.corrupt-[^d]\S*(?:, )?){5}$/,
      ),
    ]);
    // The newest five, and a directory, which is not removed, as it may have anything in it.
    expect(aside()).toHaveLength(6);
  });

  it.each([
    ['that is not JSON', 'no json'],
    ['that does not describe a version', '{"version":1}'],
    ['that is the copy of a file with another name', undefined],
    ['whose layers are missing', 'cut'],
  ])(
    'skips a file with a valid checksum %s, and keeps it: another release may use it',
    async (_what, text) => {
      const folder = new TempFolder();
      const { store } = await openStore(folder.path);
      await save(store, recordOf(1, { n: 1 }));
      const [file] = versionFiles(folder.path);
      const bytes = readFileSync(folder.file(file!));
      const name = versionFileName(Date.now(), 9, 1, '00000000');
      const { head } = await decodeVersionFile({ name: file!, bytes }, undefined);
      const whole = gunzipSync(head).toString().replace(file!, name);
      const forged =
        text === undefined
          ? [bytes]
          : await encodeVersionFile(name, text === 'cut' ? whole : text, [], undefined);
      writeFileSync(folder.file(name), Buffer.concat(forged));
      const { store: next, log } = await openStore(folder.path);
      expect(next.versions.map(({ version }) => version)).toEqual([1]);
      expect(next.lastVersion).toBe(1);
      expect(log).toEqual([expect.stringMatching(/^1 file in .* was skipped: .*Skipped files stay/)]);
      expect(versionFiles(folder.path)).toContain(name);
    },
  );

  it('skips a file that has just been removed by another process', async () => {
    const folder = new TempFolder();
    const { store } = await openStore(folder.path);
    await save(store, recordOf(1, { n: 1 }));
    const name = versionFileName(Date.now(), 9, 1, '00000000');
    // As a file that another process pruned while this one reads: the name was there a moment ago.
    const list = vi.spyOn(VersionDirectory.prototype, 'list');
    const listing = await new VersionDirectory(folder.path, Infinity).list();
    list.mockResolvedValue({ ...listing, versions: [...listing.versions, parseVersionFileName(name)!] });
    const { store: next, log } = await openStore(folder.path);
    list.mockRestore();
    expect(next.versions.map(({ version }) => version)).toEqual([1]);
    expect(log).toEqual([]);
  });

  it('is cleaned of the unfinished files of killed processes, but not of those of running processes', async () => {
    const folder = new TempFolder();
    const name = (pid: number) => `.${versionFileName(Date.now(), 1, pid, 'deadbeef')}.tmp`;
    const [dead, mine, reused] = [name(4_194_304 - 1), name(process.pid), `${name(1)}`];
    for (const file of [dead, mine, reused]) folder.write(file, 'half of it');
    utimesSync(folder.file(reused), 1, 1);
    await openStore(folder.path);
    expect(readdirSync(folder.path)).toEqual([mine]);
  });

  it('has the newest version last if the clock was set back', async () => {
    const dir = new TempFolder().path;
    mkdirSync(dir, { recursive: true });
    const { store } = await openStore(dir);
    await save(store, recordOf(1, { n: 1 }));
    const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 1e9);
    await save(store, recordOf(5, { n: 5 }));
    clock.mockRestore();
    const { store: next } = await openStore(dir);
    await save(next, recordOf(6, { n: 6 }));
    expect(versionFiles(dir).at(-1)).toMatch(/-v6-/);
  });

  it('has the newest file for a number that two processes used', async () => {
    const dir = new TempFolder().path;
    const { store: one } = await openStore(dir);
    const { store: other } = await openStore(dir);
    await save(one, recordOf(1, { who: 'one' }));
    const saved = Date.now();
    await until('the clock has advanced', () => Date.now() > saved);
    await save(other, recordOf(1, { who: 'other' }));
    const { store } = await openStore(dir);
    expect(store.versions).toHaveLength(1);
    expect((await store.restore(store.versions[0]!, live())).layers[0]!.tree).toEqual({ who: 'other' });
  });
});

describe('Saving', () => {
  it('discards the oldest of a burst of versions, and never the latest', async () => {
    const dir = new TempFolder().path;
    const { store } = await openStore(dir, { max: 5 });
    for (let n = 1; n <= 1_000; n += 1) store.save(recordOf(n, { n }));
    await store.idle();
    const { store: next } = await openStore(dir);
    const kept = next.versions.map(({ version }) => version);
    expect(kept.length).toBeLessThanOrEqual(6);
    expect(kept.slice(-5)).toEqual([996, 997, 998, 999, 1000]);
  });

  it('of a tree with many keys does not block the event loop', async () => {
    const dir = new TempFolder().path;
    const { store } = await openStore(dir);
    const section = (n: number) =>
      Object.fromEntries(Array.from({ length: 100 }, (_, m) => [`setting_${m}`, `value ${n} ${m}`]));
    const tree = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`section_${n}`, section(n)]));
    store.save(recordOf(1, tree));
    let turns = 0;
    let isSaved = false;
    const saved = store.idle().then(() => (isSaved = true));
    while (!isSaved) {
      turns += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await saved;
    expect(turns).toBeGreaterThan(5);
    const { store: next } = await openStore(dir);
    const { layers } = await next.restore(next.versions[0]!, live());
    expect(layers[0]!.tree).toEqual(tree);
  });

  it('continues after a version that cannot be written to any disk', async () => {
    const dir = new TempFolder().path;
    const { store, log } = await openStore(dir);
    const cyclic: ConfigTree = {};
    cyclic['again'] = cyclic;
    await save(store, recordOf(1, cyclic), recordOf(2, { n: 2 }));
    expect(versionFiles(dir)).toHaveLength(1);
    expect(log).toEqual(['Version 1 cannot be written to disk: it contains itself, or nests too deeply']);
  });
});

describe('The versions of two apps in one directory', () => {
  const owner = (app: string | undefined, ...sources: string[]) => ({
    owner: { app, sources: () => sources },
  });
  const layer = (source: string) => ({ layers: [{ source, hash: 'h', tree: {} }] });

  it.each([
    ['of the same name, with a source in common', owner('shop', 'environment', 'new'), true],
    ['without a name, with a source in common', owner(undefined, 'environment'), true],
    ['of another name', owner('worker', 'environment'), false],
    ['of the same name, without a source in common', owner('shop', 'app.yaml'), false],
  ])('belong to an app %s: %s', async (_what, by, isOwn) => {
    const dir = new TempFolder().path;
    const { store } = await openStore(dir, owner('shop', 'environment'));
    await save(store, recordOf(7, {}, layer('environment')));
    const { store: next, log } = await openStore(dir, by);
    expect(next.versions.map(({ version }) => version)).toEqual(isOwn ? [7] : []);
    expect(next.lastVersion).toBe(7);
    expect(log).toHaveLength(isOwn ? 0 : 1);
  });

  it('belong to every app with their sources if an earlier release wrote them', async () => {
    const dir = new TempFolder().path;
    const { store } = await openStore(dir, owner(undefined, 'environment'));
    await save(store, recordOf(7, {}, layer('environment')));
    const { store: next } = await openStore(dir, owner('worker', 'environment'));
    expect(next.versions).toHaveLength(1);
  });

  it('are limited and removed by their own app only', async () => {
    const dir = new TempFolder().path;
    const [a, b] = [owner('a', 'environment'), owner('b', 'environment')];
    const versions = (...numbers: number[]) => numbers.map((n) => recordOf(n, { n }, layer('environment')));
    const { store: first } = await openStore(dir, { ...a, max: 2 });
    await save(first, ...versions(1, 2));
    const { store: second } = await openStore(dir, { ...b, max: 2 });
    // Files that the first process has not seen at its start.
    await save(second, ...versions(3, 4, 5));
    await save(first, ...versions(6));
    expect(versionFiles(dir).map((name) => parseVersionFileName(name)?.version)).toEqual([2, 4, 5, 6]);
    const { store: next } = await openStore(dir, { ...a, max: 2 });
    expect(next.versions.map(({ version }) => version)).toEqual([2, 6]);
    expect(next.lastVersion).toBe(6);
  });

  it('stay if the disk does not show whose they are', async () => {
    const dir = new TempFolder().path;
    const { store: other } = await openStore(dir, owner('b', 'environment'));
    await save(other, ...[1, 2].map((n) => recordOf(n, { n }, layer('environment'))));
    const read = vi.spyOn(VersionDirectory.prototype, 'read');
    onTestFinished(() => read.mockRestore());
    read.mockRejectedValue(Object.assign(new Error('too many open files'), { code: 'EMFILE' }));
    const { store } = await openStore(dir, { ...owner('a', 'environment'), max: 1 });
    await save(store, recordOf(3, {}, layer('environment')));
    expect(versionFiles(dir)).toHaveLength(3);
  });

  it('are read once to find out, and those that an app has written itself are not', async () => {
    const dir = new TempFolder().path;
    const read = vi.spyOn(VersionDirectory.prototype, 'read');
    onTestFinished(() => read.mockRestore());
    const { store } = await openStore(dir, owner('a', 'environment'));
    await save(store, ...[1, 2].map((n) => recordOf(n, { n }, layer('environment'))));
    expect(read).not.toHaveBeenCalled();
    await openStore(dir, owner('a', 'environment'));
    expect(read).toHaveBeenCalledTimes(2);
  });
});
