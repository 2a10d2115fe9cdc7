import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { PACKAGE_FOLDER } from '../../support/package-under-test.js';
import { linkCommands } from './link-commands.js';
import type { Manifest } from './manifest.js';

/** The manifest of the published package. */
export const manifest = JSON.parse(await readFile(join(PACKAGE_FOLDER, 'package.json'), 'utf8')) as Manifest;

/** The names by which an app imports the package. */
export const entryPoints = Object.keys(manifest.exports)
  .filter((name) => name !== './package.json')
  .map((name) => `${manifest.name}${name.slice(1)}`);

const TSC = resolve('node_modules/typescript/bin/tsc');

/** Without skipLibCheck, so that the package's own declarations are checked. */
const OPTIONS =
  '--noEmit --declaration --strict --target ES2023 --module NodeNext --types node --pretty false'.split(' ');

/** Result of a program. */
export interface Ended {
  readonly code: number;
  readonly output: string;
}

/** An app outside of the repository: it has the package, the packages that this declares, and no others. */
export class InstalledApp {
  /** The package in the app. */
  readonly package: string;

  private constructor(readonly folder: string) {
    this.package = join(folder, 'node_modules', manifest.name);
  }

  /**
   * Installs everything declared except the packages `without`. The app itself needs the packages `also`. Its files are
   * those of test/package/apps.
   */
  static async create({
    without = [],
    also = [],
  }: { without?: readonly string[]; also?: readonly string[] } = {}): Promise<InstalledApp> {
    const app = new InstalledApp(await realpath(await mkdtemp(join(tmpdir(), 'installed-app-'))));
    // A copy: through a link, Node would look for peers where the link points to.
    await cp(PACKAGE_FOLDER, app.package, { recursive: true });
    const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
    for (const name of [...declared, ...also]) if (!without.includes(name)) await app.#link(name);
    await linkCommands(join(app.folder, 'node_modules'), manifest);
    await cp('test/package/apps', app.folder, { recursive: true });
    return app;
  }

  /** Writes a file, by its path in the app. */
  async write(file: string, text: string): Promise<void> {
    await writeFile(join(this.folder, file), text);
  }

  /** Runs Node in the folder of the app. */
  async node(...args: readonly string[]): Promise<Ended> {
    const child = spawn(process.execPath, args, {
      cwd: this.folder,
      env: { ...process.env, NO_COLOR: '1', NODE_ENV: 'production' },
      stdio: ['ignore', 'pipe', 'pipe'],
      // An app that waits in vain must not outlive the test.
      timeout: 110_000,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    }
    const [code] = (await once(child, 'close')) as [number];
    return { code, output };
  }

  /** Returns compiler errors of files of the app and of the package's own declarations, without those of other packages. */
  async complaintsAbout(...files: readonly string[]): Promise<string[]> {
    const { output } = await this.node(TSC, ...OPTIONS, ...files);
    const own = `node_modules/${manifest.name}/`;
    // An indented line explains the one above it. Anything else is a complaint, also that the compiler did not run.
    return output
      .split('\n')
      .filter((line) => line !== '' && !/^\s/.test(line))
      .filter((line) => line.startsWith(own) || !/^[^(]*\bnode_modules\//.test(line));
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Links to what is installed in the repository instead of a download: quick, and as strict about undeclared packages. */
  async #link(name: string): Promise<void> {
    const path = join(this.folder, 'node_modules', name);
    await mkdir(dirname(path), { recursive: true });
    await symlink(resolve('node_modules', name), path, 'junction');
  }
}
