import { describe, expect, it } from 'vitest';
import { SecretPolicy } from '../../lib/secrets/secret-policy.js';
import { collectGarbage } from '../support/collect-garbage.js';

const MEGABYTE = 1024 * 1024;

async function heapInUse(): Promise<number> {
  await collectGarbage();
  return process.memoryUsage().heapUsed / MEGABYTE;
}

/** Rotates secrets, and returns by how many MB the heap grows between the 100th and the last rotation. */
async function growth(policy: SecretPolicy, rotations: number, secret: (rotation: number) => string) {
  let before = 0;
  for (let rotation = 0; rotation < rotations; rotation += 1) {
    if (rotation === 100) before = await heapInUse();
    const tree = { api_key: secret(rotation) };
    policy.follow(() => ({ values: [{ value: tree }], paths: [] }));
    policy.remember(tree);
  }
  const grown = (await heapInUse()) - before;
  const last = secret(rotations - 1);
  expect(policy.redactText(`<${last}>`)).toBe('<[hidden]>');
  return grown;
}

describe('The memory for known secrets', () => {
  it('is the same after 600 rotations of a secret of 200 KB', async () => {
    const policy = new SecretPolicy();
    const text = Array.from({ length: 20_000 }, (_, at) => String((at * 7919) % 1e10).padStart(10, '0')).join(
      '',
    );
    const rotated = (rotation: number) => `${text.slice(rotation * 11)}-${text.slice(0, rotation * 11)}`;
    // It was 440 MB.
    expect(await growth(policy, 600, rotated)).toBeLessThan(40);
  }, 300_000);

  it('is the same after 100,000 rotations of a short secret', async () => {
    expect(await growth(new SecretPolicy(), 100_000, (rotation) => `sk-${rotation}-rotated`)).toBeLessThan(
      40,
    );
  });

  it('does not keep the files alive that secrets were part of', async () => {
    const secretOf = (rotation: number) =>
      `${rotation} ${'content '.repeat(128 * 1024)}canary-swordfish-${rotation}`.slice(-22).trim();
    expect(await growth(new SecretPolicy(), 300, secretOf)).toBeLessThan(40);
  });
});
