import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

interface Cost {
  readonly keys: number;
  readonly more: { readonly instantiations: number };
}

/** What so many calls cost the compiler, in types that it has to make: a number that no machine changes. */
async function costOf(calls: number): Promise<Cost> {
  const args = ['scripts/type-check-cost.mjs', '--calls', String(calls), '--runs', '1', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as Cost;
}

describe('Reading a configuration of 500 keys', () => {
  it('costs a compiler little for the first path, and as little for each of hundreds', async () => {
    const [one, many] = await Promise.all([costOf(1), costOf(500)]);
    expect(many.keys).toBeGreaterThanOrEqual(500);
    expect(one.more.instantiations).toBeLessThan(10_000);
    expect(many.more.instantiations).toBeLessThan(500 * 350);
  }, 120_000);
});
