import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type InlineConfig } from 'vite';
import { onTestFinished } from 'vitest';
import { APP_FOLDER, packageUnderTest, withoutLib } from './package-under-test.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Variables that override those of this process; undefined removes one. */
type Environment = Readonly<Record<string, string | undefined>>;

/** Variables of a terminal: Node disables colours if a CI service has set its variables. */
const TERMINAL: Environment = {
  TERM: 'xterm-256color',
  CI: undefined,
  TF_BUILD: undefined,
  TEAMCITY_VERSION: undefined,
  FORCE_COLOR: undefined,
  NODE_DISABLE_COLORS: undefined,
};

/** An app in its own process, for tests of exit codes, signals and open handles. */
export class ChildApp {
  stdout = '';
  stderr = '';
  readonly process: ChildProcess;
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;

  private constructor(command: readonly string[], folder: string, env: Environment) {
    const [program = '', ...args] = command;
    this.process = spawn(program, args, {
      cwd: folder,
      env: { ...process.env, NO_COLOR: '1', NODE_ENV: 'test', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process.stdout!.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.process.stderr!.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = new Promise((resolve) =>
      this.process.once('close', (code, signal) => resolve(code ?? signal!)),
    );
    onTestFinished(() => void this.process.kill('SIGKILL'));
  }

  /** Runs `test/e2e/apps/<name>.ts` in `folder`. */
  static async run(name: string, folder: string, env: Environment = {}): Promise<ChildApp> {
    const script = await bundled(name, `test/e2e/apps/${name}.ts`);
    return new ChildApp([process.execPath, '--expose-gc', script], folder, env);
  }

  /** The `hot-config` command, as a file that Node runs. */
  static async commandFile(): Promise<string> {
    if (packageUnderTest !== undefined) return join(APP_FOLDER, 'node_modules/.bin/hot-config');
    return bundled('hot-config', 'lib/cli/main.ts');
  }

  /** Runs the `hot-config` command in `folder`. With `typed`, on a terminal, as by a person. */
  static async command(
    args: readonly string[],
    folder: string,
    { env = {}, typed = false }: { env?: Environment; typed?: boolean } = {},
  ): Promise<ChildApp> {
    const command = [process.execPath, await ChildApp.commandFile(), ...args];
    const quoted = command.map((word) => `'${word}'`).join(' ');
    if (!typed) return new ChildApp(command, folder, env);
    return new ChildApp(['script', '-qec', quoted, '/dev/null'], folder, { ...TERMINAL, ...env });
  }

  /** The printed lines, without what differs between runs (times, process ids). */
  get lines(): string[] {
    return (this.stdout + this.stderr)
      .split('\n')
      .map((line) => line.replace(/^\[Nest\] \d+ +- [^A-Z]*(?:[AP]M)? +/, ''))
      .filter((line) => line !== '');
  }
}

const bundles = new Map<string, Promise<string>>();

/** lib/ becomes a part of each bundle. A package under test does not: Node finds it in a folder above the bundle. */
const LIBRARY: InlineConfig =
  packageUnderTest === undefined
    ? {
        resolve: {
          alias: [
            { find: /^nestjs-hot-config$/, replacement: join(root, 'lib/index.ts') },
            { find: /^nestjs-hot-config[/](.+)$/, replacement: join(root, 'lib/$1/index.ts') },
          ],
        },
      }
    : { plugins: [withoutLib()] };
const EXTERNAL = packageUnderTest === undefined ? [] : [/^nestjs-hot-config($|[/])/];

/** Bundles an app once: its modules in one file, beside the installed packages. */
function bundled(name: string, entry: string): Promise<string> {
  const known = bundles.get(name) ?? bundle(name, entry);
  bundles.set(name, known);
  return known;
}

async function bundle(name: string, entry: string): Promise<string> {
  const folder = bundleFolder();
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  await build({
    ...LIBRARY,
    configFile: false,
    root,
    logLevel: 'error',
    oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
    build: {
      ssr: join(root, entry),
      outDir: folder,
      emptyOutDir: false,
      minify: false,
      rolldownOptions: { external: EXTERNAL, output: { entryFileNames: `${name}.mjs` } },
    },
  });
  return join(folder, `${name}.mjs`);
}

/** A folder from which Node finds the installed packages, and the package under test if there is one. */
function bundleFolder(): string {
  if (packageUnderTest !== undefined) return mkdtempSync(join(APP_FOLDER, 'bundle-'));
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'hot-config-app-')));
  symlinkSync(realpathSync(join(root, 'node_modules')), join(folder, 'node_modules'), 'junction');
  return folder;
}
