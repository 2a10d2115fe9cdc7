import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { PACKAGE_FOLDER } from '../support/package-under-test.js';
import type { Page } from './page.js';

const run = promisify(execFile);
const tsc = resolve('node_modules/typescript/bin/tsc');

/** A folder outside of the repository in which the package is installed, and the pages are apps. */
export class Workspace {
  private constructor(private readonly folder: string) {}

  static async create(): Promise<Workspace> {
    const workspace = new Workspace(await realpath(await mkdtemp(join(tmpdir(), 'docs-'))));
    await workspace.#install();
    return workspace;
  }

  async add({ name, files, plan }: Page): Promise<void> {
    for (const [file, text] of files) await this.#write(`pages/${name}/${file}`, text);
    await this.#write(`pages/${name}/plan.json`, JSON.stringify(plan));
    // Where the compiled files of an app are, as seen from its folder.
    await symlink(
      join(this.folder, 'dist', name, 'src'),
      join(this.folder, 'pages', name, 'dist'),
      'junction',
    );
  }

  /** Compiles all pages in one go, strictly. Answers what the compiler has against them. */
  async compile(): Promise<string> {
    await cp('test/docs/run-page.ts', join(this.folder, 'pages/run-page.ts'));
    await this.#write('tsconfig.json', JSON.stringify(TSCONFIG));
    return run(process.execPath, [tsc, '-p', '.', '--pretty', 'false'], { cwd: this.folder }).then(
      () => '',
      (error: { stdout: string }) => error.stdout,
    );
  }

  /** Runs the app of a page in the page's folder. Rejects where it fails, or does not end by itself. */
  async run(page: string): Promise<string> {
    const cwd = join(this.folder, 'pages', page);
    const script = [join(this.folder, 'dist/run-page.js'), 'plan.json', join(this.folder, 'dist', page)];
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      NO_COLOR: '1',
      PATH: `${join(this.folder, 'bin')}:${process.env['PATH']}`,
      HOT_CONFIG_SOCKET_DIR: join(this.folder, 'run', page),
    };
    delete env['FORCE_COLOR'];
    delete env['NODE_ENV'];
    const { stdout } = await run(process.execPath, script, { cwd, env, timeout: 60_000 }).catch(
      (error: { stdout: string; stderr: string }) => {
        throw new Error(`${error.stdout}\n${error.stderr}`);
      },
    );
    return stdout;
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  /** The package, beside links to everything that is installed here. */
  async #install(): Promise<void> {
    const modules = join(this.folder, 'node_modules');
    await mkdir(modules);
    for (const name of await readdir('node_modules')) {
      if (!name.startsWith('.'))
        await symlink(resolve('node_modules', name), join(modules, name), 'junction');
    }
    const installed = join(modules, 'nestjs-hot-config');
    await cp(PACKAGE_FOLDER, installed, { recursive: true });
    await this.#write('package.json', JSON.stringify({ name: 'gateway', type: 'module' }));
    await this.#write('bin/hot-config', asOnTerminal(join(installed, 'dist/cli/main.js')));
    await chmod(join(this.folder, 'bin/hot-config'), 0o755);
  }

  async #write(path: string, text: string): Promise<void> {
    const file = join(this.folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

/** The command as the package installs it, except that it takes a pipe for a terminal. */
function asOnTerminal(main: string): string {
  const terminal = 'data:text/javascript,Object.assign(process.stdout,{isTTY:true,getColorDepth:()=>1})';
  return `#!/bin/sh\nexec '${process.execPath}' --import '${terminal}' '${main}' "$@"\n`;
}

/** The settings of this repository, without the alias: here the package is installed. */
const TSCONFIG = {
  extends: resolve('tsconfig.json'),
  compilerOptions: {
    noEmit: false,
    rootDir: 'pages',
    outDir: 'dist',
    paths: {},
    typeRoots: ['node_modules/@types'],
    // Examples leave things unused.
    noUnusedLocals: false,
    noUnusedParameters: false,
  },
  include: ['pages'],
  exclude: [],
};
