import { userInfo } from 'node:os';

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
