import { describe, expect, it } from 'vitest';
import { membersOf, Parts } from '../../lib/runtime/parts.js';
import { safeLogger } from '../support/safe-logger.js';

function partsOf(names: readonly string[]) {
  const calls: string[] = [];
  const warnings: string[] = [];
  const logger = safeLogger((message) => warnings.push(message));
  const part = (name: string) => ({
    start: () => void calls.push(`start ${name}`),
    idle: async () => void calls.push(`idle ${name}`),
    close: () => void calls.push(`close ${name}`),
  });
  return { parts: new Parts(names.map(part), logger), part, calls, warnings };
}

describe('The parts of an app', () => {
  it('are started in their order, and closed in reverse order, with those that were added later', async () => {
    const { parts, part, calls } = partsOf(['a', 'b']);
    parts.add(part('c'));
    await parts.start();
    await parts.close();
    expect(calls).toEqual(['start a', 'start b', 'start c', 'close c', 'close b', 'close a']);
  });

  it('are started when they are added, if the others are started', async () => {
    const { parts, part, calls, warnings } = partsOf([]);
    await parts.start();
    parts.add(part('late'));
    expect(calls).toEqual(['start late']);
    parts.add({ start: () => Promise.reject(new Error('no store')) });
    await Promise.resolve();
    await Promise.resolve();
    expect(warnings).toEqual(['A part of the configuration did not start: no store']);
  });

  it('are all closed, even if one fails', async () => {
    const { parts, calls, warnings } = partsOf(['a']);
    parts.add({ close: () => Promise.reject(new Error('stuck')) });
    await parts.close();
    expect(calls).toEqual(['close a']);
    expect(warnings).toEqual(['A part of the configuration did not close: stuck']);
  });

  it('are idle when none has given work to another', async () => {
    const { parts, calls } = partsOf(['a', 'b']);
    let rounds = 0;
    await parts.idle(() => (rounds += 1) === 2);
    expect(calls).toEqual(['idle b', 'idle a', 'idle b', 'idle a']);
  });
});

describe('The members of the status', () => {
  it('are put together, without those of parts that the options leave out', () => {
    const none: { status(): { left: string } } | undefined = undefined;
    expect(membersOf([{ status: () => ({ a: 1 }) }, none, {}, { status: () => ({ b: 2 }) }])).toEqual({
      a: 1,
      b: 2,
    });
  });
});
