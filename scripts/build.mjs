// Builds the package into dist/: `npm run build`. ES modules, which Node always loads, and the same in CommonJS for tools that
// cannot `require()` an ES module, such as jest (docs/decisions/0011-a-commonjs-form-for-jest.md).
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, posix } from 'node:path';
import { rolldown } from 'rolldown';
import buildParserWorker from './parser-worker.mjs';

// Files that an earlier build has left would be published.
await rm('dist', { recursive: true, force: true });

const require = createRequire(import.meta.url);
const tsc = require.resolve('typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
process.exitCode = status ?? 1;

if (status === 0) {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
  const entries = Object.values(manifest.exports)
    .filter((entry) => typeof entry === 'object')
    .map(({ import: { default: file } }) => posix.relative('dist', file).replace(/\.js$/, ''));
  await buildParserWorker();
  await writeTypes(entries);
  await bundleCommonJs(entries, manifest);
  // The compiler creates files that cannot be executed. npm sets the bit only when it installs the package, so without
  // this `npx hot-config` in a clone would fail after each further build.
  for (const file of Object.values(manifest.bin)) await chmod(file, 0o755);
}

/**
 * Makes the declarations in dist/types those of CommonJS, and one file for each entry of ES modules that exports them
 * again: a class has one type in a program, however it is imported.
 */
async function writeTypes(entries) {
  await writeFile('dist/types/package.json', '{ "type": "commonjs" }\n');
  for (const entry of entries) {
    const types = posix.relative(posix.dirname(entry), `types/${entry}.js`);
    await writeFile(
      `dist/${entry}.d.ts`,
      `export * from '${types.startsWith('.') ? types : `./${types}`}';\n`,
    );
  }
}

/** Bundles the entries as CommonJS, together with the dependencies that are published as ES modules only. */
async function bundleCommonJs(entries, { dependencies, peerDependencies }) {
  const external = [...Object.keys(peerDependencies), ...Object.keys(dependencies).filter(hasCommonJs)];
  const bundle = await rolldown({
    input: Object.fromEntries(entries.map((entry) => [entry, `dist/${entry}.js`])),
    platform: 'node',
    external: external.map((name) => new RegExp(`^${name}($|/)`)),
  });
  const { output } = await bundle.write({
    dir: 'dist/cjs',
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: 'chunks/[name].cjs',
    // jest has no import() in CommonJS.
    dynamicImportInCjs: false,
  });
  await bundle.close();
  await writeLicenses(output.flatMap(({ moduleIds = [] }) => moduleIds));
}

/** Checks whether a dependency has a form that CommonJS can `require()` without Node's help. */
function hasCommonJs(name) {
  const path = require.resolve(name);
  return path.endsWith('.cjs') || (path.endsWith('.js') && manifestAbove(path).type !== 'module');
}

/** Writes the licenses of the dependencies that are bundled, as these require. */
async function writeLicenses(modules) {
  const folders = modules.map((id) => /^.*[\\/]node_modules[\\/](@[^\\/]+[\\/])?[^\\/]+/.exec(id)?.[0]);
  const texts = [...new Set(folders)].filter(Boolean).map((folder) => {
    const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return `# ${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  });
  await writeFile('dist/cjs/LICENSES.md', texts.toSorted().join('\n'));
}

function manifestAbove(path) {
  const file = join(dirname(path), 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : manifestAbove(dirname(path));
}
