import {
  PROTOCOL_VERSION,
  type ControlFailure,
  type Hello,
  type ServerMessage,
} from '../../control/protocol.js';
import { isPlainObject } from '../../util/branches.js';
import { plainText } from '../../util/printable-text.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';

/** Errors for all the ways in which an app does not answer. */

export function connectionLost(bye?: string): CliError {
  return new CliError(
    ExitCode.Connection,
    'CONNECTION_LOST',
    bye === undefined ? 'The app has gone away.' : `The app has gone away: ${plainText(bye, 200)}.`,
    'See whether it runs: hot-config apps. With --wait 30s a command waits until it is back.',
  );
}

export function noAnswer(ms: number): CliError {
  return new CliError(
    ExitCode.Connection,
    'NO_ANSWER',
    `The app does not answer within ${ms / 1000} s.`,
    'It may be busy, stopped or in a debugger. Give it longer with --timeout, or look at its log.',
  );
}

/** Codes that say that somebody is refused, and not that something went wrong. */
const REFUSALS = new Set([
  'UNAUTHORIZED',
  'TOO_MANY_CLIENTS',
  'BUSY',
  'UNKNOWN_METHOD',
  'TOO_LARGE',
  'MALFORMED',
]);

const NEXT: Readonly<Record<string, string>> = {
  UNAUTHORIZED:
    'Put the token that the app was given (control.http.token) into HOT_CONFIG_TOKEN or --token-file.',
  TOO_MANY_CLIENTS: 'Close other hot-config commands (watch, for example), or try again in a minute.',
  BUSY: 'Try again in a moment.',
  UNKNOWN_METHOD: 'The app runs an older version of nestjs-hot-config than this command.',
  ANSWER_TOO_LARGE: 'Ask for a path below: hot-config get some.path',
  CONFIG_MISSING_KEY: 'See what there is: hot-config get',
  CONFIG_ROLLBACK: 'See which versions are kept: hot-config history',
  NO_VALUE: 'See what there is: hot-config get',
};

/** What the app says against a request. */
export function failed({ code, message }: ControlFailure): CliError {
  const exitCode = REFUSALS.has(code)
    ? ExitCode.Refused
    : code === 'BAD_PARAMS' || code === 'CONFIG_OPTIONS'
      ? ExitCode.Usage
      : ExitCode.No;
  const sentence = message.charAt(0).toUpperCase() + message.slice(1);
  return new CliError(exitCode, code, sentence, NEXT[code]);
}

/** @throws CliError where the app speaks another language than this command */
export function understood(hello: Hello): Hello {
  if (hello.protocol === PROTOCOL_VERSION) return hello;
  throw new CliError(
    ExitCode.Refused,
    'PROTOCOL',
    `The app speaks version ${hello.protocol} of the protocol, and this command version ${PROTOCOL_VERSION}.`,
    `Use the hot-config of the app itself${versionOf(hello)}: npx hot-config, in its folder.`,
  );
}

/** What is in the greeting of another version of the protocol, nobody knows. */
function versionOf({ app }: Partial<Hello>): string {
  const { version } = Object(app) as { version?: unknown };
  return typeof version === 'string' ? ` (nestjs-hot-config ${plainText(version, 40)})` : '';
}

/** The message in a line; undefined where it is none: whatever listens there, it must not bring the command down. */
export function parseServerMessage(line: string): ServerMessage | undefined {
  try {
    const message: unknown = JSON.parse(line);
    return isPlainObject(message) && isMessage(message) ? (message as ServerMessage) : undefined;
  } catch {
    return undefined;
  }
}

function isMessage({ hello, bye, id, error, ...rest }: Record<string, unknown>): boolean {
  if (hello !== undefined) return isHello(hello);
  if (bye !== undefined) return typeof bye === 'string';
  if (error !== undefined) return isPlainObject(error) && typeof error['message'] === 'string';
  return Number.isSafeInteger(id) && ('result' in rest || 'event' in rest);
}

/** What later versions of the protocol say beyond its number, this one does not know. */
function isHello(hello: unknown): boolean {
  if (!isPlainObject(hello) || !Number.isSafeInteger(hello['protocol'])) return false;
  return hello['protocol'] !== PROTOCOL_VERSION || (isPlainObject(hello['app']) && isIdentity(hello['app']));
}

function isIdentity({ pid, ...texts }: Record<string, unknown>): boolean {
  const { name, id, cwd, startedAt, node, version } = texts;
  return Number.isSafeInteger(pid) && [name, id, cwd, startedAt, node, version].every(isText);
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}
