import { closeSync, openSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Hello } from '../../control/protocol.js';
import type { Call } from './app-connection.interface.js';

/** Proves to an app which user runs this command: by a file beside the socket, which only this user or root can create. */
export class CallerProof {
  #isSent = false;

  constructor(
    private readonly socketPath: string,
    private readonly hello: Hello,
    private readonly request: (call: Call) => Promise<unknown>,
  ) {}

  /** Must be called before each call that changes something; reading needs no proof. */
  async sendOnce(timeout: number): Promise<void> {
    if (this.#isSent) return;
    this.#isSent = true;
    const { proof } = this.hello;
    if (proof !== undefined && basename(proof) === proof) createFile(join(dirname(this.socketPath), proof));
    await this.request({ method: 'hello', params: callerIdentity(), timeout });
  }
}

/** If the file cannot be created (the disk is full), the app logs the user as unverified. */
function createFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch {
    // See above.
  }
}

/** Returns the user of this command for the log of the app. After `sudo`, it is the user who ran `sudo`. */
export function callerIdentity(env: NodeJS.ProcessEnv = process.env): {
  readonly user: string;
  readonly pid: number;
} {
  return { user: env['SUDO_USER'] ?? userName(env), pid: process.pid };
}

/** The user of a container may not be in its list of users. */
function userName(env: NodeJS.ProcessEnv): string {
  try {
    return userInfo().username;
  } catch {
    return env['USER'] ?? '';
  }
}
