import { CommanderError } from 'commander';
import { ConfigOptionsError } from '../errors/config.errors.js';
import { CliError } from './cli.error.js';
import { ExitCode } from './exit-code.js';
import type { Io } from './io.interface.js';
import { createProgram } from './program.js';

/** Runs the command with these arguments, and gives what it ends with. Never rejects. */
export async function runCli(args: readonly string[], io: Io): Promise<ExitCode> {
  try {
    await createProgram(io, args.includes('--json')).parseAsync(args, { from: 'user' });
    return ExitCode.Ok;
  } catch (error) {
    if (error instanceof CommanderError) return told(error, args.includes('--json'), io);
    if (error instanceof CliError) return tell(error, args.includes('--json'), io);
    if (error instanceof ConfigOptionsError)
      return tell(new CliError(ExitCode.Usage, error.code, error.message), args.includes('--json'), io);
    io.stderr.write(
      `hot-config has failed, which is its own fault: ${String((error as Error)?.stack ?? error)}\n`,
    );
    return ExitCode.Fault;
  }
}

/** What commander found has been told to people already; help and version are no errors. */
function told({ exitCode, message }: CommanderError, inJson: boolean, io: Io): ExitCode {
  if (exitCode === 0) return ExitCode.Ok;
  const text = message.replace(/^error: /, '');
  return inJson ? tell(new CliError(ExitCode.Usage, 'USAGE', text), true, io) : ExitCode.Usage;
}

/** What went wrong, and the next step. */
function tell({ exitCode, code, message, next }: CliError, inJson: boolean, { stderr }: Io): ExitCode {
  const text = `hot-config: ${message}${next === undefined ? '' : `\n${next}`}`;
  stderr.write(`${inJson ? JSON.stringify({ error: { code, message, next } }) : text}\n`);
  return exitCode;
}
