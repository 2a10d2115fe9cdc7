import { describe, expect, it } from 'vitest';
import { History } from '../../lib/history/history.js';
import { recordOf } from './persistence/support/records.js';

const versionsOf = (history: History) => history.records.map(({ version }) => version);

describe('A version that is held', () => {
  /** A history that keeps two versions, with the versions 1 to `count`. */
  function filled(history: History, count: number): History {
    history.load(Array.from({ length: count }, (_, index) => recordOf(index + 1, {})));
    return history;
  }

  it('is kept in addition to the newest ones, and removed when it is released', () => {
    const history = new History(2, () => false);
    const release = history.hold(2);
    filled(history, 5);
    expect(versionsOf(history)).toEqual([2, 4, 5]);
    release();
    expect(versionsOf(history)).toEqual([4, 5]);
  });

  it('is kept until its last holder has released it, each of them once', () => {
    const history = new History(2, () => false);
    const [first, second] = [history.hold(1), history.hold(1)];
    filled(history, 4);
    first();
    first();
    expect(versionsOf(history)).toEqual([1, 3, 4]);
    second();
    expect(versionsOf(history)).toEqual([3, 4]);
  });

  it('stays after the release while it is pinned, or one of the newest', () => {
    const history = new History(2, (version) => version === 1);
    const releases = [history.hold(1), history.hold(4)];
    filled(history, 4);
    for (const release of releases) release();
    expect(versionsOf(history)).toEqual([1, 3, 4]);
  });
});
