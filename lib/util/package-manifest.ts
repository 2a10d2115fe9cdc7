import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Members of a `package.json`. */
export interface PackageManifest {
  readonly name: string;
  readonly version?: string;
}

/** Finds the nearest `package.json` with a name. One that has only `"type": "module"` is skipped. */
export function manifestAbove(folder: string): PackageManifest | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const manifest = readManifest(at);
    if (manifest !== undefined) return manifest;
    if (dirname(at) === at) return undefined;
  }
}

/** Returns the name in the `package.json` of this app: that of its script, else that of the working directory. */
export function appPackageName(): string | undefined {
  const script = process.argv[1];
  const folders = [...(script === undefined ? [] : [dirname(script)]), currentDirectory()];
  return folders.map((folder) => manifestAbove(folder)?.name).find((name) => name !== undefined);
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
  return manifestAbove(dirname(fileURLToPath(import.meta.url)))?.version ?? 'unknown';
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
