import { hash as digest } from 'node:crypto';
import { isBranch } from '../util/branches.js';
import { canonicalString, type StringCache } from './canonical-string.js';
import { redactCredentials } from '../secrets/credentials.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import type { SecretScope } from '../secrets/secret-precedence.js';

/** Longer strings are replaced by their hash; remembering the hash of a shorter one costs more than writing it again. */
const INLINE_LIMIT = 128;

/** The string of a branch without a text that may contain a secret. */
interface CachedString {
  /** The scope it was written in: the same branch may be secret in one place only. */
  readonly scope: string;
  /** The secrets that were known then: a later one may be part of its texts. */
  readonly revision: number;
  readonly text: string;
}

/** A place on the way from the root to the current one. */
interface Place {
  readonly scope: SecretScope;
  /** The number of texts with a known secret before it. */
  readonly doubts: number;
}

/** The form in which secrets enter a hash: as a hash that needs the key, or only as a mark that there is one. */
export type SecretsInHash = 'keyed' | 'left out';

/**
 * Computes the SHA-256 of the content of a tree: neither the order of keys nor formatting counts. Subtrees are hashed
 * separately and remembered (a Merkle tree), so after a change only the path from the leaf to the root is hashed again.
 *
 * Secrets enter the hash in a form from which nobody can guess them (invariant 10), and so does a text that contains a
 * secret of the same tree. What else the process knows does not count, so that the same content has the same hash in all.
 */
export class ContentHasher {
  readonly #known = new WeakMap<object, CachedString>();
  readonly #cache: StringCache;
  /** From the root to the current place. */
  #places: Place[] = [];
  #doubts = 0;
  /** Checks a text for the secrets of the tree. */
  #hasOwnSecret: (text: string) => boolean = () => false;

  constructor(
    private readonly secrets?: SecretPolicy,
    private readonly secretsInHash: SecretsInHash = 'keyed',
  ) {
    const cache: StringCache = {
      recall: (branch) => this.#recall(branch),
      keep: (branch, text) => this.#keep(branch, text),
    };
    this.#cache =
      secrets === undefined
        ? cache
        : { ...cache, member: (key, member, write) => this.#member(key, member, write) };
  }

  /** Returns the hash of `tree` in hex. The tree must not change afterwards. */
  hash(tree: unknown): string {
    const { secrets } = this;
    this.#places = secrets === undefined ? [] : [{ scope: secrets.root, doubts: 0 }];
    this.#doubts = 0;
    let ownSecrets: ((text: string) => boolean) | undefined;
    // Most trees have no text with a secret, and are not searched for their secrets.
    this.#hasOwnSecret = (text) => (ownSecrets ??= secrets!.secretsOf(tree))(text); // called only with secrets
    const write = () => canonicalString(tree, this.#cache);
    return digest('sha256', secrets?.root.isSecret ? this.#sealed(write()) : write());
  }

  #recall(branch: object): string | undefined {
    const known = this.#known.get(branch);
    return known?.scope === this.#scopeId && known.revision === this.#revision ? known.text : undefined;
  }

  #keep(branch: object, text: string): string {
    if (text.length <= INLINE_LIMIT) return text;
    const hashed = `#${this.#digest(text)}`;
    // The secrets of the tree decide about a doubtful text, and they may be others the next time.
    if (this.#doubts === (this.#places.at(-1)?.doubts ?? 0))
      this.#known.set(branch, { scope: this.#scopeId, revision: this.#revision, text: hashed });
    return hashed;
  }

  #member(key: string, member: unknown, write: () => string): string {
    const around = this.#places.at(-1)!.scope; // at least the root's
    const scope = around.below(key);
    this.#places.push({ scope, doubts: this.#doubts });
    const written = write();
    // A secret branch is sealed as a whole, at its top.
    const isSealed = !around.isSecret && (scope.isSecret || this.#mayReveal(member, written));
    this.#places.pop();
    return isSealed ? this.#sealed(written) : written;
  }

  /** Returns whether a plain hash of a value could reveal a secret: it has credentials, or a secret is a part of it. */
  #mayReveal(member: unknown, written: string): boolean {
    const isText = typeof member === 'string' || (typeof member === 'object' && !isBranch(member));
    // Most texts have neither credentials nor a secret. (`#member` is called only with secrets.)
    if (!isText || !this.secrets!.containsSecret(written)) return false;
    if (redactCredentials(written) !== written) return true;
    this.#doubts += 1;
    return this.#hasOwnSecret(written);
  }

  #sealed(written: string): string {
    return this.secretsInHash === 'left out' ? '~' : `~${this.secrets!.digest(written)}`; // only with secrets
  }

  get #scopeId(): string {
    return this.#places.at(-1)?.scope.id ?? '';
  }

  get #revision(): number {
    return this.secrets?.revision ?? 0;
  }

  #digest(text: string): string {
    return this.#places.at(-1)?.scope.isSecret
      ? this.secrets!.digest(text)
      : digest('sha256', text, 'base64');
  }
}
