import { chmodSync, chownSync, mkdirSync, symlinkSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  isTrusted,
  prepareDirectory,
  searchedDirectories,
  socketDirectories,
} from '../../lib/control/socket-directory.js';
import { TempFolder } from '../support/temp-folder.js';

const uid = process.getuid!();

afterEach(() => void vi.unstubAllEnvs());

describe('The socket directory', () => {
  it('is the configured one, else the runtime directory of the user, else one in the folder for temporary files', () => {
    const folder = new TempFolder();
    expect(socketDirectories({ HOT_CONFIG_SOCKET_DIR: folder.path, XDG_RUNTIME_DIR: '/run/user/1' })).toEqual(
      [folder.path],
    );
    expect(socketDirectories({ XDG_RUNTIME_DIR: folder.path })[0]).toBe(folder.file('hot-config'));
    expect(socketDirectories({ XDG_RUNTIME_DIR: folder.file('none') })[0]).toMatch(
      new RegExp(`/hot-config-${uid}$`),
    );
    expect(socketDirectories({}).at(-1)).toBe(`/tmp/hot-config-${uid}`);
  });

  it('is searched for where apps with another environment put it', () => {
    expect(searchedDirectories({ HOT_CONFIG_SOCKET_DIR: '/a' })).toEqual(['/a']);
    expect(searchedDirectories({})).toContain(`/run/user/${uid}/hot-config`);
    expect(new Set(searchedDirectories({})).size).toBe(searchedDirectories({}).length);
  });

  it.runIf(uid === 0)('is searched for among those of all users by root', () => {
    const folder = new TempFolder();
    vi.stubEnv('TMPDIR', folder.path);
    mkdirSync(folder.file('hot-config-4711'));
    mkdirSync(folder.file('hot-config-else'));
    expect(searchedDirectories({})).toContain(folder.file('hot-config-4711'));
    expect(searchedDirectories({})).not.toContain(folder.file('hot-config-else'));
  });

  it('is not trusted if it is a link or does not exist', () => {
    const folder = new TempFolder();
    symlinkSync(folder.path, folder.file('link'));
    expect(isTrusted(folder.path)).toBe(true);
    expect(isTrusted(folder.file('link'))).toBe(false);
    expect(isTrusted(folder.file('none'))).toBe(false);
  });

  it('is not trusted if other users can write to it', () => {
    const folder = new TempFolder();
    chmodSync(folder.path, 0o770);
    expect(isTrusted(folder.path)).toBe(false);
    chmodSync(folder.path, 0o707);
    expect(isTrusted(folder.path)).toBe(false);
  });

  it.runIf(uid === 0)('is not used if it belongs to another user, and the error has the owner', () => {
    const folder = new TempFolder();
    chownSync(folder.path, 4711, 4711);
    expect(() => prepareDirectory(folder.path)).toThrow(
      `cannot use ${folder.path}: it belongs to user 4711, but the app runs as user 0`,
    );
  });
});
