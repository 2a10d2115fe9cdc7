import type { ConfigIssue } from '../../model/config-issue.interface.js';
import { formatPath } from '../../model/paths.js';
import type { EnvPrecedence } from './env-precedence.js';

/** Maximum number of variables that one warning names. */
const MAX_NAMES = 10;

/** Names all variables that the environment hides; with no value of them. */
export function shadowWarnings(precedence: EnvPrecedence, readsFiles: boolean): ConfigIssue[] {
  const names = [...precedence.shadowed];
  const [are, them] = names.length === 1 ? ['is', 'it'] : ['are', 'them'];
  const effect = readsFiles
    ? `process.env keeps that value, although get() reads the file; unset ${them} there to change both`
    : `which wins; unset ${them} there, or set { override: true }`;
  const message = `${are} set to another value in the environment of the process, ${effect}`;
  return warningOf(precedence, names, message);
}

/**
 * Names the variables whose line was edited or removed, if the app reads them from the environment all the same.
 *
 * @param occurrence the number of the edit: the same warning about the next edit is logged again
 */
export function editWarnings(
  precedence: EnvPrecedence,
  readsFiles: boolean,
  occurrence: number,
): ConfigIssue[] {
  const them = (names: readonly string[]) => (names.length === 1 ? 'it' : 'them');
  const { editedInVain: edited, removedToEnvironment: removed } = precedence;
  const effect = (names: readonly string[]) =>
    readsFiles
      ? `process.env keeps that value until you unset ${them(names)} there`
      : `the app uses that value until you unset ${them(names)} there, or set { override: true }`;
  const warnings = [
    ...warningOf(
      precedence,
      edited,
      `changed, but the process was started with ${them(edited)}; ${effect(edited)}`,
    ),
    ...warningOf(
      precedence,
      removed,
      `${removed.length === 1 ? 'is' : 'are'} no longer in the file, but the process was started with ${them(removed)}; ` +
        'the app uses the value of the process',
    ),
  ];
  return warnings.map((warning) => ({ ...warning, occurrence }));
}

/** Returns one warning for all names, with the place of the only one, or the file that has all. */
function warningOf(precedence: EnvPrecedence, names: readonly string[], message: string): ConfigIssue[] {
  const [first] = names;
  if (first === undefined) return [];
  if (names.length === 1) {
    const origin = precedence.locateLine([first], 'key') ?? precedence.locate([first]);
    return [{ path: formatPath([first]), message: `${first} ${message}`, ...(origin && { origin }) }];
  }
  const files = new Set(names.map((name) => precedence.locateLine([name])?.file));
  const [file] = files;
  const origin = files.size === 1 && file !== undefined ? { source: file, file } : undefined;
  return [{ path: '', message: `${listOf(names)} ${message}`, ...(origin && { origin }) }];
}

function listOf(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES);
  const others = names.length - shown.length;
  if (others > 0) return `${shown.join(', ')} and ${others} more`;
  return `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}
