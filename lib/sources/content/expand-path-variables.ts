import { ReadError } from './read-error.js';

const VARIABLE = /\$\{(\w+)(?::-([^}]*))?\}/g;

/**
 * A path with the environment variables that it names: `config/${NODE_ENV:-development}.yaml`.
 *
 * @throws ReadError where a variable is not set, or empty, and has no default
 */
export function expandPathVariables(path: string): string {
  return path.replace(VARIABLE, (_match, name: string, preset?: string) => {
    const value = (Object.hasOwn(process.env, name) && process.env[name]) || preset;
    if (value) return value;
    const message = `names \${${name}} in its path, which is not set; set it, or give a default: \${${name}:-…}`;
    throw new ReadError(message, UNSET, false);
  });
}

const UNSET = 'UNSET';

/** Whether the path could not even be told. */
export function isUnset({ code }: ReadError): boolean {
  return code === UNSET;
}

/** The path as it is now; as it was written, where a variable is not set. */
export function tryExpandPathVariables(path: string): string {
  try {
    return expandPathVariables(path);
  } catch {
    return path;
  }
}
