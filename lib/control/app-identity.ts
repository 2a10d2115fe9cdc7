import { basename } from 'node:path';
import { appPackageName, currentDirectory, libraryVersion } from '../util/package-manifest.js';
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
  return appPackageName() ?? basename(currentDirectory());
}
