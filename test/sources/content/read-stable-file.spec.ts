import * as nodeFileSystem from 'node:fs/promises';
import { appendFileSync, renameSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ReadError, toReadError } from '../../../lib/sources/content/read-error.js';
import { readStableFile, type FileSystem } from '../../../lib/sources/content/read-stable-file.js';
import { useWorkspace, write } from '../support/workspace.js';

/** The real file system, with something happening right after a file was opened. */
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

  it('gives the bytes of a file and a stamp of its state', async () => {
    write('a', 'one');
    const first = await readStableFile('a', 100);
    expect(first.bytes.toString()).toBe('one');
    expect((await readStableFile('a', 100)).stamp).toBe(first.stamp);
    write('a', 'other');
    expect((await readStableFile('a', 100)).stamp).not.toBe(first.stamp);
  });

  it('reads a file again that was replaced meanwhile', async () => {
    write('a', 'old content');
    const replacing = whenOpened((opened) => {
      if (opened > 1) return;
      write('b', 'new');
      renameSync('b', 'a');
    });
    expect((await readStableFile('a', 100, replacing)).bytes.toString()).toBe('new');
  });

  it('reads a file again that grew meanwhile', async () => {
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
    expect((await readStableFile('a', 100, growing)).bytes.toString()).toBe('one two');
  });

  it('gives up on a file that changes all the time, for the moment', async () => {
    write('a', 'x');
    let size = 0;
    const writer = whenOpened((opened) => {
      size = opened;
      write('b', 'x'.repeat(opened));
      renameSync('b', 'a');
    });
    const failure = await failureOf(readStableFile('a', 100, writer));
    expect(failure).toMatchObject({ code: 'UNSTABLE', isTransient: true });
    expect(size).toBe(3);
  });

  it('takes a file that vanishes between two looks for missing', async () => {
    write('a', 'x');
    const removing = whenOpened(() => renameSync('a', 'gone'));
    expect(await failureOf(readStableFile('a', 100, removing))).toMatchObject({
      isMissing: true,
      isTransient: true,
    });
  });

  it('refuses a file above the limit before it reads it', async () => {
    write('a', 'x'.repeat(11));
    const failure = await failureOf(readStableFile('a', 10));
    expect(failure.message).toBe('is too large: 11 bytes, where 10 are allowed (limit maxFileSize)');
    expect(failure.isTransient).toBe(false);
  });

  it('leaves no descriptor open, whatever happens', async () => {
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
    expect((await failureOf(readStableFile('a', 100, broken))).message).toBe('cannot be read: EIO: i/o error');
    expect(handles.map(({ fd }) => fd)).toEqual([-1]);
    expect(statSync('a').size).toBe(1);
  });
});

describe('toReadError', () => {
  it.each(['EMFILE', 'ENFILE', 'EBUSY', 'ESTALE'])('expects %s to pass', (code) => {
    expect(toReadError(Object.assign(new Error(code), { code }))).toMatchObject({ code, isTransient: true });
  });

  it('gives an error it does not know in its own words', () => {
    expect(toReadError(new Error('odd'))).toMatchObject({
      message: 'cannot be read: odd',
      code: 'UNKNOWN',
      isTransient: false,
    });
  });
});
