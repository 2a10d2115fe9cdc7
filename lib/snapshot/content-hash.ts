import { hash as digest } from 'node:crypto';
import { canonicalString, type StringCache } from './canonical-string.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import type { SecretScope } from '../secrets/secret-precedence.js';

/** Longer strings are replaced by their hash; remembering the hash of a shorter one costs more than writing it again. */
const INLINE_LIMIT = 128;

/** The string of a branch, and the scope it was written in: the same branch may be secret in one place only. */
interface CachedString {
  readonly scope: string;
  readonly text: string;
}

/** The form in which secrets enter a hash: as a hash that needs the key, or only as a mark that there is one. */
export type SecretsInHash = 'keyed' | 'left out';

/**
 * Computes the SHA-256 of the content of a tree: neither the order of keys nor formatting counts. Subtrees are hashed
 * separately and remembered (a Merkle tree), so after a change only the path from the leaf to the root is hashed again.
 *
 * Secrets enter the hash in a form from which nobody can guess them (invariant 10).
 */
export class ContentHasher {
  readonly #known = new WeakMap<object, CachedString>();
  readonly #cache: StringCache;
  /** The scopes from the root to the current place. */
  #scopes: SecretScope[] = [];

  constructor(
    private readonly secrets?: SecretPolicy,
    private readonly secretsInHash: SecretsInHash = 'keyed',
  ) {
    const cache: StringCache = {
      recall: (branch) => {
        const known = this.#known.get(branch);
        return known?.scope === this.#scopeId ? known.text : undefined;
      },
      keep: (branch, text) => {
        if (text.length <= INLINE_LIMIT) return text;
        const hashed = `#${this.#digest(text)}`;
        this.#known.set(branch, { scope: this.#scopeId, text: hashed });
        return hashed;
      },
    };
    this.#cache =
      secrets === undefined
        ? cache
        : { ...cache, member: (key, member, write) => this.#member(key, member, write) };
  }

  /** Returns the hash of `tree` in hex. The tree must not change afterwards. */
  hash(tree: unknown): string {
    const root = this.secrets?.root;
    this.#scopes = root === undefined ? [] : [root];
    const write = () => canonicalString(tree, this.#cache);
    return digest('sha256', root?.isSecret ? this.#sealed(write) : write());
  }

  #member(key: string, member: unknown, write: () => string): string {
    const around = this.#scopes.at(-1)!; // at least the root's
    const scope = around.below(key);
    this.#scopes.push(scope);
    // A secret branch is sealed as a whole, at its top.
    const isSealed = !around.isSecret && (scope.isSecret || this.#needsKeyedHash(member));
    const text = isSealed ? this.#sealed(write) : write();
    this.#scopes.pop();
    return text;
  }

  #needsKeyedHash(member: unknown): boolean {
    return typeof member === 'string' && this.secrets!.needsKeyedHash(member); // `#member` is called only with secrets
  }

  #sealed(write: () => string): string {
    return this.secretsInHash === 'left out' ? '~' : `~${this.secrets!.digest(write())}`; // only with secrets
  }

  get #scopeId(): string {
    return this.#scopes.at(-1)?.id ?? '';
  }

  #digest(text: string): string {
    return this.#scopes.at(-1)?.isSecret ? this.secrets!.digest(text) : digest('sha256', text, 'base64');
  }
}
