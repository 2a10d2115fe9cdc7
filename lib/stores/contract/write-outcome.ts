import { isInstance } from '../../util/is-instance.js';
import { ConfigStoreError } from './config-store.error.js';
import type { PutResult } from './config-store.interface.js';

/**
 * Runs a write. If it is not answered after it was sent, nobody knows whether it was done. After an answer, it is certain that
 * nothing was written: a write is done as a whole or not at all.
 *
 * @param write calls `sending` before it sends anything
 */
export async function outcomeOf(write: (sending: () => void) => Promise<PutResult>): Promise<PutResult> {
  let isSent = false;
  try {
    return await write(() => (isSent = true));
  } catch (error) {
    const isUnanswered =
      isInstance(error, ConfigStoreError) && (error.failure === 'timeout' || error.failure === 'unreachable');
    if (!isSent || !isUnanswered) throw error;
    return { outcome: 'unknown', reason: error.message };
  }
}
