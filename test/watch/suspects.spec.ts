import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sameFingerprint, type Fingerprint } from '../../lib/watch/fingerprint.js';
import { Suspects } from '../../lib/watch/suspects.js';
import { scanTarget, type TargetScan } from '../../lib/watch/target-scan.js';
import { Scene, until } from './support/scene.js';

const COUNT = 150;

describe('The files that events name in a directory with many files', () => {
  let root: string;
  let suspects: Suspects;
  let before: TargetScan;

  const scan = () => scanTarget({ path: root, kind: 'directory', recursive: true });
  const suspect = (file: string) =>
    suspects.suspect(file, before.directories.get(join(root, file, '..'))?.identity ?? 'another');

  beforeEach(async () => {
    root = mkdtempSync(join(realpathSync(tmpdir()), 'hot-config-'));
    for (let index = 0; index < COUNT; index += 1) writeFileSync(join(root, `${index}.yaml`), 'a: 1');
    mkdirSync(join(root, 'sub'));
    writeFileSync(join(root, 'sub/own.yaml'), 'a: 1');
    symlinkSync('sub/own.yaml', join(root, 'own.yaml'));
    suspects = new Suspects();
    before = await scan();
    suspects.found(before.fingerprint);
  });

  afterEach(() => rmSync(root, { recursive: true }));

  async function isRescan(found: Fingerprint | undefined): Promise<boolean> {
    return found !== undefined && sameFingerprint(found, (await scan()).fingerprint);
  }

  it('are the only ones that are looked at, with the result of a whole scan', async () => {
    writeFileSync(join(root, '7.yaml'), 'a: 22');
    writeFileSync(join(root, 'new'), 'a: 3');
    renameSync(join(root, 'new'), join(root, '8.yaml'));
    suspect('7.yaml');
    suspect('8.yaml');
    expect(await isRescan(await suspects.rescan())).toBe(true);
  });

  it('are told by name, unless anything may have changed', () => {
    suspect('7.yaml');
    expect(suspects.files).toEqual(['7.yaml']);
    suspects.suspectAll();
    expect(suspects.files).toEqual([]);
  });

  it('are found the same as the same object', async () => {
    suspect('7.yaml');
    expect(await suspects.rescan()).toBe(before.fingerprint);
    writeFileSync(join(root, '7.yaml'), 'a: 22');
    const found = await suspects.rescan();
    expect(found).not.toBe(before.fingerprint);
    expect(await suspects.rescan()).toBe(found);
  });

  it('are looked at again until the target has settled', async () => {
    suspect('7.yaml');
    await suspects.rescan();
    writeFileSync(join(root, '7.yaml'), 'a: 22');
    expect(await isRescan(await suspects.rescan())).toBe(true);
    suspects.clear();
    writeFileSync(join(root, '7.yaml'), 'a: 333');
    expect(await isRescan(await suspects.rescan())).toBe(false);
  });

  it.each([
    ['was removed', '7.yaml', () => rmSync(join(root, '7.yaml'))],
    ['is new', 'new.yaml', () => writeFileSync(join(root, 'new.yaml'), '')],
    ['is a directory', 'sub', () => undefined],
    ['is a link to a file with its name', 'own.yaml', () => undefined],
    ['has got another name', '7.yaml', () => linkSync(join(root, '7.yaml'), join(root, 'other.yaml'))],
    ['is in a directory that is not known', 'sub/7.yaml', () => undefined],
  ])('are not enough if one of them %s', async (_what, file, happen) => {
    happen();
    suspect(file);
    expect(await suspects.rescan()).toBeUndefined();
  });

  it('are not enough if one of them had another name, which has changed with it', async () => {
    linkSync(join(root, '7.yaml'), join(root, 'other.yaml'));
    suspects.found((await scan()).fingerprint);
    writeFileSync(join(root, 'new'), 'a: 3');
    renameSync(join(root, 'new'), join(root, '7.yaml'));
    suspect('7.yaml');
    expect(await suspects.rescan()).toBeUndefined();
  });

  it('are not enough for a scan that no event has asked for, once', async () => {
    suspects.suspectAllOnce();
    expect(await suspects.rescan()).toBeUndefined();
    expect(await suspects.rescan()).toBe(before.fingerprint);
  });

  it('are not enough once anything may have changed, until it has settled', async () => {
    suspects.suspectAll();
    suspect('7.yaml');
    expect(await suspects.rescan()).toBeUndefined();
    expect(await suspects.rescan()).toBeUndefined();
    suspects.clear();
    expect(await suspects.rescan()).toBe(before.fingerprint);
  });

  it('may be so many that all are looked at', async () => {
    for (let index = 0; index < COUNT; index += 1) suspect(`${index}.yaml`);
    expect(await suspects.rescan()).toBeUndefined();
  });
});

describe('A watched directory with many files', () => {
  it('reports what is edited, replaced, added and removed, and a link that leads elsewhere', async () => {
    const scene = new Scene();
    for (let index = 0; index < COUNT; index += 1) scene.write(`modules/${index}.yaml`, '1');
    scene.write('modules/one/link.yaml', 'one');
    scene.write('modules/two/link.yaml', 'two');
    const path = scene.path('modules');
    symlinkSync('one/link.yaml', `${path}/link.yaml`);
    const modules = await scene.watch({ path, kind: 'directory', recursive: true });
    const sees = async (line: string, isThere = true) =>
      until(line, () => modules.last?.split('\n').includes(line) === isThere);
    writeFileSync(`${path}/7.yaml`, '2');
    await sees('7.yaml=2');
    scene.write('modules/next', '3');
    renameSync(`${path}/next`, `${path}/8.yaml`);
    await sees('8.yaml=3');
    writeFileSync(`${path}/new.yaml`, '4');
    await sees('new.yaml=4');
    rmSync(`${path}/9.yaml`);
    await sees('9.yaml=1', false);
    symlinkSync('two/link.yaml', `${path}/next`);
    renameSync(`${path}/next`, `${path}/link.yaml`);
    await sees('link.yaml=two');
    linkSync(`${path}/7.yaml`, `${path}/same.yaml`);
    await sees('same.yaml=2');
    for (const content of ['5', '6', '7', '8']) {
      writeFileSync(`${path}/7.yaml`, content);
      await sees(`same.yaml=${content}`);
    }
    expect(scene.warnings).toEqual([]);
    await scene.closeCalm();
  });
});
