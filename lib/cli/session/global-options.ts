import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { ENVIRONMENT_VARIABLES } from '../../options/environment-variables.js';
import { durationMs } from '../../options/duration.js';
import { reasonOf } from '../../util/reason-of.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';

/** The options of every command. */
export interface GlobalOptions {
  readonly app?: string;
  readonly pid?: number;
  readonly socketDir?: string;
  readonly url?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly timeout: number;
  readonly wait: number;
  readonly json?: boolean;
}

export function addGlobalOptions(program: Command): Command {
  return program
    .addOption(stringOption('--app <name>', 'choose the app by its name', ENVIRONMENT_VARIABLES.app))
    .option('--pid <pid>', 'choose the app by its process id', positiveInteger)
    .addOption(
      stringOption('--socket-dir <dir>', 'directory of the sockets', ENVIRONMENT_VARIABLES.socketDir),
    )
    .addOption(
      stringOption('--url <url>', 'use the HTTP port of an app, not a socket', ENVIRONMENT_VARIABLES.url),
    )
    .addOption(
      stringOption(
        '--token <token>',
        'token for --url; safer in the environment',
        ENVIRONMENT_VARIABLES.token,
      ),
    )
    .option('--token-file <file>', 'file that contains the token for --url')
    .addOption(timeOption('--timeout <time>', 'maximum time to wait for a response', 60_000, '60s'))
    .addOption(timeOption('--wait <time>', 'maximum time to wait for an app to start', 0, 'no wait'))
    .option('--json', 'print JSON');
}

/** Ignores an empty variable, and refuses an empty option: `--app "$NAME"` is a mistake if NAME is empty. */
function stringOption(flags: string, description: string, variable: string): Option {
  const option = new Option(flags, description).argParser(nonEmpty);
  return process.env[variable] === '' ? option : option.env(variable);
}

function nonEmpty(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

/** Returns the token for `--url`. */
export function tokenOf({ token, tokenFile }: GlobalOptions): string {
  if (tokenFile !== undefined) return readToken(tokenFile);
  if (token !== undefined) return token;
  throw new CliError(
    ExitCode.Usage,
    'NO_TOKEN',
    'The option --url needs a token.',
    'Set the environment variable HOT_CONFIG_TOKEN, or pass a file that contains the token with --token-file.',
  );
}

function readToken(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new CliError(ExitCode.Usage, 'NO_TOKEN', `Cannot read the token: ${reasonOf(error)}.`);
  }
}

function timeOption(flags: string, description: string, ms: number, shown: string): Option {
  return new Option(flags, description).argParser(duration).default(ms, shown);
}

/** Parses a positive integer. */
export function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('It must be a positive integer.');
  return Number(text);
}

/** Parses a time such as 500ms, 30s or 15m. Returns ms. */
export function duration(text: string): number {
  try {
    return durationMs('time', text);
  } catch {
    throw new InvalidArgumentError('It must be a time such as 500ms, 30s, 15m or 2h.');
  }
}
