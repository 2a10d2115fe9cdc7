import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PathWalk } from '../../lib/watch/path-walk.js';
import { Scene } from './support/scene.js';

describe('The walk of a path', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene({ usePolling: true });
  });
  afterEach(() => scene.close());

  it('remembers every name it looked up, by its real directory', async () => {
    scene.write('volume/..1/app.yaml', 'a');
    symlinkSync('..1', scene.path('volume/..data'));
    symlinkSync('..data/app.yaml', scene.path('volume/app.yaml'));
    const walk = new PathWalk();
    const end = await walk.resolve(scene.path('volume/app.yaml'));
    expect(end).toMatchObject({ kind: 'file', path: scene.path('volume/..1/app.yaml') });
    expect(Object.fromEntries(walk.lookups.get(scene.path('volume')) ?? [])).toEqual({
      'app.yaml': 'link',
      '..data': 'link',
      '..1': 'directory',
    });
    expect(Object.fromEntries(walk.lookups.get(scene.path('volume/..1')) ?? [])).toEqual({
      'app.yaml': 'file',
    });
    expect(walk.lookups.get(scene.root)?.get('volume')).toBe('directory');
    expect(walk.identityOf(scene.path('volume/..1'))).toMatch(/^\d+:\d+$/);
    expect(walk.identityOf('/')).toBe('root');
  });

  it('resolves .. from the target of a link, as the kernel does', async () => {
    scene.write('real/app.yaml', 'a');
    scene.directory('real/deep');
    symlinkSync('real/deep', scene.path('link'));
    const end = await new PathWalk().resolve(`${scene.root}/./link/../app.yaml`);
    expect(end).toMatchObject({ kind: 'file', path: scene.path('real/app.yaml') });
  });

  it('follows links to absolute paths and to directories', async () => {
    scene.write('real/app.yaml', 'a');
    symlinkSync(scene.path('real'), scene.path('link'));
    expect(await new PathWalk().resolve(scene.path('link/app.yaml'))).toMatchObject({
      path: scene.path('real/app.yaml'),
    });
    expect(await new PathWalk().resolve(scene.path('link'))).toMatchObject({
      kind: 'directory',
      path: scene.path('real'),
    });
    expect(await new PathWalk().resolve('/')).toMatchObject({ kind: 'directory', path: '/' });
  });

  it('returns the error code if the path leads nowhere', async () => {
    scene.write('file', 'a');
    symlinkSync('loop', scene.path('loop'));
    const endOf = (path: string) => new PathWalk().resolve(scene.path(path));
    expect(await endOf('missing/app.yaml')).toEqual({ kind: 'nothing', code: 'ENOENT' });
    expect(await endOf('file/app.yaml')).toEqual({ kind: 'nothing', code: 'ENOTDIR' });
    expect(await endOf('loop')).toEqual({ kind: 'nothing', code: 'ELOOP' });
  });

  it('leads nowhere if a link is removed during the walk', async () => {
    const link = scene.path('link');
    symlinkSync('file', link);
    const walk = new PathWalk();
    const stats = await walk.stats(link);
    expect(stats).not.toBeTypeOf('string');
    rmSync(link);
    mkdirSync(link);
    expect(await walk.resolve(link)).toEqual({ kind: 'nothing', code: 'ENOENT' });
  });
});
