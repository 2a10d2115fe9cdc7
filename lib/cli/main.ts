#!/usr/bin/env node
import { reasonOf } from '../util/reason-of.js';
import { ExitCode } from './errors/exit-code.js';
import { runCli } from './run-cli.js';

// Whoever reads the output has enough (`| head`): there is nobody left to tell anything.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  process.stderr.write(`hot-config: The output cannot be written: ${reasonOf(error)}\n`);
  process.exit(ExitCode.Fault);
});
// The code still says how it ended.
process.stderr.on('error', () => undefined);

process.exitCode = await runCli(process.argv.slice(2), process);
