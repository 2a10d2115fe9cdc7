// Checks the types of all code, and runs the specs of what uses Nest, on NestJS 11: `npm run test:nest11`. With arguments of
// vitest `npm run test:nest11 -- test/e2e`; on the oldest versions that the peers allow `npm run test:nest11 -- --oldest`.
//
// All happens in .nest11/newest or .nest11/oldest, a copy of this repository with other versions of Nest. A copy, not
// links: Node resolves imports from where a link leads to.
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './node-binary.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const given = process.argv.slice(2);
const versions = given[0] === '--oldest' ? 'oldest' : 'newest';
const vitestArguments = versions === 'oldest' ? given.slice(1) : given;
const isWhole = vitestArguments.length === 0;
const folder = join(root, '.nest11', versions);

/** Entries of the root that are not copied: what git ignores, and git's own. */
const NOT_COPIED = [
  '.fuzz',
  '.git',
  '.matrix',
  '.mutants',
  '.nest11',
  '.package',
  'build',
  'coverage',
  'dist',
  'docs-api',
  'node_modules',
  'release',
];

/** Leaves out the specs that test nothing of Nest, even if they start an app. `npm test` runs them, with the same result. */
const WITHOUT_NEST = [
  // Folders of lib that may not import Nest (.dependency-cruiser.cjs), and the tools of the repository.
  '--exclude=test/{auto-reload,diff,formats,fuzz,history,interpolation,limits,patterns,reload,remote,snapshot,sources,stores,tooling,util,watch}/**',
  '--exclude=test/cli/!(load-app-module|validate-app-module).spec.ts',
  '--exclude=test/control/!(outside-methods).spec.ts',
  '--exclude=test/docs/{contributor-pages,listed-names,user-pages}.spec.ts',
  '--exclude=test/fault/{failing-disk,killed-writers,links,sources}.spec.ts',
  '--exclude=test/ops/{alerts,prometheus,rules}.spec.ts',
  '--exclude=test/releases/command.spec.ts',
  '--exclude=test/secrets/{credentials,growth,secret-finder,secret-policy}.spec.ts',
];

/** The other specs of the package make apps of Nest 11 themselves, or have nothing to do with Nest. */
const PACKAGE_SPECS = ['--config', 'vitest.package.config.ts', 'test/package/package.spec.ts'];

await copyRepository();
await installPackages();
const outcomes = {
  types: await runThere('typescript/bin/tsc', '--noEmit'),
  specs: await runThere('vitest/vitest.mjs', 'run', ...(isWhole ? WITHOUT_NEST : vitestArguments)),
};
// Its types are checked as an app without skipLibCheck checks them.
if (isWhole) outcomes['the packed package'] = await runThere('vitest/vitest.mjs', 'run', ...PACKAGE_SPECS);

console.log(`\nNestJS 11 (${versions})`);
for (const [what, { code }] of Object.entries(outcomes))
  console.log(`  ${code === 0 ? 'ok    ' : 'FAILED'} ${what}`);
process.exitCode = Object.values(outcomes).every(({ code }) => code === 0) ? 0 : 1;

/** Copies everything anew: files that were deleted since the last run are gone. */
async function copyRepository() {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder))
    if (!['node_modules', 'installed.json'].includes(name)) await rm(join(folder, name), { recursive: true });
  for (const name of await readdir(root))
    if (!NOT_COPIED.includes(name)) await cp(join(root, name), join(folder, name), { recursive: true });
}

/** Installs Nest 11, and all other packages in the locked versions. If nothing has changed since, it does nothing. */
async function installPackages() {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const { newest, oldest } = JSON.parse(await readFile(join(root, 'test/support/nest-11.json'), 'utf8'));
  Object.assign(manifest.devDependencies, newest, versions === 'oldest' ? oldest : {});
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);

  const wanted = JSON.stringify([manifest.dependencies, manifest.devDependencies]);
  const installed = join(folder, 'installed.json');
  if (existsSync(installed) && (await readFile(installed, 'utf8')) === wanted) return;
  await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
  await writeFile(installed, wanted);
}

/** Runs a program of a package in the folder. */
function runThere(program, ...args) {
  const options = { cwd: folder, mayFail: true };
  return run(process.execPath, [join(folder, 'node_modules', program), ...args], options);
}
