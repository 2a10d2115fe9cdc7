import type { Writable } from 'node:stream';
import type { Redacted } from '../secrets/redacted.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import type { ChannelLimits } from './channel-limits.js';
import { ControlError, failureOf } from './control.error.js';
import type { Hello, ServerMessage } from './protocol.js';

/** Writes the messages of the app to one client, one per line. Takes nothing that may have a secret. */
export class MessageWriter {
  constructor(
    private readonly stream: Writable,
    private readonly limits: Pick<ChannelLimits, 'unreadBytes' | 'responseBytes'>,
    private readonly secrets: Pick<SecretPolicy, 'redactText'>,
  ) {}

  greet(hello: Hello): void {
    this.#write({ hello });
  }

  /** Answers the request `id`. */
  answer(id: number, result: Redacted<unknown>): void {
    this.#write({ id, result });
  }

  /** Sends an event of the request `id`, before its answer. */
  emit(id: number, event: Redacted<unknown>): void {
    this.#write({ id, event });
  }

  /** Reports that the request `id` has failed; without an id, that the client is refused. */
  fail(thrown: unknown, id?: number): void {
    const error = failureOf(thrown, this.secrets);
    this.#write(id === undefined ? { error } : { id, error });
  }

  /** Says goodbye when the app shuts down. */
  leave(): void {
    this.#write({ bye: 'the app shuts down' });
  }

  /** Writes an empty line, which clients skip: it closes the stream of a client that has disconnected. */
  probe(): void {
    if (!this.stream.writableEnded && !this.stream.destroyed) this.stream.write('\n');
  }

  /** Disconnects the client instead if it has not read the earlier messages. */
  #write(message: ServerMessage): void {
    if (this.stream.writableLength > this.limits.unreadBytes) return void this.stream.destroy();
    if (this.stream.writableEnded || this.stream.destroyed) return;
    const line = JSON.stringify(message);
    const isTooLong = line.length > this.limits.responseBytes;
    this.stream.write(`${isTooLong ? JSON.stringify(this.#tooLong(message)) : line}\n`);
  }

  #tooLong(message: ServerMessage): ServerMessage {
    const limit = `the response would be longer than ${this.limits.responseBytes} bytes`;
    const error = failureOf(new ControlError('ANSWER_TOO_LARGE', limit), this.secrets);
    return 'id' in message ? { id: message.id, error } : { error };
  }
}
