import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Scene } from './support/scene.js';

vi.mock('../../lib/util/mount-points.js', () => ({
  MountPoints: class {
    has(path: string): boolean {
      return path.endsWith('/mounted.yaml');
    }
  },
}));

describe('A file that is a mount point', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene({ pollInterval: 20 });
  });
  afterEach(() => scene.close());

  it('is polled, with one warning that explains what to do', async () => {
    const mounted = await scene.watchFile(scene.write('mounted.yaml', 'a: 1'));
    const usual = await scene.watchFile(scene.write('app.yaml', 'a: 1'));
    const again = await scene.watchFile(mounted.target.path);
    expect(scene.watcher.paths.polling).toEqual([mounted.target.path, mounted.target.path]);
    expect(scene.warnings).toEqual([
      `${mounted.target.path} is now polled every 20 ms: it is mounted as a single file (a bind mount or a Kubernetes` +
        ' subPath), so a replacement by rename is never visible: mount its directory instead.',
    ]);
    writeFileSync(mounted.target.path, 'a: 2');
    await mounted.sees('a: 2');
    await again.sees('a: 2');
    expect(usual.read).toEqual([]);
  });

  it('is a part of a directory around it', async () => {
    const path = scene.write('modules/mounted.yaml', 'a: 1');
    const modules = await scene.watch({ path: scene.path('modules'), kind: 'directory' });
    writeFileSync(path, 'a: 2');
    await modules.sees('mounted.yaml=a: 2');
    expect(scene.watcher.paths.polling).toEqual([]);
  });
});
