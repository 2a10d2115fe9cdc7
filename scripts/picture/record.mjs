// Runs the quick start of README.md with the built package, edits its file, and returns what was printed: no text of the
// picture is invented.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import ts from 'typescript';

/** A controller besides those of the quick start: a request that lasts until a save is applied. */
const SLOW_CONTROLLER = `
import { Controller, Get, Logger } from '@nestjs/common';
import { HotConfigService } from 'nestjs-hot-config';
import { setTimeout as delay } from 'node:timers/promises';

@Controller()
export class SlowController {
  private readonly logger = new Logger('SlowController');

  constructor(private readonly config: HotConfigService<any>) {}

  @Get('slow')
  async slow() {
    const before = this.config.get('llm.model');
    this.logger.log('GET /slow has begun, with ' + before);
    while (this.config.current.value.llm.model === before) await delay(5);
    return { before, after: this.config.get('llm.model'), latest: this.config.current.value.llm.model };
  }
}
`;

const MAIN = `
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { SlowController } from './slow.controller.js';

@Module({ imports: [AppModule], controllers: [SlowController] })
class PictureModule {}

const app = await NestFactory.create(PictureModule, { logger: ['log', 'warn', 'error'] });
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
process.send!(await app.getUrl());
`;

/** The contents of the configuration file, in the order in which they are saved. */
const SAVES = {
  boot: 'log_level: log\nllm:\n  model: small\n  temperature: 0.7\n',
  applied: 'log_level: log\nllm:\n  model: large\n  temperature: 0.7\n',
  rejected: 'log_level: log\nllm:\n  modle: tiny\n  temperature: 7\n',
  pinned: 'log_level: log\nllm:\n  model: tiny\n  temperature: 0.7\n',
};

/**
 * Returns the scenes of the picture: a file before and after it is saved, and the lines that follow. The app is created
 * in a folder below `parent`, which decides the package that it imports.
 */
export async function record(parent) {
  const folder = await mkdtemp(join(parent, 'picture-'));
  try {
    await writeApp(folder);
    return await play(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function play(folder) {
  const app = fork('main.js', { cwd: folder, env: environment(), stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const log = logOf(app);
  try {
    const [url] = await Promise.race([
      once(app, 'message'),
      once(app, 'close').then(() => Promise.reject(new Error(`The app does not start:\n${log.text()}`))),
    ]);
    const save = (name) => writeFile(join(folder, 'config/app.yaml'), SAVES[name]);

    log.skip();
    await save('applied');
    const applied = await log.until('LOG [HotConfig] Configuration version 2 applied', '→');

    await save('rejected');
    const rejected = await log.until('keeping version 2', '.model?');

    // Not shown: the end of the rejection is a longer line.
    await save('applied');
    await log.until('LOG [HotConfig] Configuration unchanged');

    const answer = fetch(`${url}/slow`);
    const begun = await log.until('has begun, with large');
    await save('pinned');
    const body = await (await answer).text();
    const during = await log.until('LOG [HotConfig] Configuration version 3 applied', '→');

    return [
      scene('A save is applied', SAVES.boot, SAVES.applied, applied),
      scene('A wrong save is refused: the app keeps what it has', SAVES.applied, SAVES.rejected, rejected),
      {
        ...scene(
          'A request keeps its version, whatever is saved meanwhile',
          SAVES.applied,
          SAVES.pinned,
          during,
        ),
        request: { begun, answer: `GET /slow has answered ${body}` },
      },
    ];
  } finally {
    app.kill();
    if (app.exitCode === null && app.signalCode === null) await once(app, 'close');
  }
}

function scene(title, before, after, lines) {
  return {
    title,
    file: 'config/app.yaml',
    before: before.trimEnd().split('\n'),
    after: after.trimEnd().split('\n'),
    lines,
  };
}

/** The lines of an app's log, without what differs from run to run. */
function logOf({ stdout, stderr }) {
  let output = '';
  let seen = 0;
  for (const stream of [stdout, stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const lines = () =>
    output
      .slice(seen)
      .replaceAll(/^\[Nest\] .*? {2,}([A-Z]+ \[)/gm, '$1') // the process, and the time
      .replaceAll(/[\d.]+ ms\b/g, '… ms')
      .trimEnd()
      .split('\n');

  return {
    text: () => output,
    skip: () => (seen = output.length),
    /** Waits until each of the texts is logged, and returns the lines since the last call. */
    async until(...texts) {
      const isComplete = () => texts.every((text) => lines().some((line) => line.includes(text)));
      const deadline = AbortSignal.timeout(30_000);
      while (!isComplete() || !output.endsWith('\n')) {
        await Promise.race([
          once(stdout, 'data', { signal: deadline }),
          once(stderr, 'data', { signal: deadline }),
        ]).catch((cause) =>
          Promise.reject(new Error(`Not logged: ${texts.join(' and ')}\n${output}`, { cause })),
        );
      }
      const found = lines();
      seen = output.length;
      return found;
    },
  };
}

function environment() {
  const { NODE_ENV: _environment, FORCE_COLOR: _color, ...env } = process.env;
  return { ...env, NO_COLOR: '1', NODE_ENV: 'test' }; // without a control channel
}

async function writeApp(folder) {
  const files = quickStartOf(await readFile('README.md', 'utf8'));
  const sources = { ...files, 'src/slow.controller.ts': SLOW_CONTROLLER, 'src/main.ts': MAIN };
  await write(join(folder, 'config/app.yaml'), SAVES.boot);
  for (const [path, text] of Object.entries(sources)) {
    if (!path.endsWith('.ts')) continue;
    const { outputText } = ts.transpileModule(text, {
      compilerOptions: {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2023,
        experimentalDecorators: true,
        emitDecoratorMetadata: true,
      },
    });
    await write(join(folder, path.replace(/^src\//, '').replace(/\.ts$/, '.js')), outputText);
  }
}

/** The code blocks of a page whose first line names a file. */
function quickStartOf(page) {
  const blocks = [...page.matchAll(/^```\w+\n(?:\/\/|#) (\S+)\n([\s\S]*?)^```$/gm)];
  return Object.fromEntries(blocks.map(([, path, text]) => [path, text]));
}

async function write(path, text) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
