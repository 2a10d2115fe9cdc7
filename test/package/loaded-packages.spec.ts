import { expect, it } from 'vitest';
import { InstalledApp } from './support/installed-app.js';

/** Packages that are loaded when they are used. `test/tooling/loaded-packages.spec.ts` lists those that are loaded. */
const LATER = [
  'chokidar',
  'class-transformer',
  'class-validator',
  'cli-table3',
  'commander',
  'diff',
  'signal-exit',
  'smol-toml',
  'toml-eslint-parser',
];

it('An import of the published package loads none of the packages that are loaded when they are used', async () => {
  const app = await InstalledApp.create();
  const { code, output } = await app.node('loaded.mjs');
  await app.remove();
  expect(code, output).toBe(0);
  // The bundler of the package may join files, and so load a package earlier than lib/ does.
  const names = [...output.matchAll(/node_modules\/((?:@[^/\s]+\/)?[^/\s]+)\/(?!.*node_modules\/)/g)];
  const loaded = new Set(names.map(([, name]) => name));
  expect(loaded).toContain('@nestjs/config');
  expect([...loaded].filter((name) => LATER.includes(name!))).toEqual([]);
});
