import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { HotConfigManager } from 'nestjs-hot-config';
import { ChildApp } from '../support/child-app.js';
import { PACKAGE_FOLDER, packageUnderTest } from '../support/package-under-test.js';

describe('A spec of `npm run test:package`', () => {
  it('tests one copy of the code, that of the package', async () => {
    expect(packageUnderTest).toBe(PACKAGE_FOLDER);
    const main = pathToFileURL(join(PACKAGE_FOLDER, 'dist/index.js')).href;
    const published = (await import(/* @vite-ignore */ main)) as { HotConfigManager: unknown };
    expect(HotConfigManager).toBe(published.HotConfigManager);
  });

  it('cannot load a file of lib/', async () => {
    const source = '/lib/runtime/hot-config.manager.ts';
    expect(readdirSync('lib/runtime')).toContain('hot-config.manager.ts');
    await expect(import(/* @vite-ignore */ source)).rejects.toThrow('is loaded beside the package');
  });

  it('cannot start an app with a file of lib/', async () => {
    await expect(ChildApp.run('version-writer', '.')).rejects.toThrow('is loaded beside the package');
  });
});
