import { type Hello, PROTOCOL_VERSION, type ServerMessage } from '../../control/protocol.js';
import { isPlainObject } from '../../util/branches.js';
import { toSingleLine } from '../../util/control-characters.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';

/**
 * Parses a line that an app has sent. Returns undefined if it is not a message: any other program may listen at the
 * address, and must not crash the command.
 */
export function parseServerMessage(line: string): ServerMessage | undefined {
  try {
    const message: unknown = JSON.parse(line);
    return isPlainObject(message) && isMessage(message) ? (message as ServerMessage) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Returns `hello`.
 *
 * @throws CliError if the app uses another version of the protocol than this command
 */
export function checkProtocol(hello: Hello): Hello {
  if (hello.protocol === PROTOCOL_VERSION) return hello;
  const { version } = Object(hello.app) as { version?: unknown };
  const library = typeof version === 'string' ? ` (nestjs-hot-config ${toSingleLine(version, 40)})` : '';
  throw new CliError(
    ExitCode.Refused,
    'PROTOCOL',
    `The app uses version ${hello.protocol} of the control protocol, but this command uses version ${PROTOCOL_VERSION}.`,
    `Use the hot-config command of the app${library}: run npx hot-config in its folder.`,
  );
}

function isMessage({ hello, bye, id, error, ...rest }: Record<string, unknown>): boolean {
  if (hello !== undefined) return isHello(hello);
  if (bye !== undefined) return typeof bye === 'string';
  if (error !== undefined) return isPlainObject(error) && typeof error['message'] === 'string';
  return Number.isSafeInteger(id) && ('result' in rest || 'event' in rest);
}

/** In another version of the protocol, only its number is known to be there. */
function isHello(hello: unknown): boolean {
  if (!isPlainObject(hello) || !Number.isSafeInteger(hello['protocol'])) return false;
  return hello['protocol'] !== PROTOCOL_VERSION || (isPlainObject(hello['app']) && isIdentity(hello['app']));
}

function isIdentity({ pid, folder = '', host = '', ...others }: Record<string, unknown>): boolean {
  const { name, id, cwd, startedAt, node, version } = others;
  const strings = [name, id, cwd, folder, host, startedAt, node, version];
  return Number.isSafeInteger(pid) && strings.every((value) => typeof value === 'string');
}
