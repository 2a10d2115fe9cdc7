import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageAbove } from '../util/package-manifest.js';
import { COPIES } from '../model/tokens.js';
import { ConfigOptionsError } from '../errors/config.errors.js';

/**
 * Checks that this library is loaded once. A second copy has classes and tokens of its own: Nest would not find the
 * `HotConfigService` of one in the modules of the other, and would not say why.
 *
 * @throws ConfigOptionsError if there are several copies
 */
export function checkOneCopy(): void {
  if (COPIES.size < 2) return;
  const copies = [...COPIES].map(describeCopy);
  throw new ConfigOptionsError(
    `nestjs-hot-config is loaded ${COPIES.size} times in this process:\n` +
      copies.map((copy) => `  ${copy}\n`).join('') +
      'The services of one copy cannot be injected by code that imports another. Install one version: ' +
      '`npm ls nestjs-hot-config` shows which packages need which. A library that uses nestjs-hot-config declares it as ' +
      'a peer dependency. A bundle that contains it: make it external.',
  );
}

function describeCopy(url: string): string {
  // A bundle in CommonJS has no `import.meta.url`.
  if (url === 'undefined') return 'in a bundle';
  if (!url.startsWith('file:')) return url;
  const file = fileURLToPath(url);
  const manifest = packageAbove(dirname(file));
  return manifest?.name === 'nestjs-hot-config'
    ? `${manifest.version ?? 'unknown version'}  ${file}`
    : `in a bundle  ${file}`;
}
