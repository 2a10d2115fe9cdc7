import { setTimeout as delay } from 'node:timers/promises';
import type { GlobalOptions } from './global-options.js';
import { tokenOf } from './global-options.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import type { Io } from '../terminal/io.interface.js';
import { chooseApp } from '../connection/choose-app.js';
import { HttpConnection } from '../connection/http-connection.js';
import type { Call, Link } from '../connection/app-connection.interface.js';
import { Output } from '../output/output.js';

/** How long an app may take to greet, in ms: one that runs does at once. */
const GREETING_TIMEOUT = 3_000;

/** What an app that starts or restarts looks like meanwhile. */
const ABSENT = new Set<ExitCode>([ExitCode.NoApp, ExitCode.Connection]);

const LOOK_EVERY = 200;

/** One run of the command: what it was told, where it writes, and the app it talks to. */
export class Session {
  readonly output: Output;

  constructor(
    readonly options: GlobalOptions,
    readonly io: Io,
  ) {
    this.output = new Output(options.json ?? false, io);
  }

  /** The same with other options. */
  with(options: Partial<GlobalOptions>): Session {
    return new Session({ ...this.options, ...options }, this.io);
  }

  /** Asks the app that is meant for one thing. */
  async ask<Answer>(method: string, params: Call['params'] = {}): Promise<Answer> {
    return this.#once({ method, params, timeout: this.options.timeout });
  }

  /** The same for what changes something: the app is told who asks. */
  async change<Answer>(method: string, params: Call['params'] = {}): Promise<Answer> {
    return this.#once({ method, params, timeout: this.options.timeout, changes: true });
  }

  /** How long an app may take to greet, in ms. */
  get greetingTimeout(): number {
    return Math.min(this.options.timeout, GREETING_TIMEOUT);
  }

  /** Connects to the app that is meant. */
  async connect(): Promise<Link> {
    const { url, app, pid, socketDir, wait } = this.options;
    const greeting = this.greetingTimeout;
    if (url !== undefined) {
      const [checked, token] = [checkedUrl(url), tokenOf(this.options)];
      return untilThere(wait, () => HttpConnection.open(checked, token, greeting));
    }
    const choice = {
      ...(app !== undefined && { app }),
      ...(pid !== undefined && { pid }),
      ...(socketDir !== undefined && { socketDir }),
      timeout: greeting,
    };
    return untilThere(wait, () => chooseApp(choice));
  }

  async #once<Answer>(call: Call): Promise<Answer> {
    const link = await this.connect();
    try {
      return (await link.call(call)) as Answer;
    } finally {
      link.close();
    }
  }
}

/** Tries again and again for `wait` ms, as long as there is no app that answers. */
async function untilThere(wait: number, open: () => Promise<Link>): Promise<Link> {
  const deadline = performance.now() + wait;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      const isAbsent = error instanceof CliError && ABSENT.has(error.exitCode);
      if (!isAbsent || performance.now() >= deadline) throw error;
      await delay(LOOK_EVERY);
    }
  }
}

function checkedUrl(url: string): string {
  if (/^https?:/.test(url) && URL.canParse(url)) return url;
  throw new CliError(
    ExitCode.Usage,
    'NOT_A_URL',
    `${url} is no http or https URL.`,
    'It looks like http://127.0.0.1:9470',
  );
}
