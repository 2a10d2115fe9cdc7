import { HotConfigError } from '../model/hot-config.error.js';
import { reasonOf } from '../util/reason-of.js';
import type { ControlFailure } from './protocol.js';

/** A request, or a client, that is refused. Its message is for the person at the other end. */
export class ControlError extends Error {
  override readonly name = 'ControlError';

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** What a client is told of something that was thrown: never a stack. */
export function failureOf(thrown: unknown): ControlFailure {
  if (thrown instanceof ControlError || thrown instanceof HotConfigError)
    return { code: thrown.code, message: thrown.message };
  return { code: 'FAILED', message: reasonOf(thrown) };
}
