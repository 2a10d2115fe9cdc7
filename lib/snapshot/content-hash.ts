import { createHash } from 'node:crypto';
import { isBranch } from './branches.js';
import { leafText } from './equality.js';

/** Text of a subtree longer than this is replaced by its hash: small enough to rebuild, large enough to be rare. */
const INLINE_LIMIT = 2048;

/** No configuration nests this deep; a cycle does. */
const MAX_DEPTH = 1000;

/**
 * SHA-256 of what a tree says: the order of keys does not count, formatting neither. Subtrees are hashed on their own
 * and remembered (a Merkle tree), so after a change only the way from the leaf to the root is hashed again.
 */
export class ContentHasher {
  readonly #known = new WeakMap<object, string>();

  /** The hash of `tree` in hex. The tree must not change afterwards. */
  hash(tree: unknown): string {
    return sha256(this.#textOf(tree, 0));
  }

  #textOf(value: unknown, depth: number): string {
    if (isBranch(value)) return this.#branchText(value, depth);
    if (typeof value === 'object' && value !== null) return `${value.constructor.name}(${leafText(value)})`;
    if (typeof value === 'string') return JSON.stringify(value);
    if (typeof value === 'bigint') return `${value}n`;
    // -0 and 0 differ for Object.is, and so for the diff.
    if (Object.is(value, -0)) return '-0';
    return typeof value === 'function' ? `function(${value.name})` : String(value);
  }

  #branchText(branch: object, depth: number): string {
    const known = this.#known.get(branch);
    if (known !== undefined) return known;
    if (depth > MAX_DEPTH)
      throw new RangeError('Configuration is cyclic, or nested more than 1000 levels deep');
    const text = Array.isArray(branch) ? this.#arrayText(branch, depth) : this.#objectText(branch, depth);
    if (text.length <= INLINE_LIMIT) return text;
    const hashed = `#${sha256(text)}`;
    this.#known.set(branch, hashed);
    return hashed;
  }

  #arrayText(array: readonly unknown[], depth: number): string {
    return `[${array.map((member) => this.#textOf(member, depth + 1)).join(',')}]`;
  }

  #objectText(branch: object, depth: number): string {
    let text = '{';
    for (const key of Object.keys(branch).sort()) {
      const member = (branch as Record<string, unknown>)[key];
      if (member !== undefined) text += `${JSON.stringify(key)}:${this.#textOf(member, depth + 1)},`;
    }
    return `${text}}`;
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
