import { describe, expect, it, vi } from 'vitest';
import { FileWrites, ObservedWrites } from '../../lib/watch/file-writes.js';
import type { WriteActivity } from '../../lib/watch/settle-tracker.js';

const NO_ACTIVITY: WriteActivity = {
  started: 0,
  inProgress: false,
  patience: 5_000,
  startReading: () => undefined,
};

describe('The writes of files', () => {
  it('are those that the running watcher sees; their count never decreases', () => {
    const writes = new FileWrites(5_000);
    expect({ started: writes.started, inProgress: writes.inProgress }).toEqual({
      started: 0,
      inProgress: false,
    });
    const activity = { ...NO_ACTIVITY };
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
    writes.follow({ writeActivity: { ...NO_ACTIVITY, started: 1 } });
    expect(writes.started).toBe(4);
  });

  it('may be waited for as long as the running watcher says', () => {
    const writes = new FileWrites(5_000);
    expect(writes.patience).toBe(5_000);
    writes.follow({ writeActivity: { ...NO_ACTIVITY, patience: 70 } });
    expect(writes.patience).toBe(70);
    writes.follow(undefined);
    expect(writes.patience).toBe(5_000);
  });

  it('are read by a reload, but not by one that leaves no trace', () => {
    const writes = new FileWrites(5_000);
    const startReading = vi.fn<() => void>();
    writes.follow({ writeActivity: { ...NO_ACTIVITY, startReading } });
    new ObservedWrites(writes).startReading();
    expect(startReading).not.toHaveBeenCalled();
    writes.startReading();
    expect(startReading).toHaveBeenCalledOnce();
  });
});
