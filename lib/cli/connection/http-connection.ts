import { reasonOf } from '../../util/reason-of.js';
import type { AppIdentity } from '../../control/protocol.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import { Conversation } from './conversation.js';
import { callerIdentity } from './caller-identity.js';
import type { Call, Link } from './app-connection.interface.js';

/** A connection to the port of an app: each request is a POST of its own. */
export class HttpConnection implements Link {
  readonly #gone = new AbortController();

  private constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  app!: AppIdentity; // open() sets it before anybody has the link

  static async open(url: string, token: string, timeout: number): Promise<HttpConnection> {
    const link = new HttpConnection(url, token);
    await link.call({ method: 'hello', timeout });
    return link;
  }

  async call(call: Call): Promise<unknown> {
    const conversation = new Conversation();
    const lines: string[] = [];
    const send = (line: string) => void lines.push(line);
    const { timeout } = call;
    const greeting = conversation.greeting(timeout);
    const introduced = conversation.ask({ method: 'hello', params: callerIdentity(), timeout }, send);
    const answer = conversation.ask(call, send);
    // All of them fail at once, and one of them is told.
    for (const each of [greeting, introduced, answer]) each.catch(() => undefined);
    void this.#post(lines.join(''), conversation);
    this.app = (await greeting).app;
    return answer;
  }

  close(): void {
    this.#gone.abort();
  }

  async #post(body: string, conversation: Conversation): Promise<void> {
    const headers = { authorization: `Bearer ${this.token}`, 'content-type': 'application/x-ndjson' };
    try {
      const response = await fetch(this.url, {
        method: 'POST',
        headers,
        body,
        redirect: 'error',
        signal: this.#gone.signal,
      });
      if (!isOurs(response)) return conversation.over(notOurs(this.url, response.status));
      for await (const text of response.body!.pipeThrough(new TextDecoderStream())) conversation.hear(text);
      conversation.over();
    } catch (error) {
      conversation.over(unreachable(this.url, error));
    }
  }
}

function isOurs(response: Response): boolean {
  return response.body !== null && response.headers.get('content-type') === 'application/x-ndjson';
}

function notOurs(url: string, status: number): CliError {
  return new CliError(
    ExitCode.Connection,
    'NOT_A_CHANNEL',
    `${url} answers ${status}, and is no control channel.`,
    'Use the port that the app was given as control.http.port, not the one it serves its users at.',
  );
}

function unreachable(url: string, error: unknown): CliError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return new CliError(
    ExitCode.Connection,
    'UNREACHABLE',
    `${url} cannot be reached: ${reasonOf(cause)}.`,
    'See whether the app runs with control: { enabled: true, http: { port, token } }, and whether its port is forwarded.',
  );
}
