// Builds the package into dist/: `npm run build`. ES modules, which Node always loads, and the same in CommonJS for tools that
// cannot `require()` an ES module, such as jest (docs/decisions/0011-a-commonjs-form-for-jest.md). Both are bundled, and so are
// their declarations (docs/decisions/0016-the-package-is-bundled.md).
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, posix } from 'node:path';
import { rolldown } from 'rolldown';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

/** What the compiler writes: one file for each of lib/, with the metadata of decorators, which Nest injects by. */
const COMPILED = 'build';

/** Files that are loaded by their path in the package: they are entries without a name in `exports`. */
const LOADED_BY_PATH = {
  // By `hot-config validate --app-module`, from the copy of the package that the app uses.
  'module/validate-app': 'module/validate-app',
  // By `#parser-worker`, as a worker thread.
  'parser.worker': 'sources/content/parser.worker',
};

/** Names of classes and functions are in errors, in the log, and in what Nest says. */
const KEEPING_NAMES = { keepNames: { class: true, function: true } };

const require = createRequire(import.meta.url);

// The package keeps the modes of its files: the same for each user who builds it.
process.umask(0o022);

// Files that an earlier build has left would be published.
for (const folder of [COMPILED, 'dist']) await rm(folder, { recursive: true, force: true });
const tsc = require.resolve('typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
process.exitCode = status ?? 1;

if (status === 0) {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
  const entries = Object.values(manifest.exports)
    .filter((entry) => typeof entry === 'object')
    .map(({ import: { default: file } }) => entryOf(file));
  await bundleEsModules(entries, manifest);
  await bundleCommonJs(entries, manifest);
  await bundleTypes(entries);
  // The compiler creates files that cannot be executed. npm sets the bit only when it installs the package, so without
  // this `npx hot-config` in a clone would fail after each further build.
  for (const file of Object.values(manifest.bin)) await chmod(file, 0o755);
}

function entryOf(file) {
  return posix.relative('dist', file).replace(/\.js$/, '');
}

/** Bundles the entries, the commands and what is loaded by path. All packages stay imports. */
async function bundleEsModules(entries, { bin, dependencies, peerDependencies }) {
  const named = [...entries, ...Object.values(bin).map(entryOf)].map((entry) => [entry, entry]);
  await bundle([...named, ...Object.entries(LOADED_BY_PATH)], {
    external: [...Object.keys(dependencies), ...Object.keys(peerDependencies)],
    output: {
      dir: 'dist',
      format: 'es',
      entryFileNames: '[name].js',
      chunkFileNames: 'chunks/[name].js',
    },
  });
}

/**
 * Bundles the entries as CommonJS, together with the dependencies that are published as ES modules only. It is minified,
 * because only jest loads it.
 */
async function bundleCommonJs(entries, { dependencies, peerDependencies }) {
  const output = await bundle(
    entries.map((entry) => [entry, entry]),
    {
      external: [...Object.keys(peerDependencies), ...Object.keys(dependencies).filter(hasCommonJs)],
      output: {
        dir: 'dist/cjs',
        format: 'cjs',
        entryFileNames: '[name].cjs',
        chunkFileNames: 'chunks/[name].cjs',
        // jest has no import() in CommonJS.
        dynamicImportInCjs: false,
        minify: { compress: KEEPING_NAMES, mangle: KEEPING_NAMES },
      },
    },
  );
  await writeLicenses(output.flatMap(({ moduleIds = [] }) => moduleIds));
}

async function bundle(entries, { external, output }) {
  const bundler = await rolldown({
    input: Object.fromEntries(entries.map(([name, file]) => [name, `${COMPILED}/${file}.js`])),
    platform: 'node',
    // Otherwise shared code may be in an entry, and a chunk would run the command of that entry by importing it.
    experimental: { attachDebugInfo: 'none', chunkOptimization: false },
    external: external.map((name) => new RegExp(`^${name}($|/)`)),
  });
  const written = await bundler.write({ ...output, keepNames: true, comments: { jsdoc: false } });
  await bundler.close();
  return written.output;
}

/**
 * Bundles the declarations, as those of CommonJS, into dist/types. Each entry of ES modules gets a file that exports them
 * again: a class has one type in a program, however it is imported.
 */
async function bundleTypes(entries) {
  const bundler = await rollup({
    input: Object.fromEntries(entries.map((entry) => [entry, `${COMPILED}/types/${entry}.d.ts`])),
    external: (name) => !/^[./]/.test(name),
    plugins: [dts()],
    onLog: (level, log, report) => {
      // Types that no entry exports, such as the steps of a path, are in a chunk, and nobody can name them there either.
      if (!log.message.includes('private shared type exports')) report(level, log);
    },
  });
  await bundler.write({
    dir: 'dist/types',
    entryFileNames: '[name].d.ts',
    chunkFileNames: ({ name }) => `chunks/${name.replace(/\.d$/, '')}.d.ts`,
  });
  await bundler.close();
  await writeFile('dist/types/package.json', '{ "type": "commonjs" }\n');
  for (const entry of entries) {
    const types = posix.relative(posix.dirname(entry), `types/${entry}.js`);
    await writeFile(
      `dist/${entry}.d.ts`,
      `export * from '${types.startsWith('.') ? types : `./${types}`}';\n`,
    );
  }
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
