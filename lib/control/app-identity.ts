import { basename, dirname } from 'node:path';
import { libraryVersion, manifestAbove } from '../util/package-manifest.js';
import type { AppIdentity } from './protocol.js';

/** Describes this app for clients. */
export function identityOf(name: string, id: string): AppIdentity {
  return {
    name,
    id,
    pid: process.pid,
    cwd: currentDirectory(),
    startedAt: new Date(Date.now() - process.uptime() * 1000).toISOString(),
    node: process.version,
    version: libraryVersion(),
  };
}

/** Returns the name of an app without the option `control.name`: that in its `package.json`, else that of its folder. */
export function defaultAppName(): string {
  const script = process.argv[1];
  const folder = script === undefined ? currentDirectory() : dirname(script);
  return (
    manifestAbove(folder)?.name ?? manifestAbove(currentDirectory())?.name ?? basename(currentDirectory())
  );
}

/** Returns the working directory; an empty string if it has been removed. */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return '';
  }
}
