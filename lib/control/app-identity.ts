import { hostname } from 'node:os';
import { basename } from 'node:path';
import { packageOfProcess } from '../util/app-package.js';
import { currentDirectory, libraryVersion } from '../util/package-manifest.js';
import type { AppIdentity } from './protocol.js';

/** Describes this app for clients. */
export function identityOf(name: string, id: string): AppIdentity {
  const folder = packageOfProcess()?.folder;
  return {
    name,
    id,
    pid: process.pid,
    cwd: currentDirectory(),
    ...(folder !== undefined && { folder }),
    host: hostname(),
    startedAt: new Date(Date.now() - process.uptime() * 1000).toISOString(),
    node: process.version,
    version: libraryVersion(),
  };
}

/** Returns the name of an app without the option `control.name`: that of its package, else that of its folder. */
export function defaultAppName(): string {
  return packageOfProcess()?.name ?? basename(currentDirectory());
}
