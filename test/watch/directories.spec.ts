import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { look } from '../../lib/watch/look.js';
import { ABSENT, Scene } from './support/scene.js';

const isYaml = (name: string) => name.endsWith('.yaml');

describe('A watched directory', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
  });
  afterEach(() => scene.closeCalm());

  it('is seen with files added, changed and removed', async () => {
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

  it('is not disturbed by files that do not count, nor by what is below it', async () => {
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

  it('is seen with what is in the directories below it, old and new, where it is recursive', async () => {
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

  it('is seen once for a burst of many files', async () => {
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

  it('is seen when it vanishes, when it comes back, and when it is swapped by rename', async () => {
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

  it('is seen once for each swap of ..data, with a value in each file of a mounted ConfigMap', async () => {
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

  it('counts a file that its filter cannot judge', async () => {
    scene.write('modules/a.yaml', '1');
    const filter = () => {
      throw new Error('cannot judge');
    };
    const { fingerprint } = await look({ path: scene.path('modules'), kind: 'directory', filter });
    expect([...fingerprint.keys()]).toEqual(['a.yaml']);
  });

  it('is looked at once where a link in it leads back up, and through links to files and directories', async () => {
    scene.write('modules/a.yaml', '1');
    scene.write('elsewhere/b.yaml', '1');
    symlinkSync('..', scene.path('modules/up'));
    symlinkSync('../elsewhere', scene.path('modules/there'));
    symlinkSync('../elsewhere/b.yaml', scene.path('modules/b.yaml'));
    symlinkSync('nowhere', scene.path('modules/c.yaml'));
    const path = scene.path('modules');
    const flat = await look({ path, kind: 'directory', filter: isYaml });
    expect([...flat.fingerprint.keys()].sort()).toEqual(['a.yaml', 'b.yaml']);
    const deep = await look({ path, kind: 'directory', recursive: true, filter: isYaml });
    const names = [...deep.fingerprint.keys()];
    expect(names).toContain('a.yaml');
    expect(
      names.some((name) => name.endsWith('b.yaml') && name.includes('there') !== name.includes('up')),
    ).toBe(true);
  });

  it('does not enter the directories in it where it is not recursive, though no filter leaves them out', async () => {
    scene.write('modules/a.yaml', '1');
    scene.write('modules/below/b.yaml', '1');
    symlinkSync('below', scene.path('modules/link'));
    const { fingerprint } = await look({ path: scene.path('modules'), kind: 'directory' });
    expect([...fingerprint.keys()]).toEqual(['a.yaml']);
  });

  it('is seen without what vanishes in the midst of a look', async () => {
    scene.write('modules/a.yaml', '1');
    const filter = (name: string) => {
      rmSync(scene.path('modules', name));
      return true;
    };
    const { fingerprint } = await look({ path: scene.path('modules'), kind: 'directory', filter });
    expect(fingerprint.size).toBe(0);
  });

  it('is nothing where there is a file, as a file is where there is a directory', async () => {
    scene.write('file', '1');
    scene.directory('directory');
    const asDirectory = await look({ path: scene.path('file'), kind: 'directory' });
    const asFile = await look({ path: scene.path('directory'), kind: 'file' });
    expect([asDirectory.fingerprint.size, asFile.fingerprint.size]).toEqual([0, 0]);
  });

  it('does not hear of the root where the path only passes through it', async () => {
    const passing = await look({ path: scene.path('file'), kind: 'file' });
    expect(passing.places.has('/')).toBe(false);
    const inRoot = await look({ path: '/no-such-file', kind: 'file' });
    expect(inRoot.places.has('/')).toBe(true);
  });
});
