import { createHmac, randomBytes } from 'node:crypto';
import { KnownSecrets } from './known-secrets.js';
import { HIDDEN, redact } from './redact.js';
import { rootScope, type SecretRule, type SecretScope } from './secret-scope.js';
import { hideCredentials, isSecretName } from './secrets.js';

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
  readonly #learnt = new WeakSet<object>();
  readonly #key: Buffer;

  constructor({ declared = [], patterns = [], exceptions = [], key }: SecretPolicyOptions = {}) {
    const named = (name: string) => this.#isSecretName(name);
    this.root = rootScope({ declared, patterns, exceptions, isSecretName: named });
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
    if (typeof tree === 'object' && tree !== null) {
      if (this.#learnt.has(tree)) return;
      if (segments.length === 0) this.#learnt.add(tree);
    }
    this.#known.learn(tree, this.scopeAt(segments), segments);
  }

  /** A text of whoever, without the secrets that are known, and without the credentials of URLs. */
  hide(text: string): string {
    return this.#known.replaceIn(hideCredentials(withoutExcerpts(text)), HIDDEN);
  }

  /** A hash that tells nothing of `text` to who has not the key, in base64. */
  digest(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64');
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
