import { defineConfig } from 'vitest/config';
import lib from '../../vitest.config.js';

/** Settings of `npm run test:mutants`, which tests one area at a time. */
export default defineConfig({
  ...lib,
  test: {
    ...lib.test,
    include: process.env['MUTANTS_SPECS']?.split(' ') ?? [],
    // The specs of one mutant share one process. Two mutants never do.
    isolate: false,
    // A mutant that makes a promise hang is noticed by this; the tests take less than a second.
    testTimeout: 20_000,
    hookTimeout: 20_000,
    sequence: {},
    reporters: [],
  },
});
