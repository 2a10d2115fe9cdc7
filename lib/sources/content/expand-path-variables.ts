import { ReadError, UNSET_VARIABLE } from './read-error.js';

const VARIABLE = /\$\{(\w+)(?::-([^}]*))?\}/g;

/**
 * Replaces environment variables in a path: `config/${NODE_ENV:-development}.yaml`.
 *
 * @param valueOf returns the value of a variable; undefined if it is not set. Default: any variable of the process
 * @throws ReadError if a variable is unset or empty, and has no default.
 */
export function expandPathVariables(path: string, valueOf = variableOf): string {
  return path.replace(VARIABLE, (_match, name: string, fallback?: string) => {
    const value = valueOf(name) || fallback;
    if (value) return value;
    const message = `has \${${name}} in its path, but that variable is not set`;
    throw new ReadError(`${message}; set it, or add a default: \${${name}:-…}`, UNSET_VARIABLE, false);
  });
}

/** Like `expandPathVariables`, but returns the path unchanged if a variable is not set. */
export function tryExpandPathVariables(path: string): string {
  try {
    return expandPathVariables(path);
  } catch {
    return path;
  }
}

function variableOf(name: string): string | undefined {
  return Object.hasOwn(process.env, name) ? process.env[name] : undefined;
}
