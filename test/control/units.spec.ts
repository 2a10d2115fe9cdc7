import { chmodSync, chownSync, mkdirSync, symlinkSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ControlError, failureOf } from '../../lib/control/control.error.js';
import { Peer } from '../../lib/control/peer.js';
import { plainText, visibleText } from '../../lib/util/printable-text.js';
import { keysOf, responseValue } from '../../lib/control/response-value.js';
import { SecretPolicy } from '../../lib/secrets/secret-policy.js';
import {
  isTrusted,
  prepareDirectory,
  searchedDirectories,
  socketDirectories,
} from '../../lib/control/socket-directory.js';
import { writeMessage } from '../../lib/control/write-message.js';
import { ConfigOptionsError } from '../../lib/errors/config.errors.js';
import { TempFolder } from '../support/temp-folder.js';

const uid = process.getuid!();

afterEach(() => void vi.unstubAllEnvs());

const SECRETS = new SecretPolicy();

describe('A value that leaves the process', () => {
  it('is what JSON knows, whatever it was', () => {
    class Money {
      constructor(private readonly cents: bigint) {}
      toJSON() {
        return `${this.cents} ct`;
      }
    }
    const value = {
      date: new Date(0),
      url: new URL('https://ann:pa55@host/a'),
      map: new Map([['a', 1]]),
      set: new Set([1, 'b']),
      big: 10n,
      pattern: /a+/,
      fn: function later() {},
      none: null,
      members: [{ password: 'x' }],
      money: Object.assign(Object.create(Money.prototype) as Money, {}),
    };
    expect(JSON.parse(JSON.stringify(responseValue(SECRETS.root, value)))).toMatchObject({
      date: '1970-01-01T00:00:00.000Z',
      url: 'https://[hidden]@host/a',
      map: { a: 1 },
      set: [1, 'b'],
      big: '10',
      pattern: '/a+/',
      fn: '[function later]',
      none: null,
      members: [{ password: '[hidden]' }],
    });
  });

  it('is hidden below a secret, and in a key that holds dots', () => {
    expect(responseValue(SECRETS.scopeAt(keysOf('secrets.github')), 'x')).toBe('[hidden]');
    expect(responseValue(SECRETS.scopeAt(keysOf("modules['api.key']")), { a: 1 })).toBe('[hidden]');
    expect(responseValue(SECRETS.scopeAt(keysOf('a..token')), 'x')).toBe('[hidden]');
    expect(responseValue(SECRETS.root, undefined)).toBeUndefined();
  });

  it('cannot bring a key of objects with it', () => {
    const shown = responseValue(SECRETS.root, JSON.parse('{"__proto__":{"polluted":1}}')) as object;
    expect(Object.getPrototypeOf(shown)).toBeNull();
    expect(JSON.stringify(shown)).toBe('{"__proto__":{"polluted":1}}');
  });
});

describe('A text of somebody else', () => {
  it('has one line, no signs that a terminal obeys, and an end', () => {
    expect(plainText('a\r\n\u001b[2Jb\u2028c ', 20)).toBe('a [2Jb c');
    expect(plainText('abcdef', 4)).toBe('abc…');
    expect(visibleText('a\nb\u001b\t\u2066')).toBe('a\nb\\u001b\\u0009\\u2066');
  });
});

describe('A message that is too long', () => {
  it('is replaced by an error, for its request or for all', async () => {
    const stream = new PassThrough();
    writeMessage(stream, { id: 7, result: 'x'.repeat(200) }, 100);
    writeMessage(stream, { bye: 'x'.repeat(200) }, 100);
    stream.end();
    expect(() => writeMessage(stream, { bye: '' }, 100)).not.toThrow();
    const [first, second, ...more] = (await text(stream))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(first).toMatchObject({ id: 7, error: { code: 'ANSWER_TOO_LARGE' } });
    expect(second).toMatchObject({ error: { code: 'ANSWER_TOO_LARGE' } });
    expect(more).toEqual([]);
  });
});

describe('The directory of sockets', () => {
  it('is what is named, else the runtime directory of the user, else one in the folder for temporary files', () => {
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

  it('is looked for where other environments put it', () => {
    expect(searchedDirectories({ HOT_CONFIG_SOCKET_DIR: '/a' })).toEqual(['/a']);
    expect(searchedDirectories({})).toContain(`/run/user/${uid}/hot-config`);
    expect(new Set(searchedDirectories({})).size).toBe(searchedDirectories({}).length);
  });

  it.runIf(uid === 0)('is looked for in those of all users, by root', () => {
    const folder = new TempFolder();
    vi.stubEnv('TMPDIR', folder.path);
    mkdirSync(folder.file('hot-config-4711'));
    mkdirSync(folder.file('hot-config-else'));
    expect(searchedDirectories({})).toContain(folder.file('hot-config-4711'));
    expect(searchedDirectories({})).not.toContain(folder.file('hot-config-else'));
  });

  it('is not trusted as a link, or where it is not', () => {
    const folder = new TempFolder();
    symlinkSync(folder.path, folder.file('link'));
    expect(isTrusted(folder.path)).toBe(true);
    expect(isTrusted(folder.file('link'))).toBe(false);
    expect(isTrusted(folder.file('none'))).toBe(false);
  });

  it('is not trusted where others may write', () => {
    const folder = new TempFolder();
    chmodSync(folder.path, 0o770);
    expect(isTrusted(folder.path)).toBe(false);
    chmodSync(folder.path, 0o707);
    expect(isTrusted(folder.path)).toBe(false);
  });

  it.runIf(uid === 0)('is not used where it is somebody else’s, and the error says whose', () => {
    const folder = new TempFolder();
    chownSync(folder.path, 4711, 4711);
    expect(() => prepareDirectory(folder.path)).toThrow(
      `cannot use ${folder.path}: it belongs to the user 4711, and the app runs as 0`,
    );
  });
});

describe('What a client is told of an error', () => {
  it('is its code and its message where it is for people, and never its stack', () => {
    expect(failureOf(new ControlError('BUSY', 'too much'))).toEqual({ code: 'BUSY', message: 'too much' });
    expect(failureOf(new ConfigOptionsError('wrong'))).toEqual({ code: 'CONFIG_OPTIONS', message: 'wrong' });
    expect(failureOf(new TypeError('x is not a function'))).toEqual({
      code: 'FAILED',
      message: 'x is not a function',
    });
    expect(failureOf(undefined)).toMatchObject({ code: 'FAILED' });
  });
});

describe('A client that introduces itself', () => {
  it('is somebody where it says nothing that is a name, or a process', () => {
    const peer = new Peer({ via: 'http' });
    peer.introduce({ user: 7, pid: 'x' });
    expect(peer.description).toBe('somebody (with the token, as told)');
    peer.introduce({ user: '\u001b[2J', pid: 12 });
    expect(peer.description).toBe('2J (with the token, as told), pid 12 as told');
    peer.introduce({ user: ' ()' });
    expect(peer.actor).toBe('somebody (with the token, as told)');
  });

  it('is no user whom it shows by anything but a file', () => {
    const folder = new TempFolder();
    mkdirSync(folder.file('proof'));
    const peer = new Peer({ via: 'socket', proof: folder.file('proof') });
    peer.introduce({ user: 'ann' });
    expect(peer.actor).toBe('ann (as told)');
  });
});
