import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Returns the major version of an installed package of Nest. `npm run test:nest11` runs the specs with older ones. */
export function majorOf(name: '@nestjs/config' | '@nestjs/core' | '@nestjs/terminus'): number {
  const { version } = require(`${name}/package.json`) as { readonly version: string };
  return Number(version.split('.')[0]);
}
