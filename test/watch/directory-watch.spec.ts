import { afterEach, describe, expect, it, vi } from 'vitest';
import { DirectoryWatch } from '../../lib/watch/directory-watch.js';
import { TempFolder } from '../support/temp-folder.js';

const EVENTS = '../../lib/watch/directory-events.js';

describe('The watch of a directory', () => {
  afterEach(() => {
    vi.doUnmock(EVENTS);
  });

  it('fails if chokidar cannot be loaded, as for a directory that cannot be watched, which is polled', async () => {
    vi.doMock(EVENTS, () => {
      throw new Error('chokidar is gone');
    });
    const errors: Error[] = [];
    const watch = new DirectoryWatch(
      new TempFolder().path,
      'identity',
      () => undefined,
      (error) => errors.push(error),
    );
    await watch.ready;
    expect(errors).toHaveLength(1);
    await watch.close();
  });
});
