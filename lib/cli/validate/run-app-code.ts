import { withTimeout } from '../../util/timeouts.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';

/**
 * Runs code of an app inside the command, which must end with a result whatever that code does: print, open connections
 * that fail, wait for ever, or end the process.
 *
 * @param timeout in ms
 * @throws CliError if the work takes longer
 */
export async function runAppCode<R>(timeout: number, work: () => Promise<R>): Promise<Awaited<R>> {
  const restore = guardProcess();
  let end: AbortSignal | undefined;
  try {
    // The timer also keeps the process alive: without it, Node would end with success if the work waits for nothing.
    return await withTimeout(timeout, (signal) => {
      end = signal;
      return work();
    });
  } catch (error) {
    throw end?.aborted === true ? noResult(timeout) : error;
  } finally {
    restore();
  }
}

/** @returns a function that undoes it */
function guardProcess(): () => void {
  const { stdout, stderr } = process;
  const write = stdout.write.bind(stdout);
  // Stdout has the result only: programs read it.
  stdout.write = stderr.write.bind(stderr);
  // A connection that a module opens when it is loaded, for example. The values do not depend on it, or are refused.
  const ignore = () => undefined;
  const ended = () => {
    process.exitCode = ExitCode.No;
    stderr.write('hot-config: The app has ended the process before the validation was done.\n');
  };
  process.on('uncaughtException', ignore).on('unhandledRejection', ignore).on('exit', ended);
  return () => {
    stdout.write = write;
    process.off('uncaughtException', ignore).off('unhandledRejection', ignore).off('exit', ended);
  };
}

function noResult(ms: number): CliError {
  return new CliError(
    ExitCode.Connection,
    'NO_ANSWER',
    `The validation did not end within ${ms / 1000} s.`,
    'A source, a schema or a factory of the app may wait for something. Retry with a longer --timeout.',
  );
}
