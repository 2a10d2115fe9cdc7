import { hash as digest } from 'node:crypto';
import { contentText, type TextMemory } from './content-text.js';

/** Texts longer than this are replaced by their hash. Shorter, and there is more to remember than to write again. */
const INLINE_LIMIT = 128;

/**
 * SHA-256 of what a tree says: the order of keys does not count, formatting neither. Subtrees are hashed on their own
 * and remembered (a Merkle tree), so after a change only the way from the leaf to the root is hashed again.
 */
export class ContentHasher {
  readonly #known = new WeakMap<object, string>();
  readonly #memory: TextMemory = {
    recall: (branch) => this.#known.get(branch),
    keep: (branch, text) => {
      if (text.length <= INLINE_LIMIT) return text;
      const hashed = `#${digest('sha256', text, 'base64')}`;
      this.#known.set(branch, hashed);
      return hashed;
    },
  };

  /** The hash of `tree` in hex. The tree must not change afterwards. */
  hash(tree: unknown): string {
    return digest('sha256', contentText(tree, this.#memory));
  }
}
