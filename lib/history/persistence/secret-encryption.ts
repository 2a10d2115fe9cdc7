import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;

/** The length of what is encrypted is a multiple of this, so that it does not show the length of a password. */
const PADDING = 32;

/**
 * Binds a secret of a layer to its version, source and path: it cannot be decrypted in any other place.
 *
 * @param id The id of the version.
 */
export function bindingOfSecret(id: string, source: string, path: readonly string[]): string {
  return JSON.stringify([id, 'layer', source, path]);
}

/** Binds a secret override to its version and path. */
export function bindingOfOverride(id: string, segments: readonly string[]): string {
  return JSON.stringify([id, 'override', segments]);
}

/** Encrypts strings, so that they can be read only with the key, and only in the place that they are bound to. */
export class SecretCipher {
  constructor(private readonly key: Buffer) {}

  encrypt(value: string, binding: string): string {
    const nonce = randomBytes(NONCE_LENGTH);
    const cipher = createCipheriv(CIPHER, this.key, nonce).setAAD(Buffer.from(binding));
    const length = Buffer.byteLength(value);
    const padded = value + ' '.repeat((PADDING - (length % PADDING)) % PADDING);
    const encrypted = [cipher.update(padded, 'utf8'), cipher.final()];
    return Buffer.concat([nonce, cipher.getAuthTag(), ...encrypted]).toString('base64');
  }

  /** Returns the string, padded with spaces; `undefined` if the key, the binding or any bit differs. */
  decrypt(encrypted: string, binding: string): string | undefined {
    const bytes = Buffer.from(encrypted, 'base64');
    const nonce = bytes.subarray(0, NONCE_LENGTH);
    const tag = bytes.subarray(NONCE_LENGTH, NONCE_LENGTH + TAG_LENGTH);
    try {
      const decipher = createDecipheriv(CIPHER, this.key, nonce, { authTagLength: TAG_LENGTH })
        .setAAD(Buffer.from(binding))
        .setAuthTag(tag);
      const rest = bytes.subarray(NONCE_LENGTH + TAG_LENGTH);
      return Buffer.concat([decipher.update(rest), decipher.final()]).toString('utf8');
    } catch {
      return undefined;
    }
  }
}
