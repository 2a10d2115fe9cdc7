import { CommanderError } from 'commander';
import { ConfigOptionsError } from '../errors/config.errors.js';
import { escapeControlsKeepLines } from '../util/control-characters.js';
import { CliError } from './errors/cli.error.js';
import { ExitCode } from './errors/exit-code.js';
import { type Io, jsonText } from './output/output.js';
import { createProgram, SEE_HELP } from './program.js';

/** Runs the command with these arguments, and returns its exit code. Never rejects. */
export async function runCli(args: readonly string[], io: Io): Promise<ExitCode> {
  const inJson = args.includes('--json');
  try {
    await createProgram(io, inJson).parseAsync(args, { from: 'user' });
    return ExitCode.Ok;
  } catch (error) {
    if (error instanceof CommanderError) return endOfParsing(error, inJson, io);
    const expected = expectedError(error);
    if (expected !== undefined) return printError(expected, inJson, io);
    io.stderr.write(
      `${escapeControlsKeepLines(`hot-config: Internal error, please report it: ${String((error as Error)?.stack ?? error)}`)}\n`,
    );
    return ExitCode.Fault;
  }
}

/** Returns an error that the user can fix; undefined for a bug in the command. */
function expectedError(error: unknown): CliError | undefined {
  if (error instanceof CliError) return error;
  if (error instanceof ConfigOptionsError)
    return new CliError(ExitCode.Usage, { other: error.code }, error.message);
  if ((error as NodeJS.ErrnoException | undefined)?.syscall === 'uv_cwd')
    return new CliError(
      ExitCode.Usage,
      'NO_FOLDER',
      'The working directory does not exist any more.',
      'Change to one that exists.',
    );
  return undefined;
}

/** Commander has printed its errors, except in JSON. Printing the help or the version is not an error. */
function endOfParsing({ code, exitCode, message }: CommanderError, inJson: boolean, io: Io): ExitCode {
  if (exitCode === 0) return ExitCode.Ok;
  if (!inJson) return ExitCode.Usage;
  const text = code === 'commander.help' ? 'no command was given' : message.replace(/^error: /, '');
  return printError(new CliError(ExitCode.Usage, 'USAGE', text, SEE_HELP), true, io);
}

function printError({ exitCode, code, message, next }: CliError, inJson: boolean, { stderr }: Io): ExitCode {
  const text = escapeControlsKeepLines(`hot-config: ${message}${next === undefined ? '' : `\n${next}`}`);
  stderr.write(`${inJson ? jsonText({ error: { code, message, next } }) : text}\n`);
  return exitCode;
}
