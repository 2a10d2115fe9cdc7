#!/usr/bin/env node
import { reasonOf } from '../util/reason-of.js';
import { ExitCode } from './errors/exit-code.js';
import { runCli } from './run-cli.js';

process.stdout.on('error', exitWithoutOutput);
// Without stderr, the exit code still has the result.
process.stderr.on('error', () => undefined);

void runCli(process.argv.slice(2), process).then((code) => {
  process.exitCode = code;
  // Code of an app that a command has loaded may have left connections and timers, which would keep the process alive.
  process.stdout.write('', (error) => {
    // If the output failed just now, this runs before the 'error' event.
    if (error) exitWithoutOutput(error);
    process.stderr.write('', () => process.exit());
  });
});

function exitWithoutOutput(error: NodeJS.ErrnoException): void {
  // The reader has closed the pipe (`| head`): it needs no more output.
  if (error.code === 'EPIPE') process.exit();
  process.stderr.write(`hot-config: Cannot write the output: ${reasonOf(error)}\n`);
  process.exit(ExitCode.Fault);
}
