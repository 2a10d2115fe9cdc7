import { rmSync, symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { NamedPipes } from '../../../lib/sources/content/named-pipes.js';
import { makePipe, writeToPipe } from '../../support/named-pipe.js';
import { isMissing } from '../../support/programs.js';
import { TempFolder } from '../../support/temp-folder.js';

const LARGE = 1_000_000;

describe.skipIf(isMissing('mkfifo'))('The content of a named pipe', () => {
  const pipeIn = (folder = new TempFolder()) => makePipe(folder.file('.env'));
  const patient = () => new NamedPipes({ writer: 20_000, end: 20_000 });

  it.each(['read', 'readNow'] as const)('is read once, and kept, by %s()', async (how) => {
    const pipes = patient();
    const path = pipeIn();
    writeToPipe(path, 'printf "A=1\\n"; sleep 0.1; printf "B=2\\n"');
    expect(String(await pipes[how](path, LARGE))).toBe('A=1\nB=2\n');
    expect(String(await pipes.read(path, LARGE))).toBe('A=1\nB=2\n');
    rmSync(path);
    expect(String(await pipes.read(path, LARGE))).toBe('A=1\nB=2\n');
  });

  it('may be larger than what a pipe holds', async () => {
    const path = pipeIn();
    writeToPipe(path, 'head -c 500000 /dev/zero');
    expect(await patient().read(path, LARGE)).toHaveLength(500_000);
  });

  it('is read through a link', async () => {
    const folder = new TempFolder();
    symlinkSync(pipeIn(folder), folder.file('link'));
    writeToPipe(folder.file('link'), 'echo A=1');
    expect(String(await patient().read(folder.file('link'), LARGE))).toBe('A=1\n');
  });

  it('is not that of a file which is there now', async () => {
    const pipes = patient();
    const folder = new TempFolder();
    const path = pipeIn(folder);
    writeToPipe(path, 'echo A=1');
    await pipes.read(path, LARGE);
    folder.replace('.env', 'A=2');
    expect(await pipes.read(path, LARGE)).toBeUndefined();
  });

  it.each(['read', 'readNow'] as const)('is waited for in bounded time by %s()', async (how) => {
    const pipes = new NamedPipes({ writer: 30, end: 60 });
    const path = pipeIn();
    const read = async () => pipes[how](path, LARGE);
    await expect(read()).rejects.toThrow(
      'is a named pipe, and no program has written to it within 30 ms; start that program before the app',
    );
  });

  it('must end in bounded time', async () => {
    const pipes = new NamedPipes({ writer: 20_000, end: 300 });
    const path = pipeIn();
    writeToPipe(path, 'echo A=1; sleep 60');
    await expect(pipes.read(path, LARGE)).rejects.toThrow('has not closed it within 300 ms');
  });

  it('has the limit of a file, also if it never ends', async () => {
    const path = pipeIn();
    writeToPipe(path, 'yes');
    await expect(patient().read(path, LARGE)).rejects.toThrow('limit maxFileSize');
  });

  it('is no longer waited for when the app shuts down', async () => {
    const controller = new AbortController();
    const reading = patient().read(pipeIn(), LARGE, controller.signal);
    controller.abort(new Error('the app is shutting down'));
    await expect(reading).rejects.toThrow('the app is shutting down');
  });

  it('is not waited for twice after readNow() has failed', async () => {
    const pipes = new NamedPipes({ writer: 30, end: 60 });
    const path = pipeIn();
    expect(() => pipes.readNow(path, LARGE)).toThrow('is a named pipe');
    rmSync(path);
    makePipe(path);
    await expect(pipes.read(path, LARGE)).rejects.toThrow('is a named pipe');
    writeToPipe(path, 'echo A=1');
    await expect(patient().read(path, LARGE)).resolves.toHaveLength(4);
  });

  it.each(['/dev/stdin', '/dev/zero', '/dev/fd/0', '/nowhere', '/tmp'])('is not that of %s', async (path) => {
    expect(await patient().read(path, LARGE)).toBeUndefined();
  });
});
