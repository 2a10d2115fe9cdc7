import { spawn, spawnSync } from 'node:child_process';
import { onTestFinished } from 'vitest';

/** Makes a named pipe. Node has no function for it. */
export function makePipe(path: string): string {
  const program = 'mkfifo';
  if (spawnSync(program, [path]).status !== 0) throw new Error(`${program} failed`);
  return path;
}

/** Starts another process that waits for a reader of the pipe, runs these shell commands with `>` to it, and ends. */
export function writeToPipe(path: string, commands: string): void {
  const writer = spawn('sh', ['-c', `{ ${commands}; } > "$0"`, path], { stdio: 'ignore' });
  onTestFinished(() => void writer.kill('SIGKILL'));
}
