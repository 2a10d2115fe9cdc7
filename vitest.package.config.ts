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
      // These take long, and what they test is PostgreSQL, the sample app and the speed of lib/: `npm test` has them.
      'test/sample-app/{database,kept-versions}.spec.ts',
      'test/e2e/load.spec.ts',
    ],
    globalSetup: 'test/package/support/install.ts',
    env: { [PACKAGE_VARIABLE]: PACKAGE_FOLDER },
  },
});
