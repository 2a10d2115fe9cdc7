import type { SafeLogger } from '../logging/safe-logger.js';
import type { Redacted } from '../secrets/redacted.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import { isPlainObject } from '../util/branches.js';
import { codeOf } from './control.error.js';

/** The answer to a call. */
export type Answer = Redacted<unknown> | Promise<Redacted<unknown>>;

/** A call that changes something, in the words of its client. */
export interface LoggedCall {
  readonly method: string;
  readonly path?: string;
  /** The client and its process. */
  readonly client: string;
  /** The client, as the history names it. */
  readonly actor: string;
  readonly reason?: string;
}

/**
 * Logs each call that changes something: at its start the client, at its end the outcome and the reason. The reason comes
 * last because it may quote a secret that the call reads: `hot-config reload --reason 'the key is now …'`. Of a call that
 * failed, it is not logged, as nothing may have read the secret.
 */
export class CallLog {
  constructor(
    private readonly logger: SafeLogger,
    private readonly secrets: Pick<SecretPolicy, 'redactNote'>,
  ) {}

  /** Runs a call, and returns its answer. */
  async run(call: LoggedCall, answerOf: () => Answer): Promise<Redacted<unknown>> {
    const { method, path, client, actor, reason } = call;
    const what = path === undefined ? method : `${method} ${JSON.stringify(this.secrets.redactNote(path))}`;
    this.#log(`${what} requested by ${this.secrets.redactNote(client)}`);
    const end = `${what} by ${this.secrets.redactNote(actor)}`;
    try {
      const answer = await answerOf();
      const why = reason === undefined ? 'without a reason' : `reason: ${this.secrets.redactNote(reason)}`;
      this.#log(`${end} ended${outcomeIn(answer)}, ${why}`);
      return answer;
    } catch (error) {
      this.#log(`${end} failed: ${codeOf(error)}`);
      throw error;
    }
  }

  #log(line: string): void {
    this.logger.log(`Control channel: ${line}`);
  }
}

/** Returns the outcome of a reload for the log. */
function outcomeIn(answer: unknown): string {
  const outcome = isPlainObject(answer) ? answer['outcome'] : undefined;
  return typeof outcome === 'string' ? `: ${outcome}` : '';
}
