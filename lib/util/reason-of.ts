import { shorten } from './bounded.js';

/** Returns the message of a thrown value for a log line or another error. Never a stack, never empty, and never throws. */
export function reasonOf(thrown: unknown): string {
  try {
    // Some libraries end theirs with a line break.
    return shorten(messageOf(thrown)).trimEnd() || 'no reason was given';
  } catch {
    return 'the thrown value cannot be converted to a string';
  }
}

function messageOf(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null) return String(thrown);
  // A refused connection is an AggregateError with a code and without a message.
  const { message, code, name } = thrown as Partial<NodeJS.ErrnoException>;
  const reason = message || code || name;
  return typeof reason === 'string' ? reason : '';
}
