import { CommanderError } from 'commander';
import { visibleText } from '../util/printable-text.js';
import { ConfigOptionsError } from '../errors/config.errors.js';
import { CliError } from './errors/cli.error.js';
import { ExitCode } from './errors/exit-code.js';
import type { Io } from './terminal/io.interface.js';
import { createProgram, SEE_HELP } from './program.js';

/** Runs the command with these arguments, and gives what it ends with. Never rejects. */
export async function runCli(args: readonly string[], io: Io): Promise<ExitCode> {
  const inJson = args.includes('--json');
  try {
    await createProgram(io, inJson).parseAsync(args, { from: 'user' });
    return ExitCode.Ok;
  } catch (error) {
    if (error instanceof CommanderError) return told(error, inJson, io);
    const problem = problemIn(error);
    if (problem !== undefined) return tell(problem, inJson, io);
    io.stderr.write(
      `hot-config has failed, which is its own fault: ${String((error as Error)?.stack ?? error)}\n`,
    );
    return ExitCode.Fault;
  }
}

/** What a person can do something about; undefined for a fault of the command itself. */
function problemIn(error: unknown): CliError | undefined {
  if (error instanceof CliError) return error;
  if (error instanceof ConfigOptionsError) return new CliError(ExitCode.Usage, error.code, error.message);
  if ((error as NodeJS.ErrnoException | undefined)?.syscall === 'uv_cwd')
    return new CliError(
      ExitCode.Usage,
      'NO_FOLDER',
      'The working directory does not exist any more.',
      'Go to one that does: cd',
    );
  return undefined;
}

/** What commander found has been told to people already; help and version are no errors. */
function told({ code, exitCode, message }: CommanderError, inJson: boolean, io: Io): ExitCode {
  if (exitCode === 0) return ExitCode.Ok;
  if (!inJson) return ExitCode.Usage;
  const text = code === 'commander.help' ? 'no command was given' : message.replace(/^error: /, '');
  return tell(new CliError(ExitCode.Usage, 'USAGE', text, SEE_HELP), true, io);
}

/** What went wrong, and the next step. */
function tell({ exitCode, code, message, next }: CliError, inJson: boolean, { stderr }: Io): ExitCode {
  const text = visibleText(`hot-config: ${message}${next === undefined ? '' : `\n${next}`}`);
  stderr.write(`${inJson ? JSON.stringify({ error: { code, message, next } }) : text}\n`);
  return exitCode;
}
