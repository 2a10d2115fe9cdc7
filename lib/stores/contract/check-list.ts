import { checkCount } from '../../options/checks.js';
import { checkKey } from './check-key.js';
import type { ListOptions } from './config-store.interface.js';

/**
 * Checks what a list was called with, and returns its options with their defaults.
 *
 * @throws ConfigOptionsError if something is not valid
 */
export function checkList(
  prefix: string,
  { after = '', limit = 500 }: ListOptions = {},
): Required<ListOptions> {
  checkKey(prefix, 'prefix');
  checkKey(after, 'after');
  return { after, limit: checkCount('limit', limit) };
}
