// Builds the package into dist/: `npm run build`.
import { spawnSync } from 'node:child_process';
import { chmod, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';

// Files that an earlier build has left would be published.
await rm('dist', { recursive: true, force: true });

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
process.exitCode = status ?? 1;

// The compiler creates files that cannot be executed. npm sets the bit only when it installs the package, so without this
// `npx hot-config` in a clone would fail after each further build.
if (status === 0) {
  const { bin } = JSON.parse(await readFile('package.json', 'utf8'));
  for (const file of Object.values(bin)) await chmod(file, 0o755);
}
