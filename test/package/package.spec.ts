import { execFile } from 'node:child_process';
import { access, constants, mkdir, readdir, readFile, rename, symlink } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entryPoints, InstalledApp, manifest } from './support/installed-app.js';

const run = promisify(execFile);

/** The package as a user installs it: packed, and unpacked into an app that has only the declared dependencies. */
describe('The published package', () => {
  const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  let app: InstalledApp;

  beforeAll(async () => {
    app = await InstalledApp.create({ also: ['@types/node'] });
  });

  afterAll(() => app.remove());

  it('contains the build, its papers, and nothing else', async () => {
    const entries = await readdir(app.package);
    const papers = ['CHANGELOG.md', 'LICENSE', 'README.md', 'ops', 'package.json'];
    expect(entries).toEqual(expect.arrayContaining(['LICENSE', 'dist', 'package.json']));
    expect(entries.filter((entry) => ![...papers, 'dist'].includes(entry))).toEqual([]);
  });

  it('imports only what its manifest declares', async () => {
    const files = await readdir(join(app.package, 'dist'), { recursive: true });
    const undeclared: string[] = [];
    for (const file of files.filter((name) => /\.(js|d\.ts)$/.test(name))) {
      for (const specifier of specifiersOf(await readFile(join(app.package, 'dist', file), 'utf8'))) {
        if (!isDeclared(specifier)) undeclared.push(`${file}: ${specifier}`);
      }
    }
    expect(undeclared).toEqual([]);
  });

  it('can be imported by an app', async () => {
    await app.write('main.mjs', `console.log(Object.keys(await import('${manifest.name}')).join());`);
    const { output } = await app.node('main.mjs');
    expect(output.trim().split(',')).toEqual(expect.arrayContaining(['HotConfigModule', 'HotConfigService']));
  });

  it('can be imported by each of its entry points', async () => {
    const { output } = await app.node('imports.mjs', ...entryPoints);
    expect(JSON.parse(output)).toEqual(Object.fromEntries(entryPoints.map((name) => [name, 'imported'])));
  });

  it('can be required by each of its entry points, as the same objects', async () => {
    await app.write(
      'required.mjs',
      `import { createRequire } from 'node:module';
       const require = createRequire(import.meta.url);
       for (const name of ${JSON.stringify(entryPoints)}) {
         const imported = await import(name);
         const different = Object.entries(require(name)).filter(([key, value]) => imported[key] !== value);
         console.log(name, Object.keys(imported).length > 0, different.length);
       }`,
    );
    const { output } = await app.node('required.mjs');
    expect(output.trim().split('\n')).toEqual(entryPoints.map((name) => `${name} true 0`));
  });

  it('has no await at the top level of a file: such a file cannot be required', async () => {
    const files = await readdir(join(app.package, 'dist'), { recursive: true });
    const code = files.filter((name) => /\.c?js$/.test(name));
    const awaiting: string[] = [];
    for (const name of code) {
      const text = await readFile(join(app.package, 'dist', name), 'utf8');
      if (awaitsAtTop(ts.createSourceFile(name, text, ts.ScriptTarget.ES2023))) awaiting.push(name);
    }
    expect(code.length).toBeGreaterThan(entryPoints.length * 2);
    expect(awaiting).toEqual([]);
  });

  it('requires nothing in its CommonJS form that jest cannot require', async () => {
    const folder = join(app.package, 'dist/cjs');
    const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.cjs'));
    const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
    const names = new Set(texts.flatMap((text) => specifiersOf(text)));
    expect(names).toContain('js-yaml');
    // Published as ES modules only, so that they are bundled; Nest 12 is the other one, which jest runs as ES modules.
    expect([...names].filter((name) => ['chokidar', 'leven', 'toml-eslint-parser'].includes(name))).toEqual(
      [],
    );
    expect(texts.some((text) => /[^#\w]import\(/.test(text))).toBe(false);
    expect(await readFile(join(folder, 'LICENSES.md'), 'utf8')).toMatch(/^# chokidar \d/m);
  });

  it('contains the command', async () => {
    const bin = join(app.package, manifest.bin['hot-config']);
    expect(await readFile(bin, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    const command = join(app.folder, 'node_modules/.bin/hot-config');
    expect((await run(command, ['--version'])).stdout).toBe(`${manifest.version}\n`);
    await app.write('app.yaml', 'n: 1\n');
    expect((await run(command, ['validate', 'app.yaml'], { cwd: app.folder })).stdout).toMatch(
      /^Valid: app\.yaml/,
    );
  });

  it('is built with a command that can be executed, for `npx hot-config` in a clone', async () => {
    await expect(access(manifest.bin['hot-config'], constants.X_OK)).resolves.toBeUndefined();
  });

  it('contains types that resolve, and those that apps with `declaration` need', async () => {
    await app.write(
      'main.mts',
      `import { HotConfigModule, HotConfigService } from '${manifest.name}';
       export const parts: [typeof HotConfigModule, typeof HotConfigService] = [HotConfigModule, HotConfigService];
       // @ts-expect-error: were the types unresolved, they would be \`any\`, and this would pass.
       export const wrong: number = HotConfigModule;`,
    );
    await app.write(
      'exporting.mts',
      `import {
         type ConfigFormat, directory, dotenv, env, factory, file, FormatError, HotConfigManager, HotConfigModule,
         overrides, refreshable, registerFormat,
       } from '${manifest.name}';
       import { memory } from '${manifest.name}/testing';
       export const sources = [file('a'), directory('b'), dotenv(), env(), factory(() => ({})), overrides(), memory({})];
       export const component = refreshable({ provide: 'pool', on: 'pool', useFactory: () => 1 });
       export const format = registerFormat('.ini', (text) => text);
       export const feature = HotConfigModule.forFeature(class Part {}, 'part');
       export const lastError = (manager: HotConfigManager) => manager.status().lastError;
       export const problems = (error: FormatError) => error.problems;
       export const context = (given: Parameters<ConfigFormat['parse']>[1]) => given;`,
    );
    expect(await app.complaintsAbout('main.mts', 'exporting.mts')).toEqual([]);
  }, 120_000);

  it('contains no source map, and names none: the sources are not in it', async () => {
    const files = await readdir(join(app.package, 'dist'), { recursive: true });
    const code = files.filter((name) => /\.(c?js|d\.ts)$/.test(name));
    const texts = await Promise.all(code.map((name) => readFile(join(app.package, 'dist', name), 'utf8')));
    expect(code.length).toBeGreaterThan(entryPoints.length * 4);
    expect(files.filter((name) => name.endsWith('.map'))).toEqual([]);
    expect(code.filter((_name, at) => texts[at]!.includes('//# sourceMappingURL='))).toEqual([]);
  });

  it('has no shared file that imports the command, and so would run it', async () => {
    const folder = join(app.package, 'dist/chunks');
    const found: string[] = [];
    for (const file of await readdir(folder)) {
      const specifiers = specifiersOf(await readFile(join(folder, file), 'utf8'));
      found.push(
        ...specifiers.filter((name) => name.startsWith('../cli/')).map((name) => `${file}: ${name}`),
      );
    }
    expect(found).toEqual([]);
  });

  it('knows its own files where they are not in node_modules: in a workspace', async () => {
    const workspace = await InstalledApp.create();
    const folder = join(workspace.folder, 'packages/hot-config');
    await mkdir(dirname(folder));
    await rename(workspace.package, folder);
    await symlink(folder, workspace.package, 'junction');
    await mkdir(join(workspace.folder, 'node_modules/client'));
    const client = `export const createClient = (config) => config.get('url');`;
    await workspace.write('node_modules/client/index.mjs', client);
    expect((await workspace.node('reads-at-start.mjs')).output).toBe('[{"path":"url","by":"client"}]\n');
    await workspace.remove();
  });

  it('checks nested classes also in an app that is bundled with it into one file', async () => {
    const bundle = await rolldown({
      input: join(app.folder, 'bundled.mjs'),
      platform: 'node',
      // What neither the app nor the package needs here.
      external: [/^@nestjs\/(?!common|core|config)/, /^class-transformer\/storage$/, 'ts-morph', 'smol-toml'],
      onLog: () => undefined,
    });
    await bundle.write({ file: join(app.folder, 'bundle.mjs'), format: 'es', codeSplitting: false });
    await bundle.close();
    expect((await app.node('bundle.mjs')).output).toBe('Database rejected\n');
  });

  it('parses a large file in a thread, in both forms', async () => {
    const expected = 'applied first 2 1\n';
    expect((await app.node('large-file.mjs')).output).toBe(expected);
    const commonJs = join(app.package, 'dist/cjs/index.cjs');
    expect((await app.node('large-file.mjs', commonJs)).output).toBe(expected);
  });

  it('keeps the names of its classes and functions, which are in errors and logs, in both forms', async () => {
    await app.write(
      'names.mjs',
      `import { createRequire } from 'node:module';
       import { dirname, join } from 'node:path';
       const require = createRequire(import.meta.url);
       const { exports } = require('${manifest.name}/package.json');
       const forms = Object.values(exports).flatMap((entry) => [entry.import, entry.require]).filter(Boolean);
       let count = 0;
       for (const form of forms) {
         const exported = Object.entries(require(join('${app.package}', form.default)));
         for (const [name, value] of exported.filter(([, value]) => typeof value === 'function')) {
           count += 1;
           if (value.name !== name && value.name !== 'Hot' + name) console.log(form.default, name, value.name);
         }
       }
       console.log(count > 80 ? 'named' : count);`,
    );
    expect((await app.node('names.mjs')).output).toBe('named\n');
  });

  function specifiersOf(text: string): string[] {
    return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
  }

  function awaitsAtTop(node: ts.Node): boolean {
    if (ts.isFunctionLike(node) || ts.isClassLike(node)) return false;
    return (
      ts.isAwaitExpression(node) ||
      (ts.forEachChild(node, (child) => awaitsAtTop(child) || undefined) ?? false)
    );
  }

  function isDeclared(specifier: string): boolean {
    if (specifier.startsWith('.') || isBuiltin(specifier)) return true;
    const [scopeOrName = '', name] = specifier.split('/');
    return declared.includes(scopeOrName.startsWith('@') ? `${scopeOrName}/${name}` : scopeOrName);
  }
});
