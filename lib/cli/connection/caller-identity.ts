import { userInfo } from 'node:os';

/** What the command says of who uses it, for the log of the app. After `sudo`, who used that. */
export function callerIdentity(env: NodeJS.ProcessEnv = process.env): {
  readonly user: string;
  readonly pid: number;
} {
  return { user: env['SUDO_USER'] ?? userName(env), pid: process.pid };
}

/** A container's user may be in no list of users. */
function userName(env: NodeJS.ProcessEnv): string {
  try {
    return userInfo().username;
  } catch {
    return env['USER'] ?? '';
  }
}
