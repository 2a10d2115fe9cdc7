import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

/** Runs a program to its end, while the watcher goes on. */
export const run = promisify(execFile);

/**
 * Runs a program on a terminal, types into it when its screen matches `ready`, and waits until it ends. The terminal
 * is created by `script` of util-linux.
 */
export function typeInto(command: string, ready: RegExp, keys: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const terminal = spawn('script', ['-qec', command, '/dev/null'], {
      env: { ...process.env, TERM: 'xterm' },
    });
    let screen = '';
    let typed = false;
    terminal.stdout.on('data', (chunk: Buffer) => {
      screen += chunk.toString('utf8');
      if (typed || !ready.test(screen)) return;
      typed = true;
      terminal.stdin.write(keys);
    });
    terminal.on('error', reject);
    terminal.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}: ${screen}`)),
    );
  });
}
