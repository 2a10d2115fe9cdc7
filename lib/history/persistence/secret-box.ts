import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';

const CIPHER = 'aes-256-gcm';
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;

/** What is sealed is filled up to a multiple of this: the length of a password is nobody's business. */
const PADDING = 32;

const derive = promisify<string | Uint8Array, string, number, Buffer>(scrypt);

/** Seals texts with a key, so that only who has the key reads them, and nobody moves them elsewhere. */
export class SecretBox {
  constructor(
    private readonly key: Buffer,
    /** What the key was derived with; kept beside what is sealed. */
    readonly salt: string,
  ) {}

  /** @param place What it belongs to: elsewhere it cannot be opened. */
  seal(text: string, place: string): string {
    const nonce = randomBytes(NONCE_LENGTH);
    const cipher = createCipheriv(CIPHER, this.key, nonce).setAAD(Buffer.from(place));
    const length = Buffer.byteLength(text);
    const padded = text + ' '.repeat((PADDING - (length % PADDING)) % PADDING);
    const sealed = [cipher.update(padded, 'utf8'), cipher.final()];
    return Buffer.concat([nonce, cipher.getAuthTag(), ...sealed]).toString('base64');
  }

  /** The text, with blanks at its end; undefined where the key or the place is another, or a bit of it. */
  open(sealed: string, place: string): string | undefined {
    const bytes = Buffer.from(sealed, 'base64');
    const nonce = bytes.subarray(0, NONCE_LENGTH);
    const tag = bytes.subarray(NONCE_LENGTH, NONCE_LENGTH + TAG_LENGTH);
    try {
      const decipher = createDecipheriv(CIPHER, this.key, nonce, { authTagLength: TAG_LENGTH })
        .setAAD(Buffer.from(place))
        .setAuthTag(tag);
      const rest = bytes.subarray(NONCE_LENGTH + TAG_LENGTH);
      return Buffer.concat([decipher.update(rest), decipher.final()]).toString('utf8');
    } catch {
      return undefined;
    }
  }
}

/** Makes boxes from the app's key. Each costs some 50 ms in another thread, once. */
export class SecretBoxes {
  readonly #boxes = new Map<string, Promise<SecretBox>>();
  #own = randomBytes(16).toString('base64');

  constructor(private readonly key: string | Uint8Array) {}

  /** From now on, what is sealed is sealed with this salt: one salt in a directory, one derivation at boot. */
  settleOn(salt: string): void {
    this.#own = salt;
  }

  /** The box that new texts are put into. */
  own(): Promise<SecretBox> {
    return this.at(this.#own);
  }

  /** The box that texts with this salt were put into. */
  at(salt: string): Promise<SecretBox> {
    const known = this.#boxes.get(salt) ?? this.#make(salt);
    this.#boxes.set(salt, known);
    return known;
  }

  async #make(salt: string): Promise<SecretBox> {
    return new SecretBox(await derive(this.key, salt, 32), salt);
  }
}
