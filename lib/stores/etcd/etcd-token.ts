import { readSecret } from '../../connection/secret-place.js';
import { isInstance } from '../../util/is-instance.js';
import { EtcdFailure, unreadable } from './etcd-failure.js';
import type { EtcdUser } from './etcd-options.js';

/** The token of a user. All calls share it, and ask for it together. */
export class EtcdToken {
  #token: Promise<string> | undefined;
  /** The last one that was issued. */
  #known: string | undefined;

  /** @param authenticate sends name and password to etcd */
  constructor(
    private readonly user: EtcdUser,
    private readonly authenticate: (request: object) => Promise<{ token?: string }>,
  ) {}

  /** @throws EtcdFailure if etcd does not issue one, or the password cannot be read */
  async get(): Promise<string> {
    const token = (this.#token ??= this.#issue());
    try {
      return (this.#known = await token);
    } catch (error) {
      if (this.#token === token) this.#token = undefined;
      throw error;
    }
  }

  /** Forgets a token that has expired. Another call may have done that, and know the next one. */
  forget(token: string | undefined = this.#known): void {
    if (this.#known === token) this.#token = undefined;
  }

  async #issue(): Promise<string> {
    const password = await readSecret(this.user.password, 'password').catch((error: unknown) => {
      throw unreadable(error);
    });
    try {
      const { token = '' } = await this.authenticate({ name: this.user.name, password });
      return token;
    } catch (error) {
      // Until authentication is enabled, everything is permitted without a token.
      if (isInstance(error, EtcdFailure) && error.message.includes('authentication is not enabled'))
        return '';
      throw error;
    }
  }
}
