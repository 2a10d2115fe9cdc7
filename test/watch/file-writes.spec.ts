import { describe, expect, it } from 'vitest';
import { FileWrites } from '../../lib/watch/file-writes.js';

describe('The writes of files', () => {
  it('are those that the running watcher sees; their count never decreases', () => {
    const writes = new FileWrites();
    expect({ started: writes.started, inProgress: writes.inProgress }).toEqual({
      started: 0,
      inProgress: false,
    });
    const activity = { started: 0, inProgress: false };
    writes.follow({ writeActivity: activity });
    Object.assign(activity, { started: 3, inProgress: true });
    expect({ started: writes.started, inProgress: writes.inProgress }).toEqual({
      started: 3,
      inProgress: true,
    });
    writes.follow(undefined);
    expect({ started: writes.started, inProgress: writes.inProgress }).toEqual({
      started: 3,
      inProgress: false,
    });
    writes.follow({ writeActivity: { started: 1, inProgress: false } });
    expect(writes.started).toBe(4);
  });
});
