import { readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
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
  return packageOfLibrary()?.version ?? 'unknown';
}

/**
 * Returns the folder with the code of this library, with a separator at the end: `dist` of the package, or `lib` in the
 * repository. Undefined if the code is part of another package: if an app is bundled with it.
 */
export function libraryFolder(): string | undefined {
  const own = packageOfLibrary();
  if (own?.name !== 'nestjs-hot-config') return undefined;
  const [folder = ''] = relative(own.folder, fileURLToPath(import.meta.url)).split(sep);
  return join(own.folder, folder, sep);
}

function packageOfLibrary(): ReturnType<typeof packageAbove> {
  // A bundle in CommonJS has no `import.meta.url`.
  return String(import.meta.url).startsWith('file:')
    ? packageAbove(dirname(fileURLToPath(import.meta.url)))
    : undefined;
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
