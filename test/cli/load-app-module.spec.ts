import 'reflect-metadata';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { appModuleFile, loadAppModule } from '../../lib/cli/validate/load-app-module.js';
import { TempFolder } from '../support/temp-folder.js';

const MODULE = (name: string) =>
  `class ${name} {}\nReflect.defineMetadata('imports', [], ${name});\nexport { ${name} };\n`;

/** Writes the file of an app, and returns its path. */
function written(name: string, text: string): string {
  return new TempFolder().write(name, text);
}

async function failure(reference: string): Promise<unknown> {
  return loadAppModule(reference).then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('The root module of an app', () => {
  it('is the only module that its file exports', async () => {
    const path = written('app.module.mjs', `export const other = 1;\n${MODULE('AppModule')}`);
    expect(await loadAppModule(path)).toHaveProperty('name', 'AppModule');
  });

  it('is the default export, if there is one', async () => {
    const text = `${MODULE('A')}${MODULE('B')}export default B;\n`;
    expect(await loadAppModule(written('app.module.mjs', text))).toHaveProperty('name', 'B');
  });

  it('is the default export of TypeScript that was compiled to CommonJS', async () => {
    const text = `class App {}\nReflect.defineMetadata('providers', [], App);\nexports.__esModule = true;\nexports.default = App;\n`;
    expect(await loadAppModule(written('app.module.cjs', text))).toHaveProperty('name', 'App');
  });

  it('is the export that is named, which may be a dynamic module', async () => {
    const path = written(
      'app.module.mjs',
      `${MODULE('A')}export const dynamic = { module: A, imports: [] };\n`,
    );
    expect(await loadAppModule(`${path}#dynamic`)).toHaveProperty('module.name', 'A');
  });

  it('must be chosen among several', async () => {
    const path = written('app.module.mjs', MODULE('B') + MODULE('A'));
    expect(await failure(path)).toMatchObject({
      message: expect.stringContaining('exports several modules: A, B.') as string,
    });
    expect(await loadAppModule(`${path}#A`)).toHaveProperty('name', 'A');
    expect(await failure(`${path}#C`)).toMatchObject({
      message: expect.stringContaining('does not export a module C. Its modules are: A, B.') as string,
    });
  });

  it('must be in the file', async () => {
    const path = written('main.mjs', 'export const port = 3000;\nexport default null;\n');
    expect(await failure(path)).toMatchObject({
      code: 'NO_APP_MODULE',
      message: expect.stringContaining('does not export one class with @Module().') as string,
    });
  });

  it.each([
    ['app.module.mjs', "throw new Error('no database');\n", 'no database'],
    ['app.module.ts', 'export class { broken\n', 'app.module.ts'],
  ])('must be in a file that Node can load: %s', async (name, text, reason) => {
    expect(await failure(written(name, text))).toMatchObject({
      code: 'NO_APP_MODULE',
      message: expect.stringContaining(reason) as string,
    });
  });

  it('must be in a file that exists', () => {
    const folder = new TempFolder();
    expect(() => appModuleFile('')).toThrow('The file of --app-module does not exist.');
    expect(() => appModuleFile(join(folder.path, 'absent.js#A'))).toThrow('does not exist');
    expect(() => appModuleFile(folder.path)).toThrow('is not a file');
  });
});
