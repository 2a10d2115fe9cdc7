import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openStore, recordOf, save, versionFiles } from '../history/persistence/support/records.js';
import { ChildApp } from '../support/child-app.js';
import { isMissing } from '../support/programs.js';
import { TempFolder } from '../support/temp-folder.js';

const asRoot = process.getuid?.() === 0 ? '' : '--map-root-user';
/** `true` if this process may mount a file system. Containers often forbid it. */
const canMount =
  spawnSync(`unshare --mount ${asRoot} mount -t tmpfs tmpfs /mnt`, { shell: true }).status === 0;

async function run(fault: string): Promise<unknown> {
  const app = await ChildApp.run('failing-disk', new TempFolder().path, { FAULT: fault });
  expect(await app.ended, app.stderr).toBe(0);
  return JSON.parse(app.stdout);
}

/** Versions 2 and 3 wait in memory and are written with 4. There is one warning, and one message about the recovery. */
function expected(why: string) {
  return {
    during: {
      failing: true,
      onDisk: [1],
      log: [expect.stringContaining(`/history: ${why}. They are kept in memory only`)],
    },
    'opened during': [1],
    after: { failing: false, onDisk: [1, 2, 3, 4], log: [expect.stringContaining('again')] },
    'opened after': [1, 2, 3, 4],
  };
}

// If mounting is forbidden, a similar failure that needs no mount replaces the failure.
describe('A disk', () => {
  it.skipIf(isMissing('unshare', 'mount', 'prlimit'))(
    'that is full (or, without mounts, writes only half of a file)',
    async () => {
      const [fault, why] = canMount
        ? ['full', 'the disk is full (ENOSPC)']
        : ['limited', 'EFBIG: file too large, write'];
      expect(await run(fault!)).toEqual(expected(why!));
    },
  );

  it.skipIf(isMissing('unshare', 'mount'))(
    'that is read-only (or, without mounts, may not be written to)',
    async () => {
      const [fault, why] = canMount
        ? ['read-only', 'the disk is read-only (EROFS)']
        : ['forbidden', 'the process has no permission to write there (EACCES)'];
      expect(await run(fault!)).toEqual(expected(why!));
    },
  );

  it('that may not be written to', async () => {
    expect(await run('forbidden')).toEqual(expected('the process has no permission to write there (EACCES)'));
  });

  describe('that works again', () => {
    afterEach(() => vi.useRealTimers());

    it('is noticed without a further version', async () => {
      const folder = new TempFolder();
      folder.write('history', 'a file in the way');
      const dir = folder.file('history');
      const { store, log } = await openStore(dir);
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      await save(store, recordOf(1, { n: 1 }), recordOf(2, { n: 2 }));
      vi.advanceTimersByTime(5_000);
      await store.idle();
      expect(store.status()).toEqual({ versionsOnDisk: { dir, failing: true, since: expect.any(Date) } });
      rmSync(dir);
      vi.advanceTimersByTime(5_000);
      await store.idle();
      expect(store.status()).toEqual({ versionsOnDisk: { dir, failing: false } });
      expect(versionFiles(dir)).toHaveLength(2);
      expect(log.filter((line) => line.includes('cannot be written'))).toHaveLength(1);
    });

    it('gets the waiting versions when the app closes', async () => {
      const folder = new TempFolder();
      folder.write('history', 'a file in the way');
      const dir = folder.file('history');
      const { store } = await openStore(dir);
      await save(store, recordOf(1, { n: 1 }));
      rmSync(dir);
      await store.close();
      expect(versionFiles(dir)).toHaveLength(1);
    });
  });

  it('that never works is logged once more at the end, with the versions that are lost', async () => {
    const folder = new TempFolder();
    folder.write('history', 'a file in the way');
    const { store, log } = await openStore(folder.file('history'), { max: 3 });
    for (let n = 1; n <= 50; n += 1) store.save(recordOf(n, { n }));
    await store.close();
    expect(log.at(-1)).toMatch(/^3 versions were not written to /);
  });
});
