import { defineConfig } from 'vitest/config';
import {
  installedPackage,
  PACKAGE_FOLDER,
  PACKAGE_VARIABLE,
  withoutLib,
} from './test/support/package-under-test.js';
import lib from './vitest.config.js';

/** `npm run test:package`: tests the package as it is published. All other settings are those for lib/. */
export default defineConfig({
  ...lib,
  resolve: {},
  plugins: [installedPackage(), withoutLib()],
  test: {
    ...lib.test,
    include: ['package', 'docs', 'e2e', 'compat', 'sample-app'].map(
      (folder) => `test/${folder}/**/*.spec.ts`,
    ),
    exclude: [
      // It measures pins under load, which are the same in `lib/`: `npm test` has it.
      'test/e2e/load.spec.ts',
      // They use internals, which are no files of the package: `npm test` has them.
      'test/docs/{contributor-pages,listed-names,user-pages}.spec.ts',
      'test/compat/nestjs-config/{factory-calls,namespace-schemas,precedence}.spec.ts',
    ],
    globalSetup: 'test/package/support/install.ts',
    env: { [PACKAGE_VARIABLE]: PACKAGE_FOLDER },
  },
});
