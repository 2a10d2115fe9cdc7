import { HotConfigError } from '../model/hot-config.error.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import { reasonOf } from '../util/reason-of.js';
import type { ControlErrorCode, ControlFailure } from './protocol.js';

/** Refuses a request or a client. The message is for the operator at the other end. */
export class ControlError extends Error {
  override readonly name = 'ControlError';

  constructor(
    readonly code: ControlErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/** Returns the code and the message that a client receives for a thrown value: never a stack or a secret. */
export function failureOf(thrown: unknown, secrets: Pick<SecretPolicy, 'redactText'>): ControlFailure {
  return { code: codeOf(thrown), message: secrets.redactText(reasonOf(thrown)) };
}

/** Returns the stable name of a thrown value. */
export function codeOf(thrown: unknown): string {
  return thrown instanceof ControlError || thrown instanceof HotConfigError ? thrown.code : 'FAILED';
}
