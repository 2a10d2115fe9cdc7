import { ConfigOptionsError } from '../errors/config.errors.js';
import { type Check, hasMember } from '../options/checks.js';
import { readOptionFile } from './option-file.js';

/**
 * The place of a password or a token: a file, or an environment variable. It is read again whenever it is needed, so that a
 * new one is used without a restart. One line break at the end is removed.
 *
 * @publicApi
 */
export type SecretPlace = { readonly file: string } | { readonly env: string };

/** Accepts a `SecretPlace`. A secret itself is refused, and not shown: options are printed, logged and committed. */
export const secretPlace: Check = (value, name) => {
  if (hasMember(value, 'file', 'string') !== hasMember(value, 'env', 'string')) return;
  throw new ConfigOptionsError(
    `The option "${name}" must be a place to read it from, such as { file: "/run/secrets/token" } or { env: "TOKEN" }`,
  );
};

/**
 * Reads a secret.
 *
 * @param option name of the option in an error
 * @throws ConfigOptionsError if it cannot be read, or is empty
 */
export async function readSecret(place: SecretPlace, option: string): Promise<string> {
  const secret = 'env' in place ? fromEnvironment(place.env, option) : await fromFile(place.file, option);
  if (secret === '') throw new ConfigOptionsError(`${nameOf(place)} (option "${option}") is empty`);
  return secret;
}

function fromEnvironment(name: string, option: string): string {
  const value = process.env[name];
  if (value !== undefined) return value;
  throw new ConfigOptionsError(`The environment variable ${name} (option "${option}") is not set`);
}

async function fromFile(path: string, option: string): Promise<string> {
  return (await readOptionFile(path, option)).toString('utf8').replace(/\r?\n$/, '');
}

function nameOf(place: SecretPlace): string {
  return 'env' in place ? `The environment variable ${place.env}` : `The file ${place.file}`;
}
