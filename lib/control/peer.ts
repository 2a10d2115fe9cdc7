import { lstatSync, unlinkSync } from 'node:fs';
import { plainText } from '../util/printable-text.js';

/** What no user is called, lest a name look like more than one. */
const NOT_OF_NAMES = /[^\p{L}\p{N}._@+-]+/gu;

/** How a client came: through the socket, or with the token. */
export type PeerRoute = { readonly via: 'socket'; readonly proof: string } | { readonly via: 'http' };

/**
 * Who is at the other end. That somebody can connect at all shows that it is the app's user, or root, or who has the
 * token. Which user it is, Node cannot ask the socket; so a client shows it by making a file that only they can make.
 * Its name and its process are what it says they are.
 */
export class Peer {
  #user = 'somebody';
  #pid: number | undefined;
  #uid: number | undefined;

  constructor(private readonly route: PeerRoute) {}

  /** Takes what the client says of itself, and looks whose the proof is. */
  introduce({ user, pid }: Readonly<Record<string, unknown>>): void {
    if (typeof user === 'string' && user !== '')
      this.#user = plainText(user.replaceAll(NOT_OF_NAMES, ' '), 64) || 'somebody';
    if (Number.isSafeInteger(pid)) this.#pid = pid as number;
    if (this.route.via === 'socket') this.#uid ??= ownerOf(this.route.proof);
  }

  /** For the history: `ann (uid 1000)`, `ann (as told)`. */
  get actor(): string {
    if (this.#uid !== undefined) return `${this.#user} (uid ${this.#uid})`;
    return `${this.#user} (${this.route.via === 'http' ? 'with the token, ' : ''}as told)`;
  }

  /** For the log: the process as well. */
  get description(): string {
    return this.#pid === undefined ? this.actor : `${this.actor}, pid ${this.#pid} as told`;
  }

  /** A proof that nobody looked at must not stay. */
  forget(): void {
    if (this.route.via === 'socket' && this.#uid === undefined) remove(this.route.proof);
  }
}

function ownerOf(proof: string): number | undefined {
  const file = lstatSync(proof, { throwIfNoEntry: false });
  if (file === undefined) return undefined;
  remove(proof);
  return file.isFile() ? file.uid : undefined;
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Nobody made it, or somebody was quicker.
  }
}
