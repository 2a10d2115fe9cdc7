import { lstatSync, unlinkSync } from 'node:fs';
import { userInfo } from 'node:os';
import { toSingleLine } from '../util/control-characters.js';

/** Characters that are removed from user names, so that a name cannot imitate ` (uid 0)`. */
const NOT_IN_NAMES = /[^\p{L}\p{N}._@+-]+/gu;

const UNKNOWN_USER = 'unknown user';

/** The way a client connected: by the socket, with the path of its proof file, or by HTTP, with the token. */
export type ClientRoute = { readonly via: 'socket'; readonly proof: string } | { readonly via: 'http' };

/**
 * The user of a client, for the log and the history. Being able to connect proves only that it is the app's user, root
 * or an owner of the token. Node cannot read the peer credentials of a socket, so a client proves its uid by creating a
 * file that only that user can create. All that the client states itself, a name or a process id, is called unverified.
 */
export class ClientIdentity {
  #user: string | undefined;
  #pid: number | undefined;
  #uid: number | undefined;

  constructor(private readonly route: ClientRoute) {}

  /** Records the name and the process id that the client states, and checks the owner of its proof file. */
  introduce({ user, pid }: Readonly<Record<string, unknown>>): void {
    if (typeof user === 'string' && user !== '')
      this.#user = toSingleLine(user.replaceAll(NOT_IN_NAMES, ' '), 64) || undefined;
    if (Number.isSafeInteger(pid)) this.#pid = pid as number;
    if (this.route.via === 'socket') this.#uid ??= takeOwner(this.route.proof);
  }

  /**
   * The user, for the history. A name is called unverified unless the system has it for the uid: `ann (uid 1000)`,
   * `root (uid 0), as ann (unverified)` after `sudo`, `ann (unverified)`.
   */
  get actor(): string {
    if (this.#uid !== undefined) return verifiedActor(this.#uid, this.#user);
    return `${this.#user ?? UNKNOWN_USER} (${this.route.via === 'http' ? 'with the token, ' : ''}unverified)`;
  }

  /** The user and the process, for the log. */
  get description(): string {
    return this.#pid === undefined ? this.actor : `${this.actor}, pid ${this.#pid} (unverified)`;
  }

  /** Removes a proof file that was never checked. */
  close(): void {
    if (this.route.via === 'socket' && this.#uid === undefined) remove(this.route.proof);
  }
}

function verifiedActor(uid: number, stated: string | undefined): string {
  const name = nameOf(uid);
  const user = name === undefined ? `uid ${uid}` : `${name} (uid ${uid})`;
  return stated === undefined || stated === name ? user : `${user}, as ${stated} (unverified)`;
}

/** Returns the name of a user who can connect: the one of the app, or root. A container may have no name for it. */
function nameOf(uid: number): string | undefined {
  if (uid === 0) return 'root';
  try {
    const { uid: own, username } = userInfo();
    return uid === own ? username : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the owner of a proof file, and removes the file. */
function takeOwner(proof: string): number | undefined {
  const file = lstatSync(proof, { throwIfNoEntry: false });
  if (file === undefined) return undefined;
  remove(proof);
  return file.isFile() ? file.uid : undefined;
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was never created, or is removed already.
  }
}
