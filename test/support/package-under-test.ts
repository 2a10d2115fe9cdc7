import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { normalizePath, type Plugin } from 'vite';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** With forward slashes, as in the ids of Vite on every system. */
const lib = normalizePath(join(root, 'lib/'));

/** A folder with an installed package: below the repository, so that Node finds the peers in the repository. */
export const APP_FOLDER = join(root, '.package');

/** The package in it, packed and unpacked. */
export const PACKAGE_FOLDER = join(APP_FOLDER, 'node_modules/nestjs-hot-config');

/** The variable by which vitest.package.config.ts passes the folder of the package to specs. */
export const PACKAGE_VARIABLE = 'PACKAGE_UNDER_TEST';

/** The folder of the unpacked package in `npm run test:package`; undefined if lib/ is tested. */
export const packageUnderTest = process.env[PACKAGE_VARIABLE];

/** Resolves the names of the package as Node does for an app. */
export function installedPackage(): Plugin {
  const installed = createRequire(join(APP_FOLDER, 'package.json'));
  return {
    name: 'installed-package',
    enforce: 'pre',
    resolveId: (name) => (/^nestjs-hot-config($|\/)/.test(name) ? installed.resolve(name) : undefined),
  };
}

/** Fails if a file of lib/ is loaded: two copies of the code in one process would not recognize each other's classes. */
export function withoutLib(): Plugin {
  return {
    name: 'without-lib',
    enforce: 'pre',
    load(id) {
      if (id.startsWith(lib))
        throw new Error(
          `${id} is loaded beside the package; import it by the name of the package, or exclude the spec`,
        );
    },
  };
}
