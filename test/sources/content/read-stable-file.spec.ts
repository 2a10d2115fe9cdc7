import * as nodeFileSystem from 'node:fs/promises';
import { appendFileSync, renameSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ReadError, toReadError } from '../../../lib/sources/content/read-error.js';
import { readStableFile, type FileSystem } from '../../../lib/sources/content/read-stable-file.js';
import { useWorkspace, write } from '../support/workspace.js';

/** The real file system, with a callback after each file is opened. */
function whenOpened(happens: (opened: number) => void): FileSystem {
  let opened = 0;
  return {
    stat: nodeFileSystem.stat,
    open: async (...args) => {
      const file = await nodeFileSystem.open(...args);
      opened += 1;
      happens(opened);
      return file;
    },
  };
}

async function failureOf(reading: Promise<unknown>): Promise<ReadError> {
  const outcome = await reading.catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(ReadError);
  return outcome as ReadError;
}

describe('readStableFile', () => {
  useWorkspace();

  it('returns the bytes of a file and its stamp', async () => {
    write('a', 'one');
    const first = await readStableFile('a', 100);
    expect(first.bytes.toString()).toBe('one');
    expect((await readStableFile('a', 100)).stamp).toBe(first.stamp);
    write('a', 'other');
    expect((await readStableFile('a', 100)).stamp).not.toBe(first.stamp);
  });

  it('reads a file again if it was replaced meanwhile', async () => {
    write('a', 'old content');
    const replacing = whenOpened((opened) => {
      if (opened > 1) return;
      write('b', 'new');
      renameSync('b', 'a');
    });
    expect((await readStableFile('a', 100, undefined, replacing)).bytes.toString()).toBe('new');
  });

  it('reads a file again if it grew meanwhile', async () => {
    write('a', 'one');
    let wroteOnce = false;
    const growing: FileSystem = {
      stat: nodeFileSystem.stat,
      open: async (...args) => {
        const file = await nodeFileSystem.open(...args);
        const stat = file.stat.bind(file);
        file.stat = (async (options: { bigint: true }) => {
          const stats = await stat(options);
          if (!wroteOnce) appendFileSync('a', ' two');
          wroteOnce = true;
          return stats;
        }) as typeof file.stat;
        return file;
      },
    };
    expect((await readStableFile('a', 100, undefined, growing)).bytes.toString()).toBe('one two');
  });

  it('reports a file that changes during each attempt as a transient error', async () => {
    write('a', 'x');
    let size = 0;
    const writer = whenOpened((opened) => {
      size = opened;
      write('b', 'x'.repeat(opened));
      renameSync('b', 'a');
    });
    const failure = await failureOf(readStableFile('a', 100, undefined, writer));
    expect(failure).toMatchObject({ code: 'UNSTABLE', isTransient: true });
    expect(size).toBe(3);
  });

  it('reports a file that is removed during the read as missing', async () => {
    write('a', 'x');
    const removing = whenOpened(() => renameSync('a', 'gone'));
    expect(await failureOf(readStableFile('a', 100, undefined, removing))).toMatchObject({
      isMissing: true,
      isTransient: true,
    });
  });

  it('rejects a file above the size limit before reading it', async () => {
    write('a', 'x'.repeat(11));
    const failure = await failureOf(readStableFile('a', 10));
    expect(failure.message).toBe(
      'has 11 bytes, more than the allowed 10 (limit maxFileSize); shorten it or raise the limit',
    );
    expect(failure.isTransient).toBe(false);
  });

  it('closes its file descriptor after an error', async () => {
    write('a', 'x');
    const handles: nodeFileSystem.FileHandle[] = [];
    const broken: FileSystem = {
      stat: nodeFileSystem.stat,
      open: async (...args) => {
        const file = await nodeFileSystem.open(...args);
        handles.push(file);
        file.read = () => Promise.reject(Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }));
        return file;
      },
    };
    expect((await failureOf(readStableFile('a', 100, undefined, broken))).message).toBe(
      'cannot be read: EIO: i/o error',
    );
    expect(handles.map(({ fd }) => fd)).toEqual([-1]);
    expect(statSync('a').size).toBe(1);
  });
});

describe('toReadError', () => {
  it.each(['EMFILE', 'ENFILE', 'EBUSY', 'ESTALE'])('reports %s as transient', (code) => {
    expect(toReadError(Object.assign(new Error(code), { code }))).toMatchObject({ code, isTransient: true });
  });

  it('keeps the message of an unknown error', () => {
    expect(toReadError(new Error('odd'))).toMatchObject({
      message: 'cannot be read: odd',
      code: 'UNKNOWN',
      isTransient: false,
    });
  });
});
