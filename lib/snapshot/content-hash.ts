import { hash as digest } from 'node:crypto';
import { canonicalString, type StringCache } from './canonical-string.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import type { SecretScope } from '../secrets/secret-scope.js';

/** Texts longer than this are replaced by their hash. Shorter, and there is more to remember than to write again. */
const INLINE_LIMIT = 128;

/** What stands for a branch, and the scope it was written in: the same branch may be a secret in one place only. */
interface Known {
  readonly scope: string;
  readonly text: string;
}

/** What goes into a hash of a secret: one that needs the key, or only that there is one. */
export type SecretsInHash = 'keyed' | 'left out';

/**
 * SHA-256 of what a tree says: the order of keys does not count, formatting neither. Subtrees are hashed on their own
 * and remembered (a Merkle tree), so after a change only the way from the leaf to the root is hashed again.
 *
 * Of secrets goes in what nobody can guess them by (invariant 10).
 */
export class ContentHasher {
  readonly #known = new WeakMap<object, Known>();
  readonly #memory: StringCache;
  /** The scopes on the way to where the hasher is. */
  #scopes: SecretScope[] = [];

  constructor(
    private readonly secrets?: SecretPolicy,
    private readonly secretsInHash: SecretsInHash = 'keyed',
  ) {
    const plain: StringCache = {
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
    this.#memory =
      secrets === undefined
        ? plain
        : { ...plain, member: (key, member, write) => this.#member(key, member, write) };
  }

  /** The hash of `tree` in hex. The tree must not change afterwards. */
  hash(tree: unknown): string {
    const root = this.secrets?.root;
    this.#scopes = root === undefined ? [] : [root];
    const write = () => canonicalString(tree, this.#memory);
    return digest('sha256', root?.isSecret ? this.#sealed(write) : write());
  }

  #member(key: string, member: unknown, write: () => string): string {
    const around = this.#scopes.at(-1)!; // the root's
    const scope = around.below(key);
    this.#scopes.push(scope);
    // Below a secret all is one text, sealed where it begins.
    const isSealed = !around.isSecret && (scope.isSecret || this.#needsKeyedHash(member));
    const text = isSealed ? this.#sealed(write) : write();
    this.#scopes.pop();
    return text;
  }

  #needsKeyedHash(member: unknown): boolean {
    return typeof member === 'string' && this.secrets!.needsKeyedHash(member); // asked of members only where there are
  }

  #sealed(write: () => string): string {
    return this.secretsInHash === 'left out' ? '~' : `~${this.secrets!.digest(write())}`; // sealed by its rules
  }

  get #scopeId(): string {
    return this.#scopes.at(-1)?.id ?? '';
  }

  #digest(text: string): string {
    return this.#scopes.at(-1)?.isSecret ? this.secrets!.digest(text) : digest('sha256', text, 'base64');
  }
}
