import type { Writable } from 'node:stream';
import { ControlError, failureOf } from './control.error.js';
import type { ServerMessage } from './protocol.js';

/** Writes a message as a line; one that would be too long is replaced by an error that says so. */
export function writeMessage(to: Writable, message: ServerMessage, limit: number): void {
  if (to.writableEnded || to.destroyed) return;
  const line = JSON.stringify(message);
  to.write(`${line.length <= limit ? line : JSON.stringify(tooLong(message, limit))}\n`);
}

function tooLong(message: ServerMessage, limit: number): ServerMessage {
  const error = failureOf(
    new ControlError('ANSWER_TOO_LARGE', `the answer is longer than ${limit} bytes; ask for a part of it`),
  );
  return 'id' in message ? { id: message.id, error } : { error };
}
