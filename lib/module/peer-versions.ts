import { createRequire } from 'node:module';
import { ConfigOptionsError } from '../errors/config.errors.js';

/** The oldest versions that have what this library uses: those of the peers in package.json. */
const OLDEST: ReadonlyMap<string, string> = new Map([
  ['@nestjs/common', '11.1.4'],
  ['@nestjs/core', '11.1.4'],
  ['@nestjs/platform-express', '11.1.4'],
  ['@nestjs/platform-fastify', '11.1.4'],
  ['@nestjs/config', '4.0.1'],
]);

/**
 * Checks the packages of Nest that this library finds. npm installs one that is too old if it is told to ignore peers, and
 * other package managers only warn.
 *
 * @throws ConfigOptionsError if one is too old
 */
export function checkPeerVersions(installed: (name: string) => string | undefined = installedVersion): void {
  const old = [...OLDEST].flatMap(([name, oldest]) => {
    const version = installed(name);
    return version !== undefined && isOlder(version, oldest) ? [{ name, oldest, version }] : [];
  });
  if (old.length === 0) return;
  const needed = old.map(({ name, oldest, version }) => `${name} ${oldest} or newer (found ${version})`);
  throw new ConfigOptionsError(
    `nestjs-hot-config needs ${needed.join(', ')}; run: npm install ` +
      old.map(({ name, oldest }) => `${name}@^${oldest}`).join(' '),
  );
}

/** Returns undefined for a package that is not installed, or is part of a bundle. */
function installedVersion(name: string): string | undefined {
  try {
    const { version } = createRequire(import.meta.url)(`${name}/package.json`) as { version: string };
    return version;
  } catch {
    return undefined;
  }
}

function isOlder(version: string, than: string): boolean {
  return version.localeCompare(than, 'en', { numeric: true }) < 0;
}
