import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fencesOf } from '../../docs/fences.js';
import { filesOf } from '../../docs/page.js';
import { APP_FOLDER } from '../../support/package-under-test.js';

/** What an app of Nest logs when it has started. */
export const STARTED = 'Nest application successfully started';

/** What the README and docs/testing.md tell a new user to write, by the paths that they name. */
const documented = new Map<string, string>();
for (const page of ['README.md', 'docs/testing.md']) {
  for (const [file, text] of filesOf(fencesOf(page, await readFile(page, 'utf8'))))
    documented.set(file, text);
}

/** Packages that docs/getting-started.md installs besides the one under test, by the version of Nest. */
const PEERS = {
  11: ['@nestjs/config@4', 'class-validator', 'class-transformer'],
  12: ['@nestjs/config', 'class-validator', 'class-transformer'],
};

/**
 * An app as the CLI of Nest makes it, from test/package/fixtures, in a folder of its own. npm installs its packages and
 * the published package.
 */
export class NewApp {
  readonly #running: RunningApp[] = [];

  private constructor(readonly folder: string) {}

  static async create(template: string, nest: keyof typeof PEERS): Promise<NewApp> {
    const app = new NewApp(await realpath(await mkdtemp(join(tmpdir(), `${template}-`))));
    await cp(join('test/package/fixtures', template), app.folder, { recursive: true });
    const tarball = (await readdir(APP_FOLDER)).find((name) => name.endsWith('.tgz'))!;
    const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline'];
    await app.run('npm', 'install', ...options, join(APP_FOLDER, tarball), ...PEERS[nest]);
    return app;
  }

  /** Writes a file of the documentation, by its path there, as `change` returns it. */
  async document(file: string, change: (text: string) => string = (text) => text, to = file): Promise<void> {
    const text = documented.get(file);
    if (text === undefined) throw new Error(`${file} is not in the documentation`);
    await this.write(to, change(text));
  }

  /** Writes a file, by its path in the app. */
  async write(file: string, text: string): Promise<void> {
    await mkdir(dirname(join(this.folder, file)), { recursive: true });
    await writeFile(join(this.folder, file), text);
  }

  /** Runs a command to its end, and returns its output. Fails if the command fails. */
  async run(command: string, ...args: readonly string[]): Promise<string> {
    const running = this.#spawn(command, args);
    const code = await running.ended;
    if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}\n${running.output}`);
    return running.output;
  }

  /** Starts a command, and resolves when its output contains `text`. */
  async start(text: string, command: string, ...args: readonly string[]): Promise<RunningApp> {
    const running = this.#spawn(command, args);
    this.#running.push(running);
    await running.prints(text);
    return running;
  }

  /** Starts the app by a command, edits its file, waits for the handler, and returns the output up to its end. */
  async followsItsFile(command: string, ...args: readonly string[]): Promise<string> {
    const running = await this.start(STARTED, command, ...args);
    await this.document('config/app.yaml', edited);
    await running.prints('llm.model: small → large');
    await running.stop();
    await this.document('config/app.yaml');
    return running.output;
  }

  async remove(): Promise<void> {
    for (const running of this.#running) await running.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  #spawn(command: string, args: readonly string[]): RunningApp {
    // Without the variables of the npm that runs this suite: they would be options of the one started here.
    const env = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_ENV$|VITEST)/i.test(name));
    const bin = join(this.folder, 'node_modules/.bin');
    const child = spawn(command, args, {
      cwd: this.folder,
      env: {
        ...Object.fromEntries(env),
        PATH: `${bin}${delimiter}${process.env['PATH']}`,
        NO_COLOR: '1',
        PORT: '0',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: `nest start` runs the app in a process of its own.
      detached: true,
    });
    return new RunningApp(child);
  }
}

/** A command that runs. */
export class RunningApp {
  output = '';
  /** The exit code; null if a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Emits `more` when there is more output, and at the end. */
  readonly #news = new EventEmitter();
  #hasEnded = false;

  constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        this.#news.emit('more');
      });
    }
    this.ended = once(child, 'close').then(([code]) => code as number | null);
    void this.ended.then(() => {
      this.#hasEnded = true;
      this.#news.emit('more');
    });
  }

  /** Resolves when the output contains `text`. Fails if the command ends without it. */
  async prints(text: string): Promise<void> {
    while (!this.output.includes(text)) {
      if (this.#hasEnded) throw new Error(`It ended without “${text}”\n${this.output}`);
      await once(this.#news, 'more');
    }
  }

  /** Ends it with the processes that it started. */
  async stop(): Promise<void> {
    try {
      process.kill(-this.child.pid!, 'SIGTERM');
    } catch {
      // It has ended.
    }
    await this.ended;
  }
}

/** Counts how often `text` was printed. */
export function count(output: string, text: string): number {
  return output.split(text).length - 1;
}

/** Code of a page as an app in CommonJS has it: without the extension of imports. */
export function withoutExtensions(text: string): string {
  return text.replaceAll(/(from '\.{1,2}\/[^']+)\.js'/g, "$1'");
}

/** A spec of a page for jest, whose functions are global. */
export function forJest(text: string): string {
  return text.replace(/^import .* from 'vitest';\n/m, '');
}

/** The file of the quick start with another model. */
function edited(text: string): string {
  return text.replace('model: small', 'model: large');
}
