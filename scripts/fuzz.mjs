// Fuzzes the library: `npm run fuzz -- [target] [--seconds N] [--seed N] [--save]`. Bundles test/fuzz/main.ts with counters
// in the code of lib/ (scripts/fuzz/count-branches.mjs) into .fuzz/, and runs it: CONTRIBUTING.md, "Fuzzing".
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { rolldown } from 'rolldown';
import { countBranches } from './fuzz/count-branches.mjs';

/** Parsers that the formats use. They are counted like the library: an input is new if it reaches new code in them. */
const PARSERS = ['js-yaml', 'smol-toml', 'toml-eslint-parser', 'dotenv'];

const { dependencies, devDependencies, peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const packages = Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies });

await rm('.fuzz', { recursive: true, force: true });
const bundle = await rolldown({
  input: 'test/fuzz/main.ts',
  platform: 'node',
  tsconfig: true,
  external: packages.filter((name) => !PARSERS.includes(name)).map((name) => new RegExp(`^${name}($|/)`)),
  resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
  plugins: [countBranches([`${process.cwd()}/lib/`, ...PARSERS.map((name) => `/node_modules/${name}/`)])],
});
await bundle.write({ dir: '.fuzz', format: 'es', chunkFileNames: 'chunks/[name].js', sourcemap: true });
await bundle.close();

const { status } = spawnSync(
  process.execPath,
  ['--enable-source-maps', '.fuzz/main.js', ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
process.exitCode = status ?? 1;
