// Records a release for test/releases: `npm run compat:record -- NAME [TARBALL]`. It packs the package, or takes the tarball
// of an earlier release, installs it in an app, and writes what the app answers and its versions to
// test/releases/fixtures/NAME. A recording is never changed afterwards.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'vite';

const [name, tarball] = process.argv.slice(2);
const recording = resolve('test/releases/fixtures', name ?? '');
if (name === undefined || existsSync(recording))
  throw new Error(
    'Usage: npm run compat:record -- NAME [TARBALL]. The name must be new: recordings do not change.',
  );

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'record-release-')));
try {
  install(tarball ?? pack());
  await bundle();
  const env = { ...process.env, RECORDING: recording, NODE_ENV: 'production' };
  execFileSync(process.execPath, ['record.mjs'], { cwd: folder, env, stdio: 'inherit' });
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function pack() {
  execFileSync('npm', ['pack', '--pack-destination', folder], { stdio: 'ignore' });
  return join(
    folder,
    readdirSync(folder).find((file) => file.endsWith('.tgz')),
  );
}

/** Unpacks the package beside links to all other packages. */
function install(file) {
  const modules = join(folder, 'node_modules');
  const target = join(modules, 'nestjs-hot-config');
  mkdirSync(target, { recursive: true });
  execFileSync('tar', ['-xzf', file, '-C', target, '--strip-components', '1']);
  for (const each of readdirSync('node_modules'))
    if (each !== 'nestjs-hot-config') symlinkSync(resolve('node_modules', each), join(modules, each));
}

/** Bundles the app and the recorder: the package and all others stay imports. */
function bundle() {
  return build({
    configFile: false,
    logLevel: 'error',
    oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
    build: {
      ssr: 'test/releases/support/record.ts',
      outDir: folder,
      emptyOutDir: false,
      minify: false,
      rolldownOptions: { external: [/^nestjs-hot-config/], output: { entryFileNames: 'record.mjs' } },
    },
  });
}
