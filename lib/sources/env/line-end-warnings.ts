import type { ConfigIssue } from '../../model/config-issue.interface.js';
import { formatPath } from '../../model/paths.js';
import { summarizeNames } from '../../util/summarize-names.js';

/** A variable of the environment, with the keys of its path. */
interface NamedValue {
  readonly name: string;
  readonly keys: readonly string[];
  readonly value: string;
}

/**
 * Warns of variables that end with a line end: Docker does not remove the `\r` of an `env_file` with Windows line ends, and
 * `echo value | base64` encodes a line break. The values stay as they are: other code of the process sees them too.
 */
export function lineEndWarnings(source: string, variables: readonly NamedValue[]): ConfigIssue[] {
  const found = variables.filter(({ value }) => endsWithLineEnd(value));
  const [first] = found;
  if (first === undefined) return [];
  const verb = found.length === 1 ? 'ends' : 'end';
  const message = `${summarizeNames(found.map(({ name }) => name))} ${verb} with a line break that is a part of the value; remove it where the environment is set: save the env file with Unix line ends (LF), or encode a Secret without the line break`;
  const path = found.length === 1 ? formatPath(first.keys) : '';
  return [{ path, message, origin: { source, variable: first.name } }];
}

/** A value of several lines, such as a certificate, may end with a line break. */
function endsWithLineEnd(value: string): boolean {
  const last = value.at(-1);
  if (last !== '\r' && last !== '\n') return false;
  const line = value.replace(/\r?[\r\n]$/, '');
  return line.trim() !== '' && !/[\r\n]/.test(line);
}
