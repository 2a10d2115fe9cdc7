import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { directory } from '../../lib/sources/directory.source.js';
import { file } from '../../lib/sources/file.source.js';
import { failureOf, load } from '../sources/support/loading.js';
import { useWorkspace, write } from '../sources/support/workspace.js';
import { makePipe } from '../support/named-pipe.js';
import { isMissing } from '../support/programs.js';

/** Runs as a user without special rights: root may read every file. */
async function unprivileged<T>(run: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return run();
  chmodSync('.', 0o755);
  process.seteuid?.(65_534);
  try {
    return await run();
  } finally {
    process.seteuid?.(0);
  }
}

describe('A file source among hostile files', () => {
  useWorkspace();

  it('reports a file that it may not read', async () => {
    write('a.yaml', 'a: 1');
    chmodSync('a.yaml', 0);
    const failure = await unprivileged(() => failureOf(file('a.yaml')));
    expect(failure.revision).toBe('EACCES');
    expect(failure.message).toBe(
      'a.yaml could not be read\n  a.yaml  may not be read by this process; give its user permission to read it',
    );
  });

  it('reports a directory that it may not enter', async () => {
    write('closed/a.yaml', 'a: 1');
    chmodSync('closed', 0);
    expect((await unprivileged(() => failureOf(file('closed/a.yaml', { optional: true })))).revision).toBe(
      'EACCES',
    );
    chmodSync('closed', 0o700);
  });

  it('reports a directory in place of a file', async () => {
    mkdirSync('a.yaml');
    const failure = await failureOf(file('a.yaml'), { final: false });
    expect(failure).toMatchObject({ revision: 'EISDIR', transient: false });
    expect(failure.message).toContain('is a directory, not a file; use directory() for it');
  });

  it('reports a file in place of a directory', async () => {
    write('a', 'x');
    expect((await failureOf(file('a/b.yaml'))).message).toContain('a part of its path is a file');
  });

  it('reports a link to itself', async () => {
    symlinkSync('b.yaml', 'a.yaml');
    symlinkSync('a.yaml', 'b.yaml');
    expect((await failureOf(file('a.yaml'))).message).toContain('symbolic link that leads back to itself');
  });

  it('treats a broken link as a missing file', async () => {
    symlinkSync('nowhere.yaml', 'a.yaml');
    expect((await failureOf(file('a.yaml'))).message).toContain('does not exist');
    expect((await load(file('a.yaml', { optional: true }))).tree).toEqual({});
  });

  it('reports a path that is too long', async () => {
    const name = `${'x'.repeat(300)}.yaml`;
    expect((await failureOf(file(name))).message).toContain('longer than the system allows');
  });

  it.skipIf(isMissing('mkfifo'))('never waits for a named pipe', async () => {
    makePipe('a.yaml');
    const failure = await failureOf(file('a.yaml'));
    expect(failure.message).toContain('is a named pipe, not a file');
  });

  it('never reads a device', async () => {
    expect((await failureOf(file('/dev/zero', { format: 'yaml' }))).message).toContain('is a device');
  });

  it('never connects to a socket', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen('./a.yaml', resolve));
    expect((await failureOf(file('a.yaml'))).message).toContain('is a socket');
    await new Promise((resolve) => server.close(resolve));
  });

  it.skipIf(isMissing('mkfifo'))(
    'has a different revision for each kind of object in place of a file',
    async () => {
      makePipe('a.yaml');
      const pipe = await failureOf(file('a.yaml'));
      rmSync('a.yaml');
      symlinkSync('/dev/zero', 'a.yaml');
      const device = await failureOf(file('a.yaml'));
      expect(device.message).toContain('is a device');
      expect(device.revision).not.toBe(pipe.revision);
    },
  );

  it('rejects a path that no file can have', async () => {
    expect((await failureOf(file('a\0.yaml'))).issues[0]?.message).toMatch(/^cannot be read/);
  });
});

describe('A directory source among hostile files', () => {
  useWorkspace();

  it.skipIf(isMissing('mkfifo'))('reports each file that it cannot read, and nothing else', async () => {
    write('m/good.json', '1');
    write('m/closed.json', '1');
    chmodSync('m/closed.json', 0);
    symlinkSync('self.json', 'm/self.json');
    symlinkSync('nowhere', 'm/dangling.json');
    makePipe('m/pipe.json');
    const { issues } = await unprivileged(() => failureOf(directory('m', { mount: 'mods' })));
    expect(issues.map(({ path, origin }) => [path, origin?.file])).toEqual([
      ['mods.closed', 'm/closed.json'],
      ['mods.dangling', 'm/dangling.json'],
      ['mods.pipe', 'm/pipe.json'],
      ['mods.self', 'm/self.json'],
    ]);
  });

  it('reports a sub-directory that it may not enter, even if the source is optional', async () => {
    write('m/closed/a.json', '1');
    chmodSync('m/closed', 0);
    const failure = await unprivileged(() => failureOf(directory('m', { optional: true })));
    expect(failure.message).toContain(
      'contains the directory closed, which cannot be read: it may not be read by this process',
    );
    chmodSync('m/closed', 0o700);
  });
});
