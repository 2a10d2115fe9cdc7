import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { APP_FOLDER, PACKAGE_FOLDER } from '../../support/package-under-test.js';
import { linkCommands } from './link-commands.js';
import type { Manifest } from './manifest.js';

const run = promisify(execFile);

/** Packs the package as for a release, and installs it as npm does: the files, and links to its commands. */
export default async function install(): Promise<void> {
  await rm(APP_FOLDER, { recursive: true, force: true });
  await mkdir(PACKAGE_FOLDER, { recursive: true });
  // Without a manifest of its own, the folder would belong to the repository, and its package to itself: dist/ there.
  await writeFile(join(APP_FOLDER, 'package.json'), JSON.stringify({ name: 'app', type: 'module' }));
  await run('tar', ['-xzf', await pack(), '-C', PACKAGE_FOLDER, '--strip-components', '1']);
  const manifest = JSON.parse(await readFile(join(PACKAGE_FOLDER, 'package.json'), 'utf8')) as Manifest;
  await linkCommands(join(APP_FOLDER, 'node_modules'), manifest);
}

/** Returns the path of the tarball. Its build checks types: what does not compile is not published. */
async function pack(): Promise<string> {
  const options = { shell: process.platform === 'win32' };
  await run('npm', ['pack', '--pack-destination', APP_FOLDER], options).catch(
    (error: { stdout: string; stderr: string }) => {
      throw new Error(`npm pack failed:\n${error.stdout}\n${error.stderr}`);
    },
  );
  const tarball = (await readdir(APP_FOLDER)).find((name) => name.endsWith('.tgz'))!;
  return join(APP_FOLDER, tarball);
}
