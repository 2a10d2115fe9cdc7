import { createRequire } from 'node:module';

const { version } = createRequire(import.meta.url)('@nestjs/core/package.json') as { version: string };

/** Whether the specs run with NestJS 11, as `npm run test:nest11` does. */
export const isNest11 = version.startsWith('11.');
