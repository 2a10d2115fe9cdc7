import { createHmac, hkdfSync, type Hmac } from 'node:crypto';
import { ConfigOptionsError } from '../../errors/config.errors.js';
import { SecretCipher } from './secret-encryption.js';

/** Minimum length of a key, in characters of a string or in bytes. */
const MIN_LENGTH = 32;

/** Minimum number of different characters. 32 random bytes have more, in hexadecimal digits too. */
const MIN_DIFFERENT = 8;

/** Keys that are derived from `history.key`. Each is used for one purpose only. */
export class HistoryKey {
  readonly #fileKey: Buffer;

  constructor(private readonly key: string | Uint8Array) {
    this.#fileKey = derive(key, '', 'nestjs-hot-config version file');
  }

  /** Starts the authentication code of a version file. */
  authenticate(): Hmac {
    return createHmac('sha256', this.#fileKey);
  }

  /**
   * Returns the cipher for the secrets of one version. Each version has a key of its own, so no two versions can use the
   * same key and nonce.
   *
   * @param id the id of the version, which no other version has
   */
  cipherOf(id: string): SecretCipher {
    return new SecretCipher(derive(this.key, id, 'nestjs-hot-config version secrets'));
  }
}

/**
 * Checks the option `history.key`.
 *
 * @throws ConfigOptionsError if it is too short, or is obviously not random
 */
export function checkHistoryKey(key: string | Uint8Array): void {
  const ends = 'Use 32 random bytes, for example from `openssl rand -base64 32`';
  if (key.length === 0)
    throw new ConfigOptionsError(
      'The option "history.key" is empty; leave it out to keep secrets off the disk',
    );
  if (key.length < MIN_LENGTH) {
    const unit = typeof key === 'string' ? 'characters' : 'bytes';
    throw new ConfigOptionsError(
      `The option "history.key" must have at least ${MIN_LENGTH} ${unit}, but has ${key.length}. ${ends}`,
    );
  }
  if (new Set<string | number>(key).size < MIN_DIFFERENT)
    throw new ConfigOptionsError(
      `The option "history.key" has fewer than ${MIN_DIFFERENT} different characters, so it can be guessed. ${ends}`,
    );
}

/** HKDF, not a slow function: the key is random and long enough, which is checked at the start. */
function derive(key: string | Uint8Array, salt: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, purpose, 32));
}
