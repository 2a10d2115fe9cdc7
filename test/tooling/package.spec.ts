import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const tsc = resolve('node_modules/typescript/bin/tsc');

interface Manifest {
  name: string;
  version: string;
  bin: Record<'hot-config', string>;
  exports: Record<string, unknown>;
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
}

/** The package as a user installs it: packed, and unpacked into an app that has only the declared dependencies. */
describe('The published package', () => {
  let folder: string;
  let app: string;
  let installed: string;
  let manifest: Manifest;
  let declared: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'package-'));
    app = join(folder, 'app');
    manifest = JSON.parse(await readFile('package.json', 'utf8')) as Manifest;
    declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
    installed = join(app, 'node_modules', manifest.name);
    await unpack(await pack(), installed);
    for (const name of [...declared, '@types/node']) await link(name);
  }, 120_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('contains the build, its documents, and nothing else', async () => {
    const entries = await readdir(installed);
    const papers = ['CHANGELOG.md', 'LICENSE', 'README.md', 'docs', 'ops', 'package.json'];
    expect(entries).toEqual(expect.arrayContaining(['LICENSE', 'dist', 'package.json']));
    expect(entries.filter((entry) => ![...papers, 'dist'].includes(entry))).toEqual([]);
  });

  it('imports only what its manifest declares', async () => {
    const files = await readdir(join(installed, 'dist'), { recursive: true });
    const undeclared: string[] = [];
    for (const file of files.filter((name) => /\.(js|d\.ts)$/.test(name))) {
      for (const specifier of specifiersOf(await readFile(join(installed, 'dist', file), 'utf8'))) {
        if (!isDeclared(specifier)) undeclared.push(`${file}: ${specifier}`);
      }
    }
    expect(undeclared).toEqual([]);
  });

  it('can be imported by an app', async () => {
    await writeFile(
      join(app, 'main.mjs'),
      `console.log(Object.keys(await import('${manifest.name}')).join());`,
    );
    const { stdout } = await run(process.execPath, ['main.mjs'], { cwd: app });
    expect(stdout.trim().split(',')).toEqual(expect.arrayContaining(['HotConfigModule', 'HotConfigService']));
  });

  it('can be imported by each of its entry points', async () => {
    const names = Object.keys(manifest.exports).filter((name) => name !== './package.json');
    const imports = names.map((name) => `await import('${manifest.name}${name.slice(1)}');\n`);
    await writeFile(join(app, 'all.mjs'), `${imports.join('')}console.log('imported');`);
    const { stdout } = await run(process.execPath, ['all.mjs'], { cwd: app });
    expect(stdout.trim()).toBe('imported');
  });

  it('contains the command', async () => {
    const bin = join(installed, manifest.bin['hot-config']);
    expect(await readFile(bin, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    // As created by an installer: a link to an executable file.
    const command = join(app, 'node_modules/.bin/hot-config');
    await mkdir(dirname(command), { recursive: true });
    await symlink(bin, command);
    await chmod(bin, 0o755);
    const { stdout } = await run(command, ['--version'], { cwd: app });
    expect(stdout).toBe(`${manifest.version}\n`);
    await writeFile(join(app, 'app.yaml'), 'n: 1\n');
    expect((await run(command, ['validate', 'app.yaml'], { cwd: app })).stdout).toMatch(/^Valid: app\.yaml/);
  });

  it('contains types that resolve', async () => {
    const complaints = await complaintsAbout(
      'main.mts',
      `import { HotConfigModule, HotConfigService } from '${manifest.name}';
       export const parts: [typeof HotConfigModule, typeof HotConfigService] = [HotConfigModule, HotConfigService];
       // @ts-expect-error: were the types unresolved, they would be \`any\`, and this would pass.
       export const wrong: number = HotConfigModule;`,
    );
    expect(complaints).toEqual([]);
  }, 120_000);

  it('exports the types that apps with `declaration` need', async () => {
    const complaints = await complaintsAbout(
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
      ['--declaration'],
    );
    expect(complaints).toEqual([]);
  }, 120_000);

  it('contains no source map without its source', async () => {
    const files = await readdir(join(installed, 'dist'), { recursive: true });
    const maps = files.filter((name) => name.endsWith('.map'));
    const contents = await Promise.all(maps.map((name) => readFile(join(installed, 'dist', name), 'utf8')));
    expect(maps).not.toEqual([]);
    expect(maps.filter((_name, at) => !contents[at]!.includes('"sourcesContent":'))).toEqual([]);
  });

  /** Returns compiler errors of a file of the app and of the package's own declarations, without those of other packages. */
  async function complaintsAbout(
    file: string,
    text: string,
    more: readonly string[] = [],
  ): Promise<string[]> {
    await writeFile(join(app, file), text);
    // Without skipLibCheck, so that the package's own declarations are checked.
    const options = '--noEmit --strict --target ES2023 --module NodeNext --types node --pretty false'.split(
      ' ',
    );
    const { stdout } = await run(process.execPath, [tsc, ...options, ...more, file], { cwd: app }).catch(
      (error: { stdout: string }) => error,
    );
    return stdout
      .split('\n')
      .filter((line) => line.startsWith(file) || line.startsWith('node_modules/nestjs-hot-config/'));
  }

  /** Builds into its own folder, so that neither a missing nor a stale dist/ matters. */
  async function pack(): Promise<string> {
    const stage = join(folder, 'stage');
    const build = [tsc, '-p', 'tsconfig.build.json', '--noCheck', '--outDir', join(stage, 'dist')];
    await run(process.execPath, build).catch((error: { stdout: string }) => {
      throw new Error(`The build failed:\n${error.stdout}`);
    });
    for (const paper of ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'docs', 'ops']) {
      await cp(paper, join(stage, paper), { recursive: true }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      });
    }
    const npm = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
    const { stdout } = await run('npm', npm, { cwd: stage, shell: process.platform === 'win32' });
    const [tarball] = JSON.parse(stdout) as [{ filename: string }];
    return join(folder, tarball.filename);
  }

  async function unpack(tarball: string, target: string): Promise<void> {
    await mkdir(target, { recursive: true });
    await run('tar', ['-xzf', tarball, '-C', target, '--strip-components', '1']);
  }

  /** Links to what is installed here instead of a download: quick, and as strict about undeclared packages. */
  async function link(name: string): Promise<void> {
    const path = join(app, 'node_modules', name);
    await mkdir(dirname(path), { recursive: true });
    await symlink(resolve('node_modules', name), path, 'junction');
  }

  function specifiersOf(text: string): string[] {
    return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
  }

  function isDeclared(specifier: string): boolean {
    if (specifier.startsWith('.') || isBuiltin(specifier)) return true;
    const [scopeOrName = '', name] = specifier.split('/');
    return declared.includes(scopeOrName.startsWith('@') ? `${scopeOrName}/${name}` : scopeOrName);
  }
});
