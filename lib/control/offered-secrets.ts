import { getOwn, isBranch } from '../util/branches.js';
import { valueAt } from '../model/paths.js';
import { redactCredentials } from '../secrets/credentials.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import { REDACTED } from '../secrets/secret-names.js';
import { withoutTexts } from '../secrets/without-values.js';

/** More values are not searched for in a text: nothing of it is shown. */
const MAX_TEXTS = 100;

interface Place {
  readonly value: unknown;
  readonly scope: ReturnType<SecretPolicy['scopeAt']>;
  /** The value in force. */
  readonly current: unknown;
}

/**
 * The values for secrets in a value that a client sends for a path. What is secret follows from the path and the value in
 * force, never from what is offered: a right guess must look like a wrong one.
 */
export class OfferedSecrets {
  #isEmpty = true;
  readonly #texts = new Set<string>();

  constructor(private readonly secrets: Pick<SecretPolicy, 'scopeAt'>) {}

  /** `true` if no secret was offered. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /**
   * Adds the secrets in a value for a path.
   *
   * @param tree the configuration in force
   */
  add(value: unknown, keys: readonly string[], tree: unknown): void {
    const scope = this.secrets.scopeAt(keys);
    const pending: Place[] = [{ value, scope, current: valueAt(tree, keys) }];
    // Iterative: what `JSON.parse` returns may be deeper than the stack allows.
    for (let place = pending.pop(); place !== undefined; place = pending.pop()) {
      if (this.#isSecret(place)) this.#isEmpty = false;
      if (typeof place.value === 'object' && place.value !== null)
        for (const [key, member] of Object.entries(place.value)) pending.push(memberOf(place, key, member));
      else if (this.#isSecret(place)) this.#addText(place.value);
    }
  }

  /** Returns a text of the client without the secrets that it offers, however short they are. */
  hideIn(text: string): string {
    return this.#texts.size > MAX_TEXTS ? REDACTED : withoutTexts(text, this.#texts);
  }

  /**
   * The value in force may have credentials under any key. That it contains a secret of another path does not count: it may
   * be a guess that a client has set, and the limit would say that it is right.
   */
  #isSecret({ scope, current }: Place): boolean {
    return scope.isSecret || (typeof current === 'string' && redactCredentials(current) !== current);
  }

  #addText(value: unknown): void {
    const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
    if (text !== '') this.#texts.add(text);
  }
}

function memberOf({ scope, current }: Place, key: string, member: unknown): Place {
  return {
    value: member,
    scope: scope.below(key),
    current: isBranch(current) ? getOwn(current, key) : undefined,
  };
}
