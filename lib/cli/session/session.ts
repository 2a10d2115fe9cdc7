import type { Command } from 'commander';
import type { AppIdentity, ChangingMethod, ReadingMethod } from '../../control/protocol.js';
import type { AppConnection, Call } from '../connection/app-connection.interface.js';
import { type AppChoice, chooseApp } from '../connection/choose-app.js';
import { isHere } from '../connection/this-folder.js';
import { HttpConnection } from '../connection/http-connection.js';
import { waitForApp } from '../connection/wait-for-app.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import { type Io, Output } from '../output/output.js';
import { confirmChange, describeElsewhere } from './confirm-change.js';
import { type GlobalOptions, tokenOf } from './global-options.js';

/** Timeout for the greeting of an app, in ms. An app that is not blocked greets at once. */
const GREETING_TIMEOUT = 3_000;

/** One run of the command: its options, its output, and the connection to the app. */
export class Session {
  readonly output: Output;

  constructor(
    readonly options: GlobalOptions,
    private readonly io: Io,
  ) {
    this.output = new Output(options.json ?? false, io);
  }

  /** Returns a session with some other options. */
  with(options: Partial<GlobalOptions>): Session {
    return new Session({ ...this.options, ...options }, this.io);
  }

  /** Calls a method of the chosen app that changes nothing. */
  async read<Response>(method: ReadingMethod, params: Call['params'] = {}): Promise<Response> {
    return this.#callOnce({ method, params, timeout: this.options.timeout });
  }

  /** Calls a method of the chosen app that changes something: the app logs the caller. */
  async change<Response>(method: ChangingMethod, params: Call['params'] = {}): Promise<Response> {
    return this.#callOnce({ method, params, timeout: this.options.timeout, changes: true });
  }

  /** Timeout for the greeting of an app, in ms. */
  get greetingTimeout(): number {
    return Math.min(this.options.timeout, GREETING_TIMEOUT);
  }

  /**
   * Connects to the chosen app. If none is chosen, and the only one does not belong to this folder, says so; before a
   * change, asks.
   */
  async connect(isForChange = false): Promise<AppConnection> {
    const { url, wait } = this.options;
    const timeout = this.greetingTimeout;
    if (url !== undefined) {
      const [checked, token] = [checkedUrl(url), tokenOf(this.options)];
      return waitForApp(wait, () => HttpConnection.open(checked, token, timeout));
    }
    const connection = await waitForApp(wait, () => chooseApp({ ...this.choice, timeout }));
    const { app } = connection;
    const isChosen = this.options.app !== undefined || this.options.pid !== undefined;
    if (isChosen || isHere(app)) return connection;
    if (!isForChange) this.#noteFolder(app);
    else
      await confirmChange(app, this.output.isJson ? {} : this.io).catch((error: unknown) => {
        connection.close();
        throw error;
      });
    return connection;
  }

  /** The options that choose an app by its socket. */
  get choice(): Pick<AppChoice, 'app' | 'pid' | 'socketDir'> {
    const { app, pid, socketDir } = this.options;
    return {
      ...(app !== undefined && { app }),
      ...(pid !== undefined && { pid }),
      ...(socketDir !== undefined && { socketDir }),
    };
  }

  /** With `--json`, the answer has the app. */
  #noteFolder(app: AppIdentity): void {
    if (!this.output.isJson) this.output.note(`Using the only running app: ${describeElsewhere(app)}.`);
  }

  async #callOnce<Response>(call: Call): Promise<Response> {
    const connection = await this.connect(call.changes);
    try {
      return (await connection.call(call)) as Response;
    } finally {
      connection.close();
    }
  }
}

/** The body of a command, called with its arguments and its own options. */
export type CommandBody<Options extends object> = (
  session: Session,
  args: readonly (string | undefined)[],
  options: Options,
) => void | Promise<void>;

/** Converts the body of a command to an action of commander. */
export type Runner = <Options extends object = object>(
  body: CommandBody<Options>,
) => (...parameters: unknown[]) => Promise<void>;

/** Returns a runner whose commands write to `io`. */
export function runnerFor(io: Io): Runner {
  return <Options extends object>(body: CommandBody<Options>) =>
    async (...parameters) => {
      const command = parameters.at(-1) as Command; // the last parameter of an action
      const options = command.optsWithGlobals<GlobalOptions & Options>();
      await body(new Session(options, io), command.processedArgs as (string | undefined)[], options);
    };
}

function checkedUrl(url: string): string {
  if (/^https?:/.test(url) && URL.canParse(url)) return url;
  throw new CliError(
    ExitCode.Usage,
    'NOT_A_URL',
    `${url} is not an http or https URL.`,
    'Example: --url http://127.0.0.1:9470',
  );
}
