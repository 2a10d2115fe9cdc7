import { describe, expect, it } from 'vitest';
import { CommitStore } from '../../lib/reload/commit.js';
import { Snapshot } from '../../lib/snapshot/snapshot.js';
import { commitOf } from '../support/commit-of.js';

function snapshotOf(version: number): Snapshot {
  return new Snapshot({ version, hash: '', time: new Date(), cause: 'manual', value: { version } });
}

describe('The commit in force', () => {
  it('does not exist before the first one, and reading configuration says so', () => {
    const store = new CommitStore();
    expect(() => store.current).toThrow('Configuration was read before it was loaded');
    expect(store.inForce).toMatchObject({ snapshot: undefined, tree: {}, overrides: [], pendingRestart: [] });
  });

  it('is replaced as a whole', () => {
    const store = new CommitStore();
    const [first, second] = [commitOf(snapshotOf(1)), commitOf(snapshotOf(2))];
    store.replace(first);
    expect([store.current, store.inForce]).toEqual([first.snapshot, first]);
    store.replace(second);
    expect(store.current).toBe(second.snapshot);
    expect(store.inForce).toBe(second);
  });
});
