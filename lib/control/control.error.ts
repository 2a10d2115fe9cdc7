import { HotConfigError } from '../model/hot-config.error.js';
import { reasonOf } from '../util/reason-of.js';
import type { ControlFailure } from './protocol.js';

/** Refuses a request or a client. The message is for the operator at the other end. */
export class ControlError extends Error {
  override readonly name = 'ControlError';

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Returns the code and the message that a client receives for a thrown value: never a stack. */
export function failureOf(thrown: unknown): ControlFailure {
  if (thrown instanceof ControlError || thrown instanceof HotConfigError)
    return { code: thrown.code, message: thrown.message };
  return { code: 'FAILED', message: reasonOf(thrown) };
}
