import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { reasonOf } from '../../util/reason-of.js';
import { durationMs } from '../../options/duration.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';

/** The options that every command takes. */
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
    .addOption(textOption('--app <name>', 'which app, by its name', 'HOT_CONFIG_APP'))
    .option('--pid <pid>', 'which app, by its process', wholeNumber)
    .addOption(textOption('--socket-dir <dir>', 'where the sockets are', 'HOT_CONFIG_SOCKET_DIR'))
    .addOption(textOption('--url <url>', 'the port of an app, instead of a socket', 'HOT_CONFIG_URL'))
    .addOption(
      textOption('--token <token>', 'the token for --url; better in the environment', 'HOT_CONFIG_TOKEN'),
    )
    .option('--token-file <file>', 'a file with the token for --url')
    .addOption(timeOption('--timeout <time>', 'how long to wait for an answer', 60_000, '60s'))
    .addOption(timeOption('--wait <time>', 'how long to wait for an app to appear', 0, 'not at all'))
    .option('--json', 'answer in JSON');
}

/** A variable that is empty says nothing. An option that is empty says something that was not meant: `--app "$NAME"`. */
function textOption(flags: string, description: string, variable: string): Option {
  const option = new Option(flags, description).argParser(someText);
  return process.env[variable] === '' ? option : option.env(variable);
}

function someText(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

/** The token for `--url`. */
export function tokenOf({ token, tokenFile }: GlobalOptions): string {
  if (tokenFile !== undefined) return readToken(tokenFile);
  if (token !== undefined) return token;
  throw new CliError(
    ExitCode.Usage,
    'NO_TOKEN',
    '--url needs a token.',
    'Put it into the environment variable HOT_CONFIG_TOKEN, or name a file that holds it with --token-file.',
  );
}

function readToken(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new CliError(ExitCode.Usage, 'NO_TOKEN', `The token cannot be read: ${reasonOf(error)}.`);
  }
}

function timeOption(flags: string, description: string, ms: number, shown: string): Option {
  return new Option(flags, description).argParser(duration).default(ms, shown);
}

/** A whole number from 1. */
export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
}

/** A time such as 500ms, 30s or 15m, in ms. */
export function duration(text: string): number {
  try {
    return durationMs('time', text);
  } catch {
    throw new InvalidArgumentError('It must be a time such as 500ms, 30s, 15m or 2h.');
  }
}
