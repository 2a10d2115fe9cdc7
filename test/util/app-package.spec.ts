import { mkdirSync, symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { packageOfProcess } from '../../lib/util/app-package.js';
import { TempFolder } from '../support/temp-folder.js';

/** A folder with these files; those that are named package.json have the name of the package as their text. */
function repository(files: Readonly<Record<string, string>>): TempFolder {
  const folder = new TempFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(folder.file(path.replace(/\/?[^/]*$/, '') || '.'), { recursive: true });
    folder.write(path, path.endsWith('package.json') ? JSON.stringify({ name: text }) : text);
  }
  return folder;
}

describe('The package of an app', () => {
  it('is that of its main file, wherever it was started', () => {
    const folder = repository({
      'package.json': 'monorepo',
      'apps/gateway/package.json': '@acme/gateway',
      'apps/gateway/dist/main.js': '',
    });
    const [own, main] = [folder.file('apps/gateway'), folder.file('apps/gateway/dist/main.js')];
    for (const script of [main, main.replace('.js', ''), own])
      for (const cwd of [folder.path, own, '/', ''])
        expect(packageOfProcess(cwd, script)).toEqual({ name: '@acme/gateway', folder: own });
    symlinkSync(main, folder.file('gateway-command'));
    expect(packageOfProcess('/', folder.file('gateway-command'))?.name).toBe('@acme/gateway');
  });

  it('is the app of a Nest monorepo, with its name in nest-cli.json, or that of its folder in an image', () => {
    const projects = { edge: { root: 'apps/gateway' }, payments: { root: 'services/payments/' } };
    const folder = repository({
      'package.json': 'monorepo',
      'nest-cli.json': JSON.stringify({ projects }),
      'apps/gateway/src/main.ts': '',
      'dist/apps/gateway/main.js': '',
      'dist/services/payments/src/main.js': '',
    });
    const nameOf = (path: string) => packageOfProcess(folder.path, folder.file(path))?.name;
    expect(packageOfProcess('/', folder.file('dist/apps/gateway/main.js'))).toEqual({
      name: 'edge',
      folder: folder.file('apps/gateway'),
    });
    expect(nameOf('apps/gateway/src/main.ts')).toBe('edge');
    expect(nameOf('dist/services/payments/src/main.js')).toBe('payments');
    const image = repository({ 'package.json': 'monorepo', 'dist/apps/gateway/main.js': '' });
    expect(packageOfProcess('/', image.file('dist/apps/gateway/main.js'))).toEqual({
      name: 'gateway',
      folder: image.path,
    });
  });

  it('is that of the working directory if the main file is a tool, or has no package', () => {
    const folder = repository({
      'package.json': 'gateway',
      'node_modules/runner/package.json': 'runner',
      'node_modules/runner/run.js': '',
    });
    for (const script of [folder.file('node_modules/runner/run.js'), undefined, '/no/such/main.js'])
      expect(packageOfProcess(folder.path, script)?.name).toBe('gateway');
  });
});
