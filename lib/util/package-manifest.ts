import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Members of a `package.json`. */
export interface PackageManifest {
  readonly name: string;
  readonly version?: string;
}

/** Finds the nearest `package.json` with a name, at `path` or above. One that has only `"type": "module"` is skipped. */
export function packageAbove(path: string): (PackageManifest & { readonly folder: string }) | undefined {
  for (let at = path; ; at = dirname(at)) {
    const manifest = readManifest(at);
    if (manifest !== undefined) return { ...manifest, folder: at };
    if (dirname(at) === at) return undefined;
  }
}

/** Returns the working directory; an empty string if it has been removed. */
export function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return '';
  }
}

/** Returns the version of nestjs-hot-config. */
export function libraryVersion(): string {
  return packageAbove(dirname(fileURLToPath(import.meta.url)))?.version ?? 'unknown';
}

function readManifest(folder: string): PackageManifest | undefined {
  try {
    const text = readFileSync(join(folder, 'package.json'), 'utf8');
    const { name, version } = Object(JSON.parse(text)) as Record<string, unknown>;
    if (typeof name !== 'string' || name === '') return undefined;
    return { name, ...(typeof version === 'string' && { version }) };
  } catch {
    return undefined;
  }
}
