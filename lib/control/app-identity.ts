import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
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
  return packageAbove(folder)?.name ?? packageAbove(currentDirectory())?.name ?? basename(currentDirectory());
}

/** Returns the version of nestjs-hot-config. */
export function libraryVersion(): string {
  return packageAbove(dirname(fileURLToPath(import.meta.url)))?.version ?? 'unknown';
}

interface Manifest {
  readonly name?: string;
  readonly version?: string;
}

/** Finds the nearest `package.json` with a name. One that has only `"type": "module"` is skipped. */
function packageAbove(folder: string): Manifest | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const manifest = readManifest(join(at, 'package.json'));
    if (manifest?.name) return manifest;
    if (dirname(at) === at) return undefined;
  }
}

function readManifest(path: string): Manifest | undefined {
  try {
    const { name, version } = Object(JSON.parse(readFileSync(path, 'utf8'))) as Record<string, unknown>;
    return {
      ...(typeof name === 'string' && { name }),
      ...(typeof version === 'string' && { version }),
    };
  } catch {
    return undefined;
  }
}

/** Returns the working directory; an empty string if it has been removed. */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return '';
  }
}
