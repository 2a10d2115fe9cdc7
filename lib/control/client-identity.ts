/** The characters of user names. Parentheses are none of them, so that a name cannot imitate ` (unverified)`. */
const USER_NAME = /^[\p{L}\p{N}._@+$\\ -]{1,64}$/u;

const UNKNOWN_USER = 'unknown user';

/** The way a client connected: by the socket, or by HTTP with the token. */
export type ClientRoute = 'socket' | 'http';

/**
 * The user of a client, for the log and the history. That a client can connect proves only that it runs as the user of
 * the app or as root, or has the token. Node cannot read the peer credentials of a socket, and whatever a client could
 * show instead, a process of the app's user could forge. So all that it states, a name or a process id, is unverified.
 */
export class ClientIdentity {
  #user: string | undefined;
  #pid: number | undefined;

  constructor(private readonly route: ClientRoute) {}

  /** Records the name and the process id that the client states. A text that is no name of a user is ignored. */
  introduce({ user, pid }: Readonly<Record<string, unknown>>): void {
    if (typeof user === 'string') this.#user = USER_NAME.test(user) ? user.trim() || undefined : undefined;
    if (Number.isSafeInteger(pid)) this.#pid = pid as number;
  }

  /** The user, for the history: `ann (unverified)`. */
  get actor(): string {
    return `${this.#user ?? UNKNOWN_USER} (${this.route === 'http' ? 'with the token, ' : ''}unverified)`;
  }

  /** The user and the process, for the log. */
  get description(): string {
    return this.#pid === undefined ? this.actor : `${this.actor}, pid ${this.#pid} (unverified)`;
  }
}
