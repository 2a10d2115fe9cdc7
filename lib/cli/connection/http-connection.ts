import type { AppIdentity } from '../../control/protocol.js';
import { reasonOf } from '../../util/reason-of.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import type { AppConnection, Call } from './app-connection.interface.js';
import { callerIdentity } from './caller-identity.js';
import { Conversation } from './conversation.js';

/** A connection to the HTTP port of an app: each call is a POST of its own. */
export class HttpConnection implements AppConnection {
  readonly #closed = new AbortController();

  private constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  app!: AppIdentity; // assigned in open(), before the connection is returned

  static async open(url: string, token: string, timeout: number): Promise<HttpConnection> {
    const connection = new HttpConnection(url, token);
    await connection.call({ method: 'hello', timeout });
    return connection;
  }

  async call(call: Call): Promise<unknown> {
    const conversation = new Conversation();
    const lines: string[] = [];
    const send = (line: string) => void lines.push(line);
    const { timeout } = call;
    const greeting = conversation.greeting(timeout);
    const introduced = conversation.request({ method: 'hello', params: callerIdentity(), timeout }, send);
    const response = conversation.request(call, send);
    // If the connection is lost all of them reject; one of them is awaited below.
    for (const each of [greeting, introduced, response]) each.catch(() => undefined);
    void this.#post(lines.join(''), conversation);
    this.app = (await greeting).app;
    return response;
  }

  close(): void {
    this.#closed.abort();
  }

  async #post(body: string, conversation: Conversation): Promise<void> {
    const headers = { authorization: `Bearer ${this.token}`, 'content-type': 'application/x-ndjson' };
    try {
      const response = await fetch(this.url, {
        method: 'POST',
        headers,
        body,
        redirect: 'error',
        signal: this.#closed.signal,
      });
      if (!isControlChannel(response)) return conversation.close(notAChannel(this.url, response.status));
      for await (const text of response.body!.pipeThrough(new TextDecoderStream()))
        conversation.receive(text);
      conversation.close();
    } catch (error) {
      conversation.close(unreachable(this.url, error));
    }
  }
}

function isControlChannel(response: Response): boolean {
  return response.body !== null && response.headers.get('content-type') === 'application/x-ndjson';
}

function notAChannel(url: string, status: number): CliError {
  return new CliError(
    ExitCode.Connection,
    'NOT_A_CHANNEL',
    `${url} is not a control channel: it responded with status ${status}.`,
    "Use the port in the app's option control.http.port, not the port on which the app serves its users.",
  );
}

function unreachable(url: string, error: unknown): CliError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return new CliError(
    ExitCode.Connection,
    'UNREACHABLE',
    `Cannot reach ${url}: ${reasonOf(cause)}.`,
    'Check that the app runs with control: { enabled: true, http: { port, token } }, and that its port is forwarded.',
  );
}
