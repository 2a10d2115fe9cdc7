/**
 * `true` in `npm run test:storms`, which runs the specs of test/fault with as many saves and kills as it takes to find a
 * rare fault. `npm test` runs the same specs with few, so that it takes minutes.
 */
export const isStormRun = process.env['MODE'] === 'storms';
