import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cli } from '../support/cli.js';
import { TempFolder } from '../support/temp-folder.js';

/** A user without an account. */
const OTHER = 4711;

/**
 * Listens in the directory like an app, and asks each client for a file as a proof of its user, as an earlier version did.
 * Replaces the directory by a link to another one as soon as a client has connected.
 */
const HOSTILE_APP = `
  const { renameSync, symlinkSync } = require('node:fs');
  const [, dir, victim, proof] = process.argv;
  const app = { name: 'odd', id: 'odd-1', pid: 1, cwd: '/', startedAt: '', node: '', version: '9.9.9' };
  const server = require('node:net').createServer((socket) => {
    socket.on('error', () => {});
    if (!server.isMoved) {
      server.isMoved = true;
      renameSync(dir, dir + '-moved');
      symlinkSync(victim, dir);
    }
    socket.write(JSON.stringify({ hello: { protocol: 1, app, proof } }) + '\\n');
    socket.on('data', (text) => {
      for (const line of String(text).trim().split('\\n'))
        socket.write(JSON.stringify({ id: JSON.parse(line).id, result: { watching: true } }) + '\\n');
    });
  });
  server.listen(dir + '/odd-1.sock', () => process.stdout.write('listening'));
`;

/** Leaves a socket on which nobody listens. */
async function makeStaleSocket(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  renameSync(path, `${path}.kept`);
  await new Promise((resolve) => server.close(resolve));
  renameSync(`${path}.kept`, path);
}

describe('The command, run by root against the app of another user', () => {
  it
    .runIf(process.getuid?.() === 0)
    .each([`.who-${'0123456789abcdef'.repeat(2)}`, '.who-1', 'evil', '../evil', '/tmp/hot-config-evil'])(
    'creates and removes no file, although the app asks for %s',
    async (proof) => {
      const [folder, victim] = [new TempFolder(), new TempFolder()];
      const directory = folder.file('run');
      mkdirSync(directory, { mode: 0o700 });
      for (const path of [folder.path, directory]) chownSync(path, OTHER, OTHER);
      await makeStaleSocket(victim.file('gone-1.sock'));
      await makeStaleSocket(`${directory}/gone-1.sock`);
      const app = spawn(process.execPath, ['-e', HOSTILE_APP, directory, victim.path, proof], {
        uid: OTHER,
        gid: OTHER,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      onTestFinished(() => void app.kill('SIGKILL'));
      await once(app.stdout, 'data');
      expect(
        await cli(['--socket-dir', directory, '--app', 'odd', 'enable', '--timeout', '5s']),
      ).toMatchObject({
        code: 0,
        stdout: 'Sources are watched.\n',
      });
      expect(readdirSync(victim.path)).toEqual(['gone-1.sock']);
      expect(readdirSync(`${directory}-moved`).sort()).toEqual(['gone-1.sock', 'odd-1.sock']);
      expect(readdirSync(folder.path).sort()).toEqual(['run', 'run-moved']);
    },
  );
});
