import { CHANNEL_LIMITS } from '../../control/channel-limits.js';
import type { ControlFailure, Hello, ServerMessage } from '../../control/protocol.js';
import { toSingleLine } from '../../util/control-characters.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode, exitCodeFor } from '../errors/exit-code.js';
import { nextStepAfter } from '../errors/next-steps.js';
import type { Call } from './app-connection.interface.js';
import { checkProtocol, parseServerMessage } from './parse-server-message.js';

interface Waiting {
  readonly method: string;
  readonly resolve: (response: never) => void;
  readonly reject: (error: unknown) => void;
  readonly onEvent?: Call['onEvent'];
}

/** The greeting is waited for like the response to request 0; the ids of requests start at 1. */
const GREETING = 0;

/** Maximum length of a message, in characters: that of an app's longest response, and what is around it. */
const MAX_MESSAGE_LENGTH = CHANNEL_LIMITS.responseBytes + 1_000;

/** Matches the messages of an app with the requests that they answer, independently of the transport. */
export class Conversation {
  readonly #waiting = new Map<number, Waiting>();
  #pieces: string[] = [];
  #length = 0;
  #lastId = GREETING;
  #end: CliError | undefined;
  #hello: Hello | undefined;

  /** Waits for the first message of the app. */
  greeting(timeout: number): Promise<Hello> {
    return this.#waitFor<Hello>(GREETING, { timeout, method: 'hello' });
  }

  /** Sends a request through `send`, and waits for the response. */
  request(call: Call, send: (line: string) => void): Promise<unknown> {
    const id = (this.#lastId += 1);
    const response = this.#waitFor<unknown>(id, call);
    send(`${JSON.stringify({ id, method: call.method, params: call.params ?? {} })}\n`);
    return response;
  }

  /** Receives text from the app, in pieces of any length. */
  receive(text: string): void {
    const lines = text.split('\n');
    const last = lines.pop()!; // split returns at least one
    for (const line of lines) {
      this.#pieces.push(line);
      const message = parseServerMessage(this.#pieces.join(''));
      this.#pieces = [];
      this.#length = 0;
      if (message !== undefined) this.#handle(message);
    }
    this.#length += last.length;
    // An app has its own limit; what else may listen there has none.
    if (this.#length > MAX_MESSAGE_LENGTH) {
      this.#pieces = [];
      return this.close(messageTooLong());
    }
    this.#pieces.push(last);
  }

  /** Rejects all requests that are waiting, and all later ones. */
  close(reason: CliError = connectionLost()): void {
    this.#end ??= reason;
    for (const { reject } of this.#waiting.values()) reject(this.#end);
    this.#waiting.clear();
  }

  #handle(message: ServerMessage): void {
    if ('hello' in message) return this.#greet(message.hello);
    if ('bye' in message) return this.close(connectionLost(message.bye));
    if (!('id' in message)) return this.close(errorOf(message.error));
    const waiting = this.#waiting.get(message.id);
    if ('event' in message) return waiting?.onEvent?.(message.event);
    this.#waiting.delete(message.id);
    if ('error' in message) waiting?.reject(this.#failureOf(waiting.method, message.error));
    else waiting?.resolve(message.result as never);
  }

  /** An app does not know which method a newer command calls, but its greeting has its version. */
  #failureOf(method: string, failure: ControlFailure): CliError {
    if (failure.code !== 'UNKNOWN_METHOD' || this.#hello === undefined) return errorOf(failure);
    const version = toSingleLine(this.#hello.app.version, 40);
    return errorOf({
      ...failure,
      message: `The app runs nestjs-hot-config ${version}, which has no ${method}.`,
    });
  }

  /** Later greetings are ignored: only the first one is waited for and checked. */
  #greet(hello: Hello): void {
    const waiting = this.#waiting.get(GREETING);
    this.#waiting.delete(GREETING);
    try {
      if (waiting !== undefined) this.#hello = checkProtocol(hello);
      waiting?.resolve(hello as never);
    } catch (error) {
      waiting?.reject(error);
    }
  }

  #waitFor<R>(id: number, { method, timeout, onEvent }: Call): Promise<R> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    return new Promise<R>((resolve, reject) => {
      const timer = Number.isFinite(timeout)
        ? setTimeout(() => {
            this.#waiting.delete(id);
            reject(noResponse(timeout));
          }, timeout)
        : undefined;
      this.#waiting.set(id, {
        method,
        resolve: (response: R) => (clearTimeout(timer), resolve(response)),
        reject: (error) => (clearTimeout(timer), reject(error as Error)),
        ...(onEvent && { onEvent }),
      } as Waiting);
    });
  }
}

function messageTooLong(): CliError {
  return new CliError(
    ExitCode.Connection,
    'MESSAGE_TOO_LONG',
    `The other end sent a message of more than ${MAX_MESSAGE_LENGTH} characters, which no app does.`,
    'Check that the socket or the URL is that of an app.',
  );
}

function connectionLost(bye?: string): CliError {
  return new CliError(
    ExitCode.Connection,
    'CONNECTION_LOST',
    bye === undefined
      ? 'The connection to the app was lost.'
      : `The app closed the connection: ${toSingleLine(bye, 200)}.`,
    'Check whether the app is running: hot-config apps. With --wait 30s, a command waits until it runs again.',
  );
}

function noResponse(ms: number): CliError {
  return new CliError(
    ExitCode.Connection,
    'NO_ANSWER',
    `The app did not respond within ${ms / 1000} s.`,
    'It may be busy, stopped or paused in a debugger. Retry with --wait 30s and a longer --timeout, or read the log of the app.',
  );
}

function errorOf({ code, message }: ControlFailure): CliError {
  // The first word of a message may also be a path, which must stay as it is.
  const sentence = message.replace(/^[a-z]+ /, (word) => word.charAt(0).toUpperCase() + word.slice(1));
  return new CliError(exitCodeFor(code), { other: code }, sentence, nextStepAfter(code));
}
