import { createHmac, randomBytes } from 'node:crypto';
import { KnownSecrets } from './known-secrets.js';
import { redact } from './redact.js';
import { rootScope, type SecretRule, type SecretScope } from './secret-scope.js';
import { HIDDEN, redactCredentials, isSecretName } from './secret-names.js';

/** Keys whose names were looked at already. A bound, as keys come from files. */
const NAMES_LIMIT = 10_000;

/** What a policy is made from; without any of it, the names of keys decide alone. */
export interface SecretPolicyOptions {
  /** What the schema declares; there are no exceptions to these. */
  readonly declared?: readonly SecretRule[];
  /** The patterns of the app. */
  readonly patterns?: readonly SecretRule[];
  /** What is secret neither by its name nor by a pattern. */
  readonly exceptions?: readonly SecretRule[];
  /** With the same key, the same content has the same hash in every process. Default: a random one. */
  readonly key?: string | Uint8Array | undefined;
}

/** Knows what is secret in one app's configuration, and hides it from whatever leaves the process (invariant 10). */
export class SecretPolicy {
  /** The scope of the root, for who walks a tree. */
  readonly root: SecretScope;
  readonly #known = new KnownSecrets();
  readonly #names = new Map<string, boolean>();
  readonly #key: Buffer;

  constructor({ declared = [], patterns = [], exceptions = [], key }: SecretPolicyOptions = {}) {
    this.root = rootScope(
      { declared, patterns, exceptions },
      { isSecretName: (name) => this.#isSecretName(name), redactText: (text) => this.#hideInValue(text) },
    );
    // A key of its own for hashes: the app's key may encrypt as well.
    this.#key = createHmac('sha256', key ?? randomBytes(32))
      .update('nestjs-hot-config content hash')
      .digest();
  }

  /** Whether the value at these keys, and all below it, must not leave the process. */
  isSecret(segments: readonly string[]): boolean {
    return this.scopeAt(segments).isSecret;
  }

  /** The scope of the place at these keys. */
  scopeAt(segments: readonly string[]): SecretScope {
    let scope = this.root;
    for (const key of segments) scope = scope.below(key);
    return scope;
  }

  /** `value`, which stands at `segments`, without the secrets in it. What holds none is given as it is, not copied. */
  redact(value: unknown, segments: readonly string[] = []): unknown {
    return redact(value, this.scopeAt(segments));
  }

  /** Remembers the secrets in `tree`, which stands at `segments`, so that `hide` finds them. */
  learn(tree: unknown, segments: readonly string[] = []): void {
    this.#known.learn(tree, this.scopeAt(segments), segments);
  }

  /** Remembers that `value`, and each text in it, has a secret in it, whatever it is called. */
  taint(value: unknown): void {
    if (typeof value === 'string') this.#known.taint(value);
    else if (typeof value === 'object' && value !== null)
      for (const member of Object.values(value)) this.taint(member);
  }

  /** Whether `text` must not be told even by its hash, wherever it stands: a secret was put into it. */
  isTainted(text: string): boolean {
    return this.#known.isTainted(text) || redactCredentials(text) !== text;
  }

  /** Whether a secret that is known is part of `text`, whatever it is called. */
  holdsSecret(text: string | undefined): boolean {
    return text !== undefined && this.#hideInValue(text) !== text;
  }

  /** A text of whoever, without the secrets that are known, and without the credentials of URLs. */
  hide(text: string): string {
    return this.#hideInValue(withoutExcerpts(text));
  }

  /** A hash that tells nothing of `text` to who has not the key, in base64. */
  digest(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64');
  }

  #hideInValue(text: string): string {
    return this.#known.replaceIn(redactCredentials(text), HIDDEN);
  }

  #isSecretName(name: string): boolean {
    let isSecret = this.#names.get(name);
    if (isSecret === undefined) {
      isSecret = isSecretName(name);
      if (this.#names.size < NAMES_LIMIT) this.#names.set(name, isSecret);
    }
    return isSecret;
  }
}

/** `JSON.parse` quotes the first or the next few characters of what it could not read, and that may be a secret. */
function withoutExcerpts(text: string): string {
  return text.includes('is not valid JSON')
    ? text.replace(
        /(?:Unexpected token '.{1,2}', )?(?:\.\.\.)?".*?"(?:\.\.\.)? is not valid JSON/gs,
        'not valid JSON',
      )
    : text;
}
