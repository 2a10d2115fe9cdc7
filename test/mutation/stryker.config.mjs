const area = process.env.MUTANTS_AREA;

/** Settings of Stryker for the area that `npm run test:mutants` tests. */
export default {
  mutate: [`lib/${area}/*.ts`],
  testRunner: 'vitest',
  vitest: { configFile: 'test/mutation/vitest.config.ts', related: false, pool: 'forks' },
  coverageAnalysis: 'perTest',
  // Code that runs between two tests counts as static too: without this, every spec would run for it.
  ignoreStatic: true,
  // Wording: a test that compares whole messages would only repeat them.
  mutator: { excludedMutations: ['StringLiteral'] },
  thresholds: { high: 90, low: 80, break: 80 },
  // A mutant that ends no loop runs for ever. A busy machine must not look like one.
  timeoutMS: 30_000,
  timeoutFactor: 4,
  reporters: ['json', 'progress-append-only'],
  jsonReporter: { fileName: `.mutants/${area}.json` },
  tempDirName: `.mutants/${area}`,
  ignorePatterns: ['/bench', '/docs', '/ops', '/sample-app', '/dist', '/release', '/.*'],
};
