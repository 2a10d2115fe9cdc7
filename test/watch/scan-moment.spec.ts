import { lstatSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Looks } from '../../lib/watch/looks.js';
import { PathWalk } from '../../lib/watch/path-walk.js';
import { relevantDirectories } from '../../lib/watch/relevant-directories.js';
import { ScanMoment } from '../../lib/watch/scan-moment.js';
import { scanTarget } from '../../lib/watch/target-scan.js';
import { WatchedFiles } from '../../lib/sources/imports/watched-files.js';
import { ThisTurn } from '../../lib/util/this-turn.js';
import { fileStamp } from '../../lib/sources/content/read-stable-file.js';
import { Scene, until } from './support/scene.js';

describe('Scans that start at the same moment', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene({ usePolling: true });
  });
  afterEach(() => scene.close());

  it('share the way to their directory, and look at each file once', async () => {
    const paths = [1, 2, 3].map((number) => scene.write(`a/b/${number}.yaml`, `n: ${number}`));
    const looks = new Looks();
    const at = vi.spyOn(looks, 'at');
    const moment = new ScanMoment(looks);
    const scans = await Promise.all(
      paths.map((path) => scanTarget({ path, kind: 'file' }, undefined, moment)),
    );
    const looked = at.mock.calls.map(([path]) => path);
    expect(looked.filter((path) => path === scene.path('a'))).toHaveLength(1);
    expect(new Set(looked).size).toBe(looked.length);
    expect(scans.map(({ fingerprint }) => fingerprint.get('')?.path)).toEqual(paths);
    expect(scans.map(({ directories }) => [...directories.get(scene.path('a/b'))!.names.keys()])).toEqual([
      ['1.yaml'],
      ['2.yaml'],
      ['3.yaml'],
    ]);
  });

  it('find for each path what a walk of it alone finds', async () => {
    scene.write('real/app.yaml', 'a');
    scene.write('real/deep/other.yaml', 'a');
    symlinkSync('real', scene.path('directory'));
    symlinkSync('real/deep', scene.path('deep'));
    symlinkSync('app.yaml', scene.path('real/link.yaml'));
    symlinkSync('nothing', scene.path('real/dead.yaml'));
    const names = [
      'real/app.yaml',
      'real/deep/other.yaml',
      'directory/app.yaml',
      'directory/deep/other.yaml',
      'deep/../app.yaml',
      'real/link.yaml',
      'directory/link.yaml',
      'real/dead.yaml',
      'real/missing.yaml',
      'missing/app.yaml',
      'real/app.yaml/app.yaml',
      'real',
      'real/deep/..',
    ];
    const paths = [...names.map((name) => `${scene.root}/${name}`), '/no-such-file', '/'];
    const moment = new ScanMoment();
    for (const path of paths) {
      const walk = new PathWalk();
      const end = await walk.resolve(path);
      const { fingerprint, directories } = await scanTarget({ path, kind: 'file' }, undefined, moment);
      const found = fingerprint.get('');
      expect([path, found?.path, found?.links]).toEqual(
        end.kind === 'file' ? [path, end.path, end.links] : [path, undefined, undefined],
      );
      expect([path, directories]).toEqual([path, relevantDirectories(walk)]);
    }
  });

  it('look again in the next turn of the event loop', async () => {
    let made = 0;
    const turn = new ThisTurn(() => (made += 1));
    expect([turn.value, turn.value]).toEqual([1, 1]);
    await Promise.resolve();
    expect(turn.value).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(turn.value).toBe(2);
  });

  it.runIf(process.platform === 'linux')(
    'look at a file that is mounted on its own through the thread pool',
    async () => {
      const looks = new Looks({ has: async () => true });
      const at = vi.spyOn(looks, 'at');
      await looks.atFile('/proc', lstatSync('/', { bigint: true }));
      expect(at.mock.calls).toEqual([['/proc']]);
      await looks.atFile('/usr', lstatSync('/', { bigint: true }));
      expect(at.mock.calls).toEqual([['/proc']]);
    },
  );

  it('look at files of an unknown file system through the thread pool', async () => {
    const path = scene.write('app.yaml', 'a');
    const looks = new Looks({ has: async () => false });
    const at = vi.spyOn(looks, 'at');
    const scan = await scanTarget({ path, kind: 'file' }, undefined, new ScanMoment(looks));
    expect(at).toHaveBeenCalledWith(path);
    expect(scan.fingerprint.get('')?.path).toBe(path);
  });
});

describe('Hundreds of imports', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene({ safetyPoll: 0 });
  });
  afterEach(() => scene.close());

  const name = (number: number): string => `part${number % 3}/file${number}.yaml`;
  const numbers = Array.from({ length: 450 }, (_, number) => number);

  async function watchAll() {
    const paths = numbers.map((number) => scene.write(name(number), `n: ${number}`));
    const stamps = new Map(
      await Promise.all(paths.map(async (path) => [path, await fileStamp(path)] as const)),
    );
    const changed = vi.fn<() => void>();
    const files = new WatchedFiles({
      files: scene.watcher,
      changed,
      failed: () => undefined,
      recovered: () => undefined,
    });
    await files.update(stamps);
    return { files, changed, stamps };
  }

  it('are all watched, each in its place', async () => {
    const { files, changed } = await watchAll();
    expect(scene.watcher.paths.watched).toHaveLength(450);
    expect(changed).not.toHaveBeenCalled();
    for (const number of [0, 200, 449]) {
      changed.mockClear();
      writeFileSync(scene.path(name(number)), 'n: edited');
      await until('an edited file is noticed', () => changed.mock.calls.length > 0);
      await scene.rest();
      changed.mockClear();
      writeFileSync(scene.path(`${basename(name(number))}.new`), 'n: replaced');
      renameSync(scene.path(`${basename(name(number))}.new`), scene.path(name(number)));
      await until('a replaced file is noticed', () => changed.mock.calls.length > 0);
      await scene.rest();
    }
    await files.close();
  });

  it('are watched after their directory was removed and made again', async () => {
    const { files, changed } = await watchAll();
    rmSync(scene.path('part1'), { recursive: true });
    await until('the removal is noticed', () => changed.mock.calls.length > 0);
    await scene.rest();
    changed.mockClear();
    mkdirSync(scene.path('part1'));
    for (const number of numbers.slice(0, 9)) scene.write(name(number), 'n: again');
    await until('the files are noticed', () => changed.mock.calls.length > 0);
    await scene.rest();
    changed.mockClear();
    writeFileSync(scene.path(name(1)), 'n: once more');
    await until('a file in the new directory is noticed', () => changed.mock.calls.length > 0);
    expect(scene.missed).toEqual([]);
    await files.close();
  });

  it('are reported once if some have changed before they were watched', async () => {
    const { files, changed, stamps } = await watchAll();
    const late = [scene.write('late/1.yaml', 'a'), scene.write('late/2.yaml', 'a')];
    await files.update(new Map([...stamps, ...late.map((path) => [path, 'an earlier stamp'] as const)]));
    expect(changed).toHaveBeenCalledTimes(1);
    await files.update(new Map([...stamps, [scene.path('missing.yaml'), undefined]]));
    expect(changed).toHaveBeenCalledTimes(1);
    await files.close();
  });
});
