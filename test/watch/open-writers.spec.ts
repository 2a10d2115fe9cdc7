import { closeSync, openSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { stampOf, type FileStamp } from '../../lib/watch/fingerprint.js';
import { OpenWriters } from '../../lib/watch/open-writers.js';
import { Scene } from './support/scene.js';

function stampAt(path: string): FileStamp {
  return stampOf(path, statSync(path, { bigint: true }), '', '');
}

describe.runIf(process.platform === 'linux')('Open writers', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene({ usePolling: true });
  });
  afterEach(() => scene.close());

  it.each(['w', 'r+', 'a'])('are found while a file is open as %j, and not afterwards', async (mode) => {
    const file = scene.write('app.yaml', 'a: 1');
    const other = scene.write('other.yaml', 'a: 1');
    const writers = new OpenWriters();
    const descriptor = openSync(file, mode);
    const stamps = [stampAt(file), stampAt(other)];
    expect(await writers.find(stamps)).toEqual(new Set([stampAt(file).inode]));
    // The second call checks the descriptor that the first has found.
    expect(await writers.find(stamps)).toEqual(new Set([stampAt(file).inode]));
    closeSync(descriptor);
    expect(await writers.find(stamps)).toEqual(new Set());
  });

  it('are not processes that only read', async () => {
    const file = scene.write('app.yaml', 'a: 1');
    const descriptor = openSync(file, 'r');
    expect(await new OpenWriters().find([stampAt(file)])).toEqual(new Set());
    closeSync(descriptor);
  });

  it('are not processes that write a file of the same name elsewhere', async () => {
    const file = scene.write('app.yaml', 'a: 1');
    const descriptor = openSync(scene.write('elsewhere/app.yaml', 'a: 1'), 'w');
    expect(await new OpenWriters().find([stampAt(file)])).toEqual(new Set());
    closeSync(descriptor);
  });

  it('are never found without /proc', async () => {
    const file = scene.write('app.yaml', 'a: 1');
    const descriptor = openSync(file, 'w');
    expect(await new OpenWriters(scene.path('proc')).find([stampAt(file)])).toEqual(new Set());
    closeSync(descriptor);
  });

  it('are searched in slices that free the event loop, up to a limit', async () => {
    const file = scene.write('app.yaml', 'a: 1');
    for (let process = 1; process <= 30; process += 1) {
      const descriptors = scene.directory(`proc/${process}/fd`);
      scene.directory(`proc/${process}/fdinfo`);
      for (let number = 0; number < 40; number += 1) symlinkSync('/nowhere', `${descriptors}/${number}`);
    }
    // The oldest process comes last.
    symlinkSync(file, scene.path('proc/1/fd/100'));
    writeFileSync(scene.path('proc/1/fdinfo/100'), 'flags:\t0100001\n');
    const yields = vi.spyOn(globalThis, 'setImmediate');
    // A machine on which other processes take the processor for 50 ms at each call of the clock.
    let now = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 50));
    const proc = scene.path('proc');
    const written = await new OpenWriters(proc).find([stampAt(file)]);
    clock.mockRestore();
    expect(written).toEqual(new Set([stampAt(file).inode]));
    expect(yields).toHaveBeenCalled();
    yields.mockRestore();
    expect(await new OpenWriters(proc, 500).find([stampAt(file)])).toEqual(new Set());
  });

  it('are not found if a descriptor does not list its flags', async () => {
    const file = scene.write('app.yaml', 'a: 1');
    scene.directory('proc/7/fd');
    symlinkSync(file, scene.path('proc/7/fd/3'));
    scene.write('proc/7/fdinfo/3', 'pos:\t0\n');
    expect(await new OpenWriters(scene.path('proc')).find([stampAt(file)])).toEqual(new Set());
  });
});
