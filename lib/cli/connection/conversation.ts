import type { Hello, ServerMessage } from '../../control/protocol.js';
import type { CliError } from '../errors/cli.error.js';
import { connectionLost, failed, noAnswer, parseServerMessage, understood } from './parse-server-message.js';
import type { Call } from './app-connection.interface.js';

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: unknown) => void;
  readonly onEvent?: Call['onEvent'];
}

/** The greeting is what is waited for first; requests count from 1. */
const GREETING = 0;

/** What an app says, sorted by what it answers; however it is carried. */
export class Conversation {
  readonly #waiting = new Map<number, Waiting>();
  #pieces: string[] = [];
  #lastId = GREETING;
  #end: CliError | undefined;

  /** Waits for the app's first words. */
  greeting(timeout: number): Promise<Hello> {
    return this.#waitFor<Hello>(GREETING, { timeout, method: 'hello' });
  }

  /** Asks, by `send`, and waits for the answer. */
  ask(call: Call, send: (line: string) => void): Promise<unknown> {
    const id = (this.#lastId += 1);
    const answer = this.#waitFor<unknown>(id, call);
    send(`${JSON.stringify({ id, method: call.method, params: call.params ?? {} })}\n`);
    return answer;
  }

  /** Takes what came, in whatever pieces. */
  hear(text: string): void {
    const lines = text.split('\n');
    const last = lines.pop()!; // split gives at least one
    for (const line of lines) {
      this.#pieces.push(line);
      const message = parseServerMessage(this.#pieces.join(''));
      this.#pieces = [];
      if (message !== undefined) this.#take(message);
    }
    this.#pieces.push(last);
  }

  /** Nothing more will come. */
  over(why: CliError = connectionLost()): void {
    this.#end ??= why;
    for (const { reject } of this.#waiting.values()) reject(this.#end);
    this.#waiting.clear();
  }

  #take(message: ServerMessage): void {
    if ('hello' in message) return this.#greeted(message.hello);
    if ('bye' in message) return this.over(connectionLost(message.bye));
    if (!('id' in message)) return this.over(failed(message.error));
    const waiting = this.#waiting.get(message.id);
    if ('event' in message) return waiting?.onEvent?.(message.event);
    this.#waiting.delete(message.id);
    if ('error' in message) waiting?.reject(failed(message.error));
    else waiting?.resolve(message.result as never);
  }

  #greeted(hello: Hello): void {
    const waiting = this.#waiting.get(GREETING);
    this.#waiting.delete(GREETING);
    try {
      waiting?.resolve(understood(hello) as never);
    } catch (error) {
      waiting?.reject(error);
    }
  }

  #waitFor<R>(id: number, { timeout, onEvent }: Call): Promise<R> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    return new Promise<R>((resolve, reject) => {
      const timer = Number.isFinite(timeout)
        ? setTimeout(() => {
            this.#waiting.delete(id);
            reject(noAnswer(timeout));
          }, timeout)
        : undefined;
      this.#waiting.set(id, {
        resolve: (answer: R) => (clearTimeout(timer), resolve(answer)),
        reject: (error) => (clearTimeout(timer), reject(error as Error)),
        ...(onEvent && { onEvent }),
      } as Waiting);
    });
  }
}
