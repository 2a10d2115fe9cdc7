import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ConfigOptionsError, ConfigParseError, ConfigSourceError } from '../../lib/errors/config.errors.js';
import { directory } from '../../lib/sources/directory.source.js';
import type { ConfigFormat } from '../../lib/formats/config-format.interface.js';
import type { WatchTarget } from '../../lib/watch/file-watch.interface.js';
import { failureOf, load } from './support/loading.js';
import { KubeletVolume } from '../support/kubelet-volume.js';
import { startApp } from '../support/start-app.js';
import { useWorkspace, write } from './support/workspace.js';

/** A format that counts what it parses. */
function counting(): ConfigFormat & { readonly parsed: string[] } {
  const parsed: string[] = [];
  return {
    name: 'counting',
    extensions: ['json'],
    parsed,
    parse: (text, { file }) => (parsed.push(file), { value: JSON.parse(text) as unknown }),
  };
}

describe('directory', () => {
  useWorkspace();

  it('makes each file a key below its mount, joined by dots', async () => {
    write('modules/npc/dialogue_casual.json', '{"lines":["hi"]}');
    write('modules/shop.yaml', 'open: true\n');
    write('modules/README.md', '# not configuration');
    const layer = await load(directory('modules/', { mount: 'modules' }));
    expect(layer).toMatchObject({
      source: 'modules',
      tree: { modules: { 'npc.dialogue_casual': { lines: ['hi'] }, shop: { open: true } } },
    });
    expect(layer.revision).toBe(layer.hash);
  });

  it('creates nested objects if `nested` is set', async () => {
    write('m/npc/a.json', '1');
    write('m/npc/b.c.json', '2');
    write('m/npc/deep/toString.json', '3');
    expect((await load(directory('m', { nested: true }))).tree).toEqual({
      npc: { a: 1, 'b.c': 2, deep: { toString: 3 } },
    });
  });

  it('locates the file and the position of each value', async () => {
    write('m/npc/a.yaml', 'x:\n  y: 1\n');
    const layer = await load(directory('m', { mount: 'mods.all', nested: true }));
    const origin = { source: 'm', file: 'm/npc/a.yaml' };
    expect(layer.locate(['mods', 'all', 'npc', 'a', 'x', 'y'])).toEqual({ ...origin, line: 2, column: 6 });
    expect(layer.locate(['mods', 'all', 'npc', 'a', 'x'], 'key')).toEqual({ ...origin, line: 1, column: 1 });
    expect(layer.locate(['mods', 'all', 'npc', 'a'])).toEqual({ ...origin, line: 1, column: 1 });
    for (const path of [['mods', 'all', 'npc', 'b'], ['mods'], ['elsewhere', 'a']]) {
      expect(layer.locate(path)).toEqual({ source: 'm', file: 'm' });
    }
  });

  it('selects files by extension, by filter, with or without sub-directories', async () => {
    for (const name of ['a.json', 'b.JSON', 'c.yaml', 'd.conf.json', 'sub/e.json'])
      write(`m/${name}`, '{"x":1}');
    const keysOf = async (options: Parameters<typeof directory>[1]) =>
      Object.keys((await load(directory('m', options))).tree);
    expect(await keysOf({ extensions: ['.json'] })).toEqual(['a', 'b', 'd.conf', 'sub.e']);
    expect(await keysOf({ extensions: ['json', 'conf.json'] })).toEqual(['a', 'b', 'd', 'sub.e']);
    expect(await keysOf({ recursive: false })).toEqual(['a', 'b', 'c', 'd.conf']);
    expect(await keysOf({ filter: (path) => path.startsWith('sub/') })).toEqual(['sub.e']);
    expect(await keysOf({ format: 'yaml' })).toEqual(['a', 'b', 'c', 'd.conf', 'sub.e']);
  });

  it('ignores temporary files of editors and dotfiles', async () => {
    write('m/a.json', '1');
    const litter = [
      'a.json~',
      '.#a.json',
      '#a.json#',
      '.a.json.swp',
      'a.swx',
      '4913',
      'a.tmp',
      'a.bak',
      '.git/b.json',
    ];
    for (const name of [...litter, 'a.json___jb_tmp___', 'x~/b.json']) write(`m/${name}`, 'litter');
    expect((await load(directory('m', { format: 'json' }))).tree).toEqual({ a: 1 });
  });

  it.each([
    'gpt.yaml.dpkg-old',
    'gpt.yaml.dpkg-dist',
    'gpt.yaml.dpkg-new',
    'gpt.yaml.ucf-dist',
    'gpt.yaml.rpmsave',
    'gpt.yaml.rpmnew',
    'gpt.yaml.pacnew',
    'gpt.yaml.rej',
    'gpt.yaml.orig',
    'gpt.yaml.crdownload',
    'Thumbs.db',
    '.DS_Store',
    '.#gpt.yaml',
    '#gpt.yaml#',
    '.gpt.yaml.swp',
    '.goutputstream-X1Y2Z3',
  ])('ignores %s, with any format', async (name) => {
    write('m/gpt.yaml', 'a: 1');
    write(`m/${name}`, 'a: 2');
    for (const format of [undefined, 'text', 'yaml']) {
      const { tree, warnings } = await load(directory('m', format === undefined ? {} : { format }));
      expect(Object.keys(tree)).toEqual([format === 'text' ? 'gpt.yaml' : 'gpt']);
      expect(warnings).toEqual([]);
    }
  });

  it('reads a leftover that the app or a manifest names', async () => {
    write('m/gpt.yaml.rej', 'a: 1');
    write('m/Copy of gpt.yaml', 'a: 2');
    write('m/gpt.yaml', 'a: 3');
    const paths = { 'gpt.yaml.rej': 'rejected', 'Copy of gpt.yaml': 'copy' };
    const named = await load(directory('m', { format: 'yaml', paths }));
    expect(named.tree).toEqual({ gpt: { a: 3 }, rejected: { a: 1 }, copy: { a: 2 } });
    expect(named.warnings).toEqual([]);
    write('m/manifest.yaml', 'modules: { x: gpt.yaml.rej, y: Copy of gpt.yaml }');
    const listed = await load(directory('m', { format: 'yaml', manifest: 'manifest.yaml' }));
    expect(listed.tree).toEqual({ x: { a: 1 }, y: { a: 2 } });
  });

  it.each([
    'Copy of gpt.yaml',
    'Kopie von gpt.yaml',
    'gpt copy.yaml',
    'gpt copy 2.yaml',
    'gpt - Copy.yaml',
    'gpt - Copy (2).yaml',
    'gpt (copy).yaml',
    'gpt (3rd copy).yaml',
    "gpt (Ada's conflicted copy 2026-11-29).yaml",
    'gpt.sync-conflict-20261129-101112-ABCDEFG.yaml',
    'gpt_conflict-20261129-101112.yaml',
    'gpt_REMOTE_4711.yaml',
    'gpt.bak.yaml',
  ])('passes over a copy beside its original, with a warning: %s', async (name) => {
    write('m/sub/gpt.yaml', 'a: 1');
    write(`m/sub/${name}`, 'a: 2');
    const layer = await load(directory('m', { mount: 'x' }));
    expect(layer.tree).toEqual({ x: { 'sub.gpt': { a: 1 } } });
    const message = `m/sub/${name} looks like a copy of sub/gpt.yaml, and is not read; remove it, or rename it, or name it in the option "paths"`;
    expect(layer.warnings).toEqual([{ path: 'x', message, origin: { source: 'm', file: `m/sub/${name}` } }]);
  });

  it.each(['gpt (1).yaml', 'gpt.old.yaml', 'gpt-old.yaml', 'gpt-backup.yaml'])(
    'reads a file that may be a copy of the one beside it, with a warning: %s',
    async (name) => {
      write(`m/${name}`, 'a: 2');
      expect((await load(directory('m'))).warnings).toEqual([]);
      write('m/gpt.yaml', 'a: 1');
      const { tree, warnings } = await load(directory('m'));
      expect(Object.keys(tree)).toHaveLength(2);
      expect(warnings).toMatchObject([
        { message: `m/${name} looks like a copy of gpt.yaml, but is read; remove it if it is one` },
      ]);
    },
  );

  it('warns of a copy that appears while the app runs, although nothing changes', async () => {
    write('m/gpt.yaml', 'a: 1');
    const { manager, config } = await startApp({}, {}, { sources: [directory('m')], enabled: false });
    write('m/gpt copy.yaml', 'a: 2');
    const result = await manager.reload();
    expect(result.outcome).toBe('unchanged');
    expect(result.issues).toMatchObject([{ origin: { file: 'm/gpt copy.yaml' } }]);
    expect(config.value).toEqual({ gpt: { a: 1 } });
    rmSync('m/gpt copy.yaml');
    expect((await manager.reload()).issues).toEqual([]);
  });

  it('reads a copy without an original, with a warning', async () => {
    write('m/Copy of gpt.yaml', 'a: 1');
    const { tree, warnings } = await load(directory('m'));
    expect(tree).toEqual({ 'Copy of gpt': { a: 1 } });
    expect(warnings).toMatchObject([
      { message: 'm/Copy of gpt.yaml looks like a copy, but is read; remove it if it is one' },
    ]);
  });

  it.each([
    'copy.yaml',
    'copyright.yaml',
    'gpt-4.yaml',
    'gpt 4.yaml',
    'photocopy.yaml',
    'backup.yaml',
    'v1.old-new.yaml',
    'bold.yaml',
  ])('reads a file with a usual name: %s', async (name) => {
    for (const file of ['gpt.yaml', '4.yaml', 'photo.yaml', 'v1.yaml', 'right.yaml', name])
      write(`m/${file}`, 'a: 1');
    const { tree, warnings } = await load(directory('m'));
    expect(Object.keys(tree)).toHaveLength(6);
    expect(warnings).toEqual([]);
  });

  it('reports two files whose names look the same, in NFC and in NFD', async () => {
    write('m/caf\u00e9.yaml', 'a: 1');
    write('m/cafe\u0301.yaml', 'a: 2');
    const { issues } = await failureOf(directory('m'));
    expect(issues).toHaveLength(1);
    expect(issues[0]?.message).toContain('whose names look the same, but have other Unicode characters');
  });

  it('parses only changed files, and shares the other values', async () => {
    const format = counting();
    const source = directory('m', { format });
    write('m/a.json', '{"v":1}');
    write('m/b.json', '{"v":1}');
    const first = await load(source);
    write('m/a.json', '{"v":2}');
    write('m/c.json', '{"v":3}');
    const second = await load(source, { known: [first] });
    expect(second.tree).toEqual({ a: { v: 2 }, b: { v: 1 }, c: { v: 3 } });
    expect(second.tree['b']).toBe(first.tree['b']);
    expect(format.parsed).toEqual(['m/a.json', 'm/b.json', 'm/a.json', 'm/c.json']);
    write('m/a.json', '{"v":1}');
    rmSync('m/c.json');
    expect(await load(source, { known: [first, second] })).toBe(first);
    const fresh = await load(source, { known: [second] });
    expect(fresh.hash).toBe(first.hash);
    expect(format.parsed).toHaveLength(5);
  });

  it('parses the good files once while it waits for a bad one', async () => {
    const format = counting();
    const source = directory('m', { format });
    write('m/a.json', '{"v":1}');
    write('m/b.json', '{"v":');
    const early = await failureOf(source, { final: false });
    const late = await failureOf(source);
    expect(format.parsed).toEqual(['m/a.json', 'm/b.json']);
    expect(early).toMatchObject({ transient: true, revision: late.revision });
    write('m/b.json', '{"v":2}');
    expect((await load(source)).tree).toEqual({ a: { v: 1 }, b: { v: 2 } });
    expect(format.parsed).toHaveLength(3);
  });

  it('reports all unusable files, each with its position', async () => {
    write('m/a.json', '{"a":\n oops}');
    write('m/b.yaml', 'a: [1');
    write('m/c.json', '{"ok":1}');
    write('m/d.json', '{"__proto__":1}');
    const failure = await failureOf(directory('m', { mount: 'mods' }));
    expect(failure).toBeInstanceOf(ConfigParseError);
    expect(failure.summary).toBe('3 files of m cannot be used');
    expect(failure.issues.map(({ path, origin }) => [path, origin?.file, origin?.line])).toEqual([
      ['mods.a', 'm/a.json', 2],
      ['mods.b', 'm/b.yaml', 1],
      ['mods.d.__proto__', 'm/d.json', 1],
    ]);
  });

  it('reports two files with the same key', async () => {
    write('m/a.json', '1');
    write('m/a.yaml', '1');
    write('m/b.c.json', '1');
    write('m/b/c.json', '1');
    const failure = await failureOf(directory('m'));
    expect(failure).not.toBeInstanceOf(ConfigParseError);
    expect(failure.issues.map(({ message }) => message)).toEqual([
      'a comes from two files, m/a.json and m/a.yaml; remove one',
      "['b.c'] comes from two files, m/b.c.json and m/b/c.json; remove one",
    ]);
  });

  it('reports a file whose key is within the content of another file', async () => {
    write('m/a.json', '{"b":1}');
    write('m/a/b.json', '1');
    expect((await failureOf(directory('m', { nested: true }))).issues[0]?.message).toBe(
      'a.b is within the content of m/a.json; move one of them',
    );
  });

  it('rejects file names that could change a prototype', async () => {
    write('m/__proto__.json', '{"polluted":1}');
    write('m/x/constructor.json', '1');
    const failure = await failureOf(directory('m', { nested: true }));
    expect(failure.issues.map(({ origin }) => origin?.file)).toEqual([
      'm/__proto__.json',
      'm/x/constructor.json',
    ]);
  });

  it('respects the limits', async () => {
    write('m/a.json', '{"x":[1,2]}');
    write('m/b.json', '{"x":[1,2]}');
    const limited = (limits: object) => failureOf(directory('m'), { limits, final: false });
    expect(await limited({ maxTotalSize: 15 })).toMatchObject({ transient: false });
    expect((await limited({ maxTotalSize: 15 })).message).toContain('more than 15 bytes in all its files');
    expect((await limited({ maxKeys: 7 })).message).toContain(
      'more than 7 keys and elements in all its files',
    );
    expect((await limited({ maxKeys: 1 })).message).toContain('more than 1 files');
    expect((await limited({ maxFileSize: 5 })).issues).toHaveLength(2);
    write('m/1/2/3/deep.json', '1');
    expect((await limited({ maxDepth: 3 })).message).toContain(
      'directories nested more than 3 levels deep (limit maxDepth)',
    );
    expect(Object.keys((await load(directory('m'), { limits: { maxDepth: 4 } })).tree)).toHaveLength(3);
  });

  it('reports files in an unknown format', async () => {
    write('m/a.ini', '1');
    const failure = await failureOf(directory('m', { extensions: ['ini'] }));
    expect(failure.message).toMatch(/m\/a\.ini .*known format/);
    expect((await failureOf(directory('m', { format: 'ini' }))).message).toContain('unknown format "ini"');
  });

  it('rejects a mount that is not a path', () => {
    expect(() => directory('m', { mount: 'a[' })).toThrow(ConfigOptionsError);
    expect(directory('m', { onError: 'keep' }).onError).toBe('keep');
  });

  describe('that is missing', () => {
    it('is a transient error until the last attempt', async () => {
      expect(await failureOf(directory('m'), { final: false })).toMatchObject({ transient: true });
      const failure = await failureOf(directory('m'));
      expect(failure.transient).toBe(false);
      expect(failure.message).toMatch(/^m could not be read\n {2}m {2}does not exist; create it/);
    });

    it('is an empty layer on the last attempt if it is optional', async () => {
      const source = directory('m', { optional: true, mount: 'mods' });
      const missing = await load(source, { final: false });
      expect(missing.tree).toEqual({});
      write('m/a.json', '1');
      const present = await load(source, { known: [missing] });
      renameSync('m', 'gone');
      expect((await failureOf(source, { final: false, known: [missing, present] })).transient).toBe(true);
      expect(await load(source, { known: [missing, present] })).toBe(missing);
    });

    it('is not the same as a file of that name', async () => {
      write('m', 'x');
      expect((await failureOf(directory('m', { optional: true }))).message).toContain(
        'is a file, not a directory',
      );
    });
  });

  describe('that is empty', () => {
    it('is a transient error until the last attempt', async () => {
      mkdirSync('m');
      expect(await failureOf(directory('m'), { final: false })).toMatchObject({ transient: true });
      expect((await failureOf(directory('m'))).summary).toBe('m is empty');
    });

    it('is an empty layer on the last attempt if `allowEmpty` is set', async () => {
      write('m/a.json', '1');
      const source = directory('m', { allowEmpty: true });
      const full = await load(source);
      rmSync('m/a.json');
      expect((await failureOf(source, { final: false, known: [full] })).transient).toBe(true);
      const empty = await load(source, { known: [full] });
      expect(empty.tree).toEqual({});
      expect(await load(source, { final: false, known: [full, empty] })).toBe(empty);
    });
  });

  it('removes the key of a missing file only on the last attempt', async () => {
    write('m/a.json', '1');
    write('m/b.json', '2');
    const source = directory('m');
    const first = await load(source);
    rmSync('m/b.json');
    const early = await failureOf(source, { final: false, known: [first] });
    expect(early).toMatchObject({ transient: true, issues: [{ message: 'm/b.json no longer exists' }] });
    const second = await load(source, { known: [first] });
    expect(second.tree).toEqual({ a: 1 });
    expect(await load(source, { final: false, known: [first, second] })).toBe(second);
  });

  it('accepts an empty file only on the last attempt, if `allowEmpty` is set', async () => {
    write('m/a.json', '1');
    write('m/b.yaml', 'x: 1');
    const source = directory('m', { allowEmpty: true });
    const first = await load(source);
    write('m/b.yaml', '');
    expect((await failureOf(source, { final: false, known: [first] })).summary).toBe('m/b.yaml is empty');
    const second = await load(source, { known: [first] });
    expect(second.tree).toEqual({ a: 1, b: {} });
    write('m/a.json', '2');
    expect((await load(source, { final: false, known: [first, second] })).tree).toEqual({ a: 2, b: {} });
    expect((await failureOf(directory('m'))).message).toContain('m/b.yaml  is empty; restore');
  });

  describe('with a manifest', () => {
    const source = () => directory('m', { mount: 'modules', manifest: 'manifest.yaml' });

    it('uses the ids of a list, and reads only its files', async () => {
      write('m/npc/a.json', '{"x":1}');
      write('m/unlisted.json', 'broken');
      write('m/manifest.yaml', 'version: 3\nmodules:\n  - {id: npc.a, file: ./npc/a.json, author: ada}\n');
      expect((await load(source())).tree).toEqual({ modules: { 'npc.a': { x: 1 } } });
    });

    it('accepts a mapping of ids to files, below `entries` too, and nests ids', async () => {
      write('m/a.json', '1');
      write('m/list.json', '{"entries":{"x.y":"a.json","x.z":{"file":"a.json","since":2}}}');
      const layer = await load(directory('m', { manifest: 'list.json', nested: true }));
      expect(layer.tree).toEqual({ x: { y: 1, z: 1 } });
      expect(layer.locate(['x', 'z'])).toMatchObject({ file: 'm/a.json', line: 1 });
    });

    it('may be empty', async () => {
      write('m/manifest.yaml', 'modules: []');
      expect((await load(source())).tree).toEqual({});
    });

    it('follows a change of the manifest alone', async () => {
      write('m/a.json', '1');
      write('m/manifest.yaml', 'modules: {one: a.json}');
      const first = await load(source());
      write('m/manifest.yaml', 'modules: {two: a.json}');
      const second = await load(source(), { final: false, known: [first] });
      expect(second.tree).toEqual({ modules: { two: 1 } });
      expect(second.hash).not.toBe(first.hash);
    });

    it.each([
      ['modules: {a: ../secret.json}', 'within the directory', 14],
      ['modules: {a: x/../../secret.json}', 'within the directory', 14],
      ['modules: {a: /etc/passwd}', 'within the directory', 14],
      ['modules: {a: "C:\\\\x.json"}', 'within the directory', 14],
      ['modules: {a: .}', 'within the directory', 14],
      ['modules: {a: .hidden.json}', 'hidden or temporary', 14],
      ['modules: {a: 7}', 'needs a `file`', 11],
      ['modules: [{id: a}]', 'needs a `file`', 11],
      ['modules: [{id: "", file: x.json}]', 'needs an `id`', 16],
      ['modules: [a.json]', 'needs an `id`', 11],
      ['modules: [null]', 'needs an `id`', 11],
      ['modules: [{id: prototype, file: x.json}]', 'not allowed as an id', 16],
      ['modules: x', 'must be a list', 10],
      ['modules:', 'must be a list', 1],
      ['modules: []\nentries: []', 'either `modules` or `entries`', 1],
      ['other: 1', 'either `modules` or `entries`', 1],
      ['- a', 'either `modules` or `entries`', 1],
    ])('rejects %j with its position', async (manifest, message, column) => {
      write('m/manifest.yaml', manifest);
      const { issues } = await failureOf(source());
      expect(issues).toEqual([
        {
          path: '',
          message: expect.stringContaining(message),
          origin: { source: 'm', file: 'm/manifest.yaml', line: 1, column },
        },
      ]);
    });

    it('reports problems of the manifest file', async () => {
      expect((await failureOf(source())).message).toMatch(/^m could not be read/);
      mkdirSync('m');
      expect(await failureOf(source(), { final: false })).toMatchObject({
        summary: 'm/manifest.yaml could not be read',
        transient: true,
      });
      write('m/manifest.yaml', 'modules: [');
      expect(await failureOf(source())).toBeInstanceOf(ConfigParseError);
      write('m/manifest.yaml', '');
      expect((await failureOf(source(), { final: false })).transient).toBe(true);
    });

    it('reports a listed file that is missing, and a repeated id', async () => {
      write('m/a.json', '1');
      write('m/b.json', '1');
      write(
        'm/manifest.yaml',
        'modules: [{id: x, file: a.json}, {id: x, file: b.json}, {id: y, file: c.json}]',
      );
      const failure = await failureOf(source());
      expect(failure).toBeInstanceOf(ConfigSourceError);
      expect(failure.issues.map(({ path, message }) => `${path}: ${message}`)).toEqual([
        'modules.x: modules.x comes from two files, m/a.json and m/b.json; remove one',
        expect.stringMatching(/^modules\.y: does not exist/),
      ]);
    });

    it('rejects a listed link that leads outside, and follows one that stays inside', async () => {
      write('secret.json', '"hunter2"');
      write('m/real.json', '1');
      symlinkSync('../secret.json', 'm/out.json');
      symlinkSync('real.json', 'm/in.json');
      write('m/manifest.yaml', 'modules: {a: in.json}');
      expect((await load(source())).tree).toEqual({ modules: { a: 1 } });
      write('m/manifest.yaml', 'modules: {a: in.json, b: out.json}');
      expect((await failureOf(source())).message).toMatch(
        /m\/out\.json {2}is a link to \/.+\/secret\.json, which is outside \/.+\/m; move it there/,
      );
    });

    it('watches the manifest and all files that it may list', async () => {
      const { filter } = await watched(source());
      expect(['manifest.yaml', 'a.xyz', 'sub/b', 'a.json~', '.x'].map((name) => filter?.(name))).toEqual([
        true,
        true,
        true,
        false,
        false,
      ]);
    });
  });

  it('follows links within the directory, and ignores loops', async () => {
    write('m/a.json', '1');
    write('m/x/b.json', '2');
    symlinkSync('x', 'm/linked');
    symlinkSync('../linked/b.json', 'm/x/c.json');
    symlinkSync('.', 'm/loop');
    symlinkSync('..', 'm/x/up');
    symlinkSync(process.cwd() + '/m', 'given');
    for (const path of ['m', 'given'])
      expect((await load(directory(path))).tree).toEqual({
        a: 1,
        'x.b': 2,
        'x.c': 2,
        'linked.b': 2,
        'linked.c': 2,
      });
  });

  it('refuses links that leave the directory, unless they stay in the one of the option `within`', async () => {
    write('shared/b.json', '2');
    write('m/a.json', '1');
    symlinkSync('../shared', 'm/linked');
    symlinkSync('../shared/b.json', 'm/c.json');
    symlinkSync('../shared', 'm/.hidden');
    symlinkSync('../shared', 'm/old~');
    const home = process.cwd();
    const outside = (target: string) =>
      `is a link to ${home}/${target}, which is outside ${home}/m; move it there, or allow another directory with { within }`;
    const failure = await failureOf(directory('m'), { final: false });
    expect(failure.transient).toBe(false);
    expect(failure.issues.map(({ message, origin }) => [origin?.file, message])).toEqual([
      ['m/c.json', outside('shared/b.json')],
      ['m/linked', outside('shared')],
    ]);
    const tree = { a: 1, c: 2, 'linked.b': 2 };
    for (const within of ['.', 'shared', home])
      expect((await load(directory('m', { within }))).tree).toEqual(tree);
    expect(Object.keys((await failureOf(directory('m', { within: 'm' }))).issues)).toHaveLength(2);
    rmSync('m/c.json');
    expect((await load(directory('m', { recursive: false }))).tree).toEqual({ a: 1 });
  });

  it('counts all entries that it looks at, also those that it does not read', async () => {
    for (let n = 0; n < 10; n += 1) write(`m/.cache/${n}`, 'x');
    for (let n = 0; n < 10; n += 1) write(`m/x/${n}.md`, 'x');
    write('m/a.json', '1');
    // `.cache`, `x`, `a.json`, and the ten in `x`.
    expect((await load(directory('m'), { limits: { maxEntries: 13 } })).tree).toEqual({ a: 1 });
    const failure = await failureOf(directory('m'), { limits: { maxEntries: 12 }, final: false });
    expect(failure).toMatchObject({ transient: false });
    expect(failure.issues[0]!.message).toBe(
      'contains more than 12 files and directories (limit maxEntries); remove some or raise the limit',
    );
  });

  it('ends at the limit of entries where directories link each other in all orders', async () => {
    for (let from = 0; from < 12; from += 1) {
      write(`m/${from}/a.json`, '1');
      for (let to = 0; to < 12; to += 1) if (to !== from) symlinkSync(`../${to}`, `m/${from}/to${to}`);
    }
    expect((await failureOf(directory('m'))).message).toContain('(limit maxEntries)');
  });

  it.each([
    ['/', 'the whole machine'],
    ['/proc', 'what never ends'],
  ])(
    'ends on a link to %s, with an error if it may not be followed, and at the limit if it may',
    async (to) => {
      write('m/a.json', '1');
      symlinkSync(to, 'm/all');
      const { issues } = await failureOf(directory('m'));
      expect(issues.map(({ origin, message }) => `${origin?.file} ${message}`)).toEqual([
        expect.stringContaining(`m/all is a link to ${to}, which is outside ${process.cwd()}/m`),
      ]);
      const limited = await failureOf(directory('m', { within: '/' }), { limits: { maxEntries: 500 } });
      expect(limited.issues).toHaveLength(1);
    },
  );

  it('stops walking and reading when its load is aborted', async () => {
    for (let n = 0; n < 200; n += 1) write(`m/${n}/a.json`, '1');
    let looked = 0;
    const controller = new AbortController();
    const filter = () => {
      looked += 1;
      if (looked === 5) controller.abort(new Error('no answer in time'));
      return true;
    };
    await expect(load(directory('m', { filter }), { signal: controller.signal })).rejects.toThrow(
      'no answer in time',
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(looked).toBe(5);
  });

  describe('as a ConfigMap volume', () => {
    function publish(generation: string, files: Record<string, string>): void {
      for (const [name, content] of Object.entries(files)) write(`vol/..${generation}/${name}`, content);
      symlinkSync(`..${generation}`, 'vol/..data_tmp');
      renameSync('vol/..data_tmp', 'vol/..data');
    }

    it('reads each value as a string below its whole name, and follows swaps', async () => {
      publish('one', { 'tls.crt': 'CERT\n', user: 'ada', 'app.json': '{"a":1}' });
      for (const name of ['tls.crt', 'user', 'app.json']) symlinkSync(`..data/${name}`, `vol/${name}`);
      const source = directory('vol', { mount: 'secret', format: 'text' });
      const first = await load(source);
      expect(first.tree).toEqual({ secret: { 'tls.crt': 'CERT', user: 'ada', 'app.json': '{"a":1}' } });
      publish('two', { 'tls.crt': 'CERT2\n', user: 'ada', 'app.json': '{"a":1}' });
      const second = await load(source, { known: [first] });
      expect(second.tree).toMatchObject({ secret: { 'tls.crt': 'CERT2', user: 'ada' } });
    });

    it('is parsed by extension without the `format` option, with a manifest too', async () => {
      publish('one', { 'a.json': '{"a":1}', 'manifest.yaml': 'modules: {first: a.json}' });
      for (const name of ['a.json', 'manifest.yaml']) symlinkSync(`..data/${name}`, `vol/${name}`);
      expect((await load(directory('vol', { filter: (name) => name === 'a.json' }))).tree).toEqual({
        a: { a: 1 },
      });
      expect((await load(directory('vol', { manifest: 'manifest.yaml' }))).tree).toEqual({ first: { a: 1 } });
    });

    const names = ['a.json', 'b.json', 'c.json'];

    /** Publishes versions in which all files have the same number. */
    function publisher(): () => void {
      let version = 0;
      const next = () => {
        version += 1;
        publish(String(version), Object.fromEntries(names.map((name) => [name, String(version)])));
      };
      next();
      for (const name of names) symlinkSync(`..data/${name}`, `vol/${name}`);
      return next;
    }

    it('is never read as a mixture of two versions', async () => {
      const publishNext = publisher();
      const source = directory('vol');
      for (let round = 0; round < 60; round += 1) {
        const loading = load(source, { final: false });
        // Not more than two, so that one of the three attempts is not disturbed, however slow the machine is.
        for (let swap = 0; swap < 2; swap += 1) {
          await sleep(Math.random() * 4);
          publishNext();
        }
        expect(new Set(Object.values((await loading).tree)).size).toBe(1);
      }
    });

    it('is one version or a transient error while it is swapped again and again', async () => {
      const publishNext = publisher();
      const swaps = setInterval(publishNext, 1);
      const source = directory('vol');
      for (let round = 0; round < 10; round += 1) {
        const outcome = await load(source, { final: false }).then(
          ({ tree }) => new Set(Object.values(tree)).size,
          (error: unknown) => error,
        );
        expect([1, expect.objectContaining({ transient: true })]).toContainEqual(outcome);
      }
      clearInterval(swaps);
    });
  });

  describe('with paths of single files', () => {
    const paths = { OPENAI_API_KEY: 'llm.api_key', 'db/PASSWORD': 'database.password' };

    it('makes them the values at these paths below its mount, and other files keys by their names', async () => {
      write('m/OPENAI_API_KEY', 'k1\n');
      write('m/db/PASSWORD', 'p');
      write('m/OTHER', 'o');
      const at = (mount?: string) => load(directory('m', { format: 'text', paths, ...(mount && { mount }) }));
      const tree = { llm: { api_key: 'k1' }, database: { password: 'p' }, OTHER: 'o' };
      expect((await at()).tree).toEqual(tree);
      const mounted = await at('app.secrets');
      expect(mounted.tree).toEqual({ app: { secrets: tree } });
      const origin = { source: 'm', file: 'm/OPENAI_API_KEY' };
      expect(mounted.locate(['app', 'secrets', 'llm', 'api_key'])).toMatchObject(origin);
      expect((await at()).locate(['llm', 'api_key'])).toMatchObject(origin);
      expect((await at()).locate(['llm'])).toEqual({ source: 'm', file: 'm' });
    });

    it('follows their changes, removals and swaps of a mounted Secret', async () => {
      const volume = new KubeletVolume('vol', { OPENAI_API_KEY: 'k1', USER: 'ada' });
      const source = directory('vol', { format: 'text', paths: { ...paths, USER: 'llm.user' } });
      const first = await load(source);
      expect(first.tree).toEqual({ llm: { api_key: 'k1', user: 'ada' } });
      volume.update({ OPENAI_API_KEY: 'k2', USER: 'ada' });
      const second = await load(source, { known: [first] });
      expect(second.tree).toEqual({ llm: { api_key: 'k2', user: 'ada' } });
      volume.update({ USER: 'ada' });
      const early = await failureOf(source, { known: [second], final: false });
      expect(early.issues[0]!.message).toBe('vol/OPENAI_API_KEY no longer exists');
      expect((await load(source, { known: [second] })).tree).toEqual({ llm: { user: 'ada' } });
    });

    it('reads them whatever their extensions, and watches them', async () => {
      write('m/a.conf', 'x: 1\n');
      write('m/b.conf', 'x: 2\n');
      write('m/c.yaml', 'x: 3\n');
      const source = directory('m', { extensions: ['yaml'], format: 'yaml', paths: { 'a.conf': 'a.b' } });
      expect((await load(source)).tree).toEqual({ a: { b: { x: 1 } }, c: { x: 3 } });
      const { filter } = await watched(source);
      expect(['a.conf', 'b.conf', 'c.yaml'].map((name) => filter?.(name))).toEqual([true, false, true]);
      const unknown = await failureOf(directory('m', { paths: { 'a.conf': 'a.b' } }));
      expect(unknown.issues[0]).toMatchObject({ path: 'a.b', origin: { file: 'm/a.conf' } });
      expect(unknown.issues[0]!.message).toContain('set { format }');
    });

    it('replaces the id that a manifest gives to a file', async () => {
      write('m/manifest.yaml', 'modules: { npc.dialogue: npc/a.json, weather: w.json }');
      write('m/npc/a.json', '1');
      write('m/w.json', '2');
      write('m/KEY.json', '3');
      const options = { manifest: 'manifest.yaml', paths: { 'npc/a.json': 'npc.first', 'KEY.json': 'key' } };
      expect((await load(directory('m', options))).tree).toEqual({ npc: { first: 1 }, weather: 2 });
    });

    it('reports a file that the manifest lists twice, as one file', async () => {
      write('m/manifest.yaml', 'modules: { a: KEY.json, b: KEY.json }');
      write('m/KEY.json', '');
      const failure = await failureOf(
        directory('m', { manifest: 'manifest.yaml', paths: { 'KEY.json': 'key' } }),
      );
      expect(failure.summary).toBe('m/KEY.json cannot be used');
      expect(failure.issues.map(({ message }) => message)).toContain(
        'key comes from m/KEY.json, which the manifest lists twice; remove one entry',
      );
    });

    it('may be many, which are not compared one by one', { timeout: 5_000 }, () => {
      // Takes half a minute if each one is compared with all others.
      const many = Object.fromEntries(Array.from({ length: 40_000 }, (_, i) => [`K${i}`, `a.k${i}`]));
      expect(directory('m', { format: 'text', paths: many }).name).toBe('m');
    });

    it('reports another file with the same path, or whose content has it', async () => {
      write('m/OPENAI_API_KEY', '"k"');
      write('m/llm/api_key', '"k"');
      const same = await failureOf(directory('m', { format: 'json', nested: true, paths }));
      expect(same.issues.map(({ message }) => message)).toEqual([
        'llm.api_key comes from two files, m/OPENAI_API_KEY and m/llm/api_key; remove one',
      ]);
      write('n/OPENAI_API_KEY', '"k"');
      write('n/llm', '{"model":"small"}');
      const within = await failureOf(directory('n', { format: 'json', paths }));
      expect(within.issues.map(({ message }) => message)).toEqual([
        'llm.api_key is within the content of n/llm; move one of them',
      ]);
    });

    it.each([
      [7, 'must map files to paths, but is 7'],
      [new Map([['KEY', 'llm.key']]), 'must be a plain object that maps files to paths'],
      [Object.create({ KEY: 'llm.key' }), 'must be a plain object that maps files to paths'],
      [['llm.key'], 'must map files to paths, but is an array'],
      [{ KEY: 'a.*' }, "maps 'KEY' to 'a.*', which is not a path"],
      [{ KEY: '*' }, "maps 'KEY' to '*', which is not a path"],
      [{ KEY: 'llm..key' }, "maps 'KEY' to 'llm..key', which is not a path; use one such as 'llm.api_key'"],
      [{ KEY: '' }, "maps 'KEY' to '', which is not a path"],
      [{ KEY: 7 }, "maps 'KEY' to 7, which is not a path"],
      [{ KEY: 'a.__proto__' }, "maps 'KEY' to 'a.__proto__', which is not a path"],
      [{ A: 'x.y', B: 'x.y' }, "maps 'A' and 'B' to the same path, or one within the other"],
      [{ A: 'x', B: 'x.y' }, "maps 'A' and 'B' to the same path, or one within the other"],
      [{ A: 'x.y', B: 'x.z', C: 'x' }, "maps 'A' and 'C' to the same path, or one within the other"],
      [{ A: 'x.y', B: 'x' }, "maps 'A' and 'B' to the same path, or one within the other"],
      [{ '../KEY': 'key' }, "names '../KEY', which is not a file in the directory"],
      [{ './KEY': 'key' }, "names './KEY', which is not a file in the directory"],
      [{ '/etc/KEY': 'key' }, "names '/etc/KEY', which is not a file in the directory"],
      [{ '.env': 'key' }, "names '.env', which looks like a hidden or temporary file"],
    ])('rejects options that cannot work: %j', (given, message) => {
      const create = () => directory('m', { paths: given as never });
      expect(create).toThrow(ConfigOptionsError);
      expect(create).toThrow(`m: the option "paths" ${message}`);
    });

    it('rejects a file in a sub-directory that is not read', () => {
      expect(() => directory('m', { paths, recursive: false })).toThrow(
        `m: the option "paths" names 'db/PASSWORD', but { recursive: false } excludes sub-directories`,
      );
    });
  });

  it('watches its directory, without temporary files', async () => {
    const target = await watched(directory('m', { extensions: ['json'], recursive: false }));
    expect(target).toMatchObject({ path: join(process.cwd(), 'm'), kind: 'directory', recursive: false });
    expect(['a.json', 'a.yaml', 'a.json~', 'sub/b.json'].map((name) => target.filter?.(name))).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect((await watched(directory('m'))).filter?.('anything')).toBe(true);
  });

  async function watched(source: ReturnType<typeof directory>): Promise<WatchTarget> {
    const targets: WatchTarget[] = [];
    const files = {
      watch: (target: WatchTarget, onSettled: () => void) => {
        targets.push(target);
        onSettled();
        return { close: () => undefined };
      },
    };
    const unexpected = () => expect.unreachable();
    let hints = 0;
    await source.watch!({ files, changed: () => (hints += 1), failed: unexpected, recovered: unexpected });
    expect(hints).toBe(1);
    expect(targets).toHaveLength(1);
    return targets[0] as WatchTarget;
  }
});
