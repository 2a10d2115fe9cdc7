import { mkdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cli } from '../support/cli.js';
import { TempFolder } from '../support/temp-folder.js';

describe('hot-config init', () => {
  it('creates a valid configuration, and prints the code to add', async () => {
    const folder = new TempFolder();
    const { code, stdout, stderr } = await cli(['init', folder.path]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'written  config/app.yaml\nwritten  src/app.config.ts\n',
    });
    expect(stderr).toContain('HotConfigModule.forRoot(');
    expect((await cli(['validate', folder.file('config/app.yaml')])).code).toBe(0);
  });

  it('imports without an extension in an app in CommonJS', async () => {
    const folder = new TempFolder();
    folder.write('package.json', '{"name":"app"}');
    expect((await cli(['init', folder.path])).stderr).toContain("from './app.config';");
    folder.write('package.json', '{"name":"app","type":"module"}');
    expect((await cli(['init', folder.path])).stderr).toContain("from './app.config.js';");
  });

  it('does not change existing files', async () => {
    const folder = new TempFolder();
    mkdirSync(folder.file('config'));
    folder.write('config/app.yaml', 'mine: true\n');
    const { code, stdout } = await cli(['init', folder.path]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'kept     config/app.yaml (it already exists)\nwritten  src/app.config.ts\n',
    });
    expect(readFileSync(folder.file('config/app.yaml'), 'utf8')).toBe('mine: true\n');
    expect((await cli(['init', folder.path, '--json'])).stdout).toContain('"state":"kept"');
  });

  it('reports a folder that it cannot write to', async () => {
    const folder = new TempFolder();
    folder.write('config', 'a file');
    expect(await cli(['init', folder.path])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Cannot write '),
    });
  });
});
