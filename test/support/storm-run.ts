/**
 * `true` in `npm run test:storms`, which runs the specs of test/fault and the properties with as many saves, kills and
 * examples as it takes to find a rare fault. `npm test` runs the same specs with fewer, so that it takes minutes.
 */
export const isStormRun = process.env['MODE'] === 'storms';

/** Parameters of fast-check for a property: this many examples in `npm run test:storms`, a quarter of them elsewhere. */
export function runs(count: number): { readonly numRuns: number } {
  return { numRuns: isStormRun ? count : Math.ceil(count / 4) };
}
