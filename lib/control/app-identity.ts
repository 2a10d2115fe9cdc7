import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AppIdentity } from './protocol.js';

/** Which app this is, for those who look for it. `id` is what its socket is called. */
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

/** What an app is called that does not say: by its `package.json`, or its folder. */
export function defaultAppName(): string {
  const script = process.argv[1];
  const folder = script === undefined ? currentDirectory() : dirname(script);
  return packageAbove(folder)?.name ?? packageAbove(currentDirectory())?.name ?? basename(currentDirectory());
}

/** The version of this package. */
export function libraryVersion(): string {
  return packageAbove(dirname(fileURLToPath(import.meta.url)))?.version ?? 'unknown';
}

interface Manifest {
  readonly name?: string;
  readonly version?: string;
}

/** The nearest `package.json` that has a name; those that only say `"type": "module"` are passed by. */
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

/** The directory may have been removed under the app. */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return '';
  }
}
