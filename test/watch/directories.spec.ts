import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sameFingerprint } from '../../lib/watch/fingerprint.js';
import { scanTarget } from '../../lib/watch/target-scan.js';
import { ABSENT, Scene } from './support/scene.js';

const isYaml = (name: string) => name.endsWith('.yaml');

describe('A watched directory', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
  });
  afterEach(() => scene.closeCalm());

  it('reports files that are added, changed and removed', async () => {
    scene.write('modules/a.yaml', '1');
    const path = scene.path('modules');
    const modules = await scene.watch({ path, kind: 'directory', filter: isYaml });
    writeFileSync(`${path}/b.yaml`, '2');
    await modules.sees('a.yaml=1\nb.yaml=2');
    writeFileSync(`${path}/a.yaml`, '3');
    await modules.sees('a.yaml=3\nb.yaml=2');
    writeFileSync(`${path}/c.tmp`, '4');
    renameSync(`${path}/c.tmp`, `${path}/b.yaml`);
    await modules.sees('a.yaml=3\nb.yaml=4');
    rmSync(`${path}/a.yaml`);
    expect(await scene.seenBy(modules, 'b.yaml=4')).toEqual([
      'a.yaml=1\nb.yaml=2',
      'a.yaml=3\nb.yaml=2',
      'a.yaml=3\nb.yaml=4',
      'b.yaml=4',
    ]);
  });

  it('ignores files that its filter excludes, and sub-directories', async () => {
    scene.write('modules/a.yaml', '1');
    scene.write('modules/below/b.yaml', '1');
    const path = scene.path('modules');
    const modules = await scene.watch({ path, kind: 'directory', filter: isYaml });
    writeFileSync(`${path}/.a.yaml.swp`, 'swap');
    writeFileSync(`${path}/4913`, '');
    rmSync(`${path}/4913`);
    writeFileSync(`${path}/below/b.yaml`, '2');
    await scene.rest();
    expect(modules.read).toEqual([]);
  });

  it('reports changes in old and new sub-directories if it is recursive', async () => {
    scene.write('modules/npc/a.yaml', '1');
    const path = scene.path('modules');
    const modules = await scene.watch({ path, kind: 'directory', recursive: true, filter: isYaml });
    writeFileSync(`${path}/npc/a.yaml`, '2');
    await modules.sees('npc/a.yaml=2');
    mkdirSync(`${path}/quest/deep`, { recursive: true });
    writeFileSync(`${path}/quest/deep/b.yaml`, '3');
    await modules.sees('npc/a.yaml=2\nquest/deep/b.yaml=3');
    writeFileSync(`${path}/quest/deep/b.yaml`, '4');
    await modules.sees('npc/a.yaml=2\nquest/deep/b.yaml=4');
    rmSync(`${path}/npc`, { recursive: true });
    expect(await scene.seenBy(modules, 'quest/deep/b.yaml=4')).toEqual([
      'npc/a.yaml=2',
      'npc/a.yaml=2\nquest/deep/b.yaml=3',
      'npc/a.yaml=2\nquest/deep/b.yaml=4',
      'quest/deep/b.yaml=4',
    ]);
  });

  it('settles once for many files that are written together', async () => {
    const path = scene.directory('modules');
    const modules = await scene.watch({ path, kind: 'directory' });
    for (let file = 100; file < 200; file += 1) writeFileSync(`${path}/${file}`, `${file}`);
    expect(
      await scene.seenBy(
        modules,
        Array.from({ length: 100 }, (_, file) => `${file + 100}=${file + 100}`).join('\n'),
      ),
    ).toEqual([Array.from({ length: 100 }, (_, file) => `${file + 100}=${file + 100}`).join('\n')]);
  });

  it('is followed when it is removed, created again, and swapped by rename', async () => {
    scene.write('modules/a.yaml', '1');
    const path = scene.path('modules');
    const modules = await scene.watch({ path, kind: 'directory' });
    rmSync(path, { recursive: true });
    await modules.sees(ABSENT);
    scene.write('modules/a.yaml', '2');
    await modules.sees('a.yaml=2');
    scene.write('modules.new/a.yaml', '3');
    renameSync(path, `${path}.old`);
    renameSync(`${path}.new`, path);
    await modules.sees('a.yaml=3');
    writeFileSync(`${path}/a.yaml`, '4');
    expect(await scene.seenBy(modules, 'a.yaml=4')).toEqual(['a.yaml=2', 'a.yaml=3', 'a.yaml=4']);
  });

  it('settles once for each swap of ..data in a mounted ConfigMap with one file per value', async () => {
    const swap = (version: number, values: Record<string, string>) => {
      for (const [key, value] of Object.entries(values)) scene.write(`volume/..${version}/${key}`, value);
      symlinkSync(`..${version}`, scene.path('volume/..data_tmp'));
      renameSync(scene.path('volume/..data_tmp'), scene.path('volume/..data'));
    };
    swap(0, { host: 'a', port: '0' });
    for (const key of ['host', 'port']) symlinkSync(`..data/${key}`, scene.path(`volume/${key}`));
    const path = scene.path('volume');
    const volume = await scene.watch({ path, kind: 'directory', filter: (name) => !name.startsWith('.') });
    const expected: string[] = [];
    for (let version = 1; version <= 10; version += 1) {
      swap(version, { host: `h${version}`, port: `${version}` });
      rmSync(scene.path(`volume/..${version - 1}`), { recursive: true });
      expected.push(`host=h${version}\nport=${version}`);
      await volume.sees(expected.at(-1) ?? '');
    }
    expect(await scene.seenBy(volume, expected.at(-1))).toEqual([...expected]);
  });

  it('includes a file if its filter throws', async () => {
    scene.write('modules/a.yaml', '1');
    const filter = () => {
      throw new Error('broken filter');
    };
    const { fingerprint } = await scanTarget({ path: scene.path('modules'), kind: 'directory', filter });
    expect([...fingerprint.keys()]).toEqual(['a.yaml']);
  });

  it('does not look behind a link that leads outside, but sees that it comes and goes', async () => {
    scene.write('modules/a.yaml', '1');
    scene.write('elsewhere/deep/b.yaml', '1');
    for (const [name, to] of Object.entries({
      all: '/',
      proc: '/proc',
      'b.yaml': '../elsewhere/deep/b.yaml',
    }))
      symlinkSync(to, scene.path(`modules/${name}`));
    const path = scene.path('modules');
    const scan = await scanTarget({ path, kind: 'directory', recursive: true, filter: isYaml });
    expect([...scan.fingerprint.keys()].sort()).toEqual(['a.yaml', 'all', 'b.yaml', 'proc']);
    const entered = [...scan.directories].flatMap(([directory, { prefix }]) =>
      prefix === undefined ? [] : [directory],
    );
    expect(entered).toEqual([path]);
    rmSync(scene.path('modules/all'));
    const after = await scanTarget({ path, kind: 'directory', recursive: true, filter: isYaml });
    expect(sameFingerprint(scan.fingerprint, after.fingerprint)).toBe(false);
  });

  it.skipIf(process.platform !== 'linux')(
    'uses the stamps of an earlier scan again, for files that are the same',
    async () => {
      for (const name of ['a', 'b']) scene.write(`modules/${name}.yaml`, '1');
      const target = { path: scene.path('modules'), kind: 'directory' } as const;
      const earlier = await scanTarget(target);
      const before = earlier.fingerprint;
      scene.write('modules/b.yaml', '22');
      const { fingerprint } = await scanTarget(target, () => false, undefined, earlier);
      expect(fingerprint.get('a.yaml')).toBe(before.get('a.yaml'));
      expect(fingerprint.get('b.yaml')).not.toEqual(before.get('b.yaml'));
    },
  );

  it('looks at no more entries than its limit, and at none once it is closed', async () => {
    for (let n = 0; n < 20; n += 1) scene.write(`modules/${n}/a.yaml`, '1');
    const target = { path: scene.path('modules'), kind: 'directory', recursive: true } as const;
    expect((await scanTarget({ ...target, maxEntries: 25 })).fingerprint.size).toBe(5);
    expect((await scanTarget(target)).fingerprint.size).toBe(20);
    expect((await scanTarget(target, () => true)).fingerprint.size).toBe(0);
  });

  it('follows links to files and directories, and enters each directory once, even if a link leads back up', async () => {
    scene.write('modules/a.yaml', '1');
    scene.write('elsewhere/b.yaml', '1');
    symlinkSync('..', scene.path('modules/up'));
    symlinkSync('../elsewhere', scene.path('modules/there'));
    symlinkSync('../elsewhere/b.yaml', scene.path('modules/b.yaml'));
    symlinkSync('nowhere', scene.path('modules/c.yaml'));
    const path = scene.path('modules');
    const within = scene.path('.');
    const flat = await scanTarget({ path, kind: 'directory', filter: isYaml, within });
    expect([...flat.fingerprint.keys()].sort()).toEqual(['a.yaml', 'b.yaml']);
    const deep = await scanTarget({ path, kind: 'directory', recursive: true, filter: isYaml, within });
    const names = [...deep.fingerprint.keys()];
    expect(names).toContain('a.yaml');
    expect(
      names.some((name) => name.endsWith('b.yaml') && name.includes('there') !== name.includes('up')),
    ).toBe(true);
  });

  it('does not enter sub-directories if it is not recursive, even without a filter', async () => {
    scene.write('modules/a.yaml', '1');
    scene.write('modules/below/b.yaml', '1');
    symlinkSync('below', scene.path('modules/link'));
    const { fingerprint } = await scanTarget({ path: scene.path('modules'), kind: 'directory' });
    expect([...fingerprint.keys()]).toEqual(['a.yaml']);
  });

  it('is scanned without files that are removed during the scan', async () => {
    scene.write('modules/a.yaml', '1');
    const filter = (name: string) => {
      rmSync(scene.path('modules', name));
      return true;
    };
    const { fingerprint } = await scanTarget({ path: scene.path('modules'), kind: 'directory', filter });
    expect(fingerprint.size).toBe(0);
  });

  it('has no files if the path is a file, and a watched file does not exist if the path is a directory', async () => {
    scene.write('file', '1');
    scene.directory('directory');
    const asDirectory = await scanTarget({ path: scene.path('file'), kind: 'directory' });
    const asFile = await scanTarget({ path: scene.path('directory'), kind: 'file' });
    expect([asDirectory.fingerprint.size, asFile.fingerprint.size]).toEqual([0, 0]);
  });

  it('watches the root directory only for a file or link in it', async () => {
    const passing = await scanTarget({ path: scene.path('file'), kind: 'file' });
    expect(passing.directories.has('/')).toBe(false);
    const inRoot = await scanTarget({ path: '/no-such-file', kind: 'file' });
    expect(inRoot.directories.has('/')).toBe(true);
  });
});
