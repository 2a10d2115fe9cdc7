import { ReadError } from '../content/read-error.js';
import type { ContentLimits } from '../../limits/content-limits.js';

/** Files in a chain of imports. */
export const MAX_CHAIN_LENGTH = 20;

/** Keys that may always be merged. Beyond that, each key that was read may be merged once for each file of a chain. */
const FREE_MERGES = 100_000;

/** Code of the error that ends a load because its imports take too much work. */
export const IMPORT_LIMIT_EXCEEDED = 'IMPORT_LIMIT';

/**
 * Limits the work of the imports of one load. A few small files could otherwise cause work without end, with many
 * imports or by merging the same keys again and again.
 */
export class ImportBudget {
  #imports = 0;
  #keysRead = 0;
  #keysMerged = 0;

  constructor(private readonly limits: ContentLimits) {}

  countRead(keys: number): void {
    this.#keysRead += keys;
  }

  /** @throws ReadError if there are too many imports. */
  countImport(): void {
    this.#imports += 1;
    const { maxImports } = this.limits;
    if (this.#imports > maxImports) throw exceeded(`files more than ${maxImports} times (limit maxImports)`);
  }

  /** @throws ReadError if too many keys were merged. */
  countMerged(keys: number): void {
    this.#keysMerged += keys;
    const { maxKeys } = this.limits;
    if (this.#keysMerged > maxKeys) throw exceeded(`more than ${maxKeys} keys (limit maxKeys)`);
    const allowed = FREE_MERGES + MAX_CHAIN_LENGTH * this.#keysRead;
    if (this.#keysMerged > allowed) throw exceeded(`the same keys again and again (${allowed} merged)`);
  }
}

function exceeded(what: string): ReadError {
  return new ReadError(`imports ${what}; import fewer files`, IMPORT_LIMIT_EXCEEDED, false);
}
