#!/usr/bin/env node
import { runCli } from './run-cli.js';

// Whoever reads the output has enough (`| head`): there is nobody left to tell anything.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await runCli(process.argv.slice(2), process);
