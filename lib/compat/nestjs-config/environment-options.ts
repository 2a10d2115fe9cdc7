import type { EnvironmentOptions } from './environment-options.interface.js';

/** The options that only an app written for `@nestjs/config` gives. */
export const THEIR_OPTIONS: readonly (keyof EnvironmentOptions | 'load')[] = [
  'cache',
  'envFilePath',
  'expandVariables',
  'ignoreEnvFile',
  'ignoreEnvVars',
  'load',
  'override',
  'parser',
  'skipProcessEnv',
  'validate',
  'validatePredefined',
  'validationOptions',
  'validationSchema',
];

/** The options that say where configuration comes from, or how it is, in this library's own terms. */
const OURS = ['files', 'sources', 'schema'];

/**
 * Whether the environment is part of the configuration, as it is with `@nestjs/config`: where nothing else is named, or
 * one of its options is.
 */
export function readsEnvironment(options: object): boolean {
  const given = (name: string) => (options as Record<string, unknown>)[name] !== undefined;
  return THEIR_OPTIONS.some(given) || !OURS.some(given);
}

/** The files to read, the strongest first. */
export function envFilesOf({ ignoreEnvFile, envFilePath }: EnvironmentOptions): readonly string[] {
  if (ignoreEnvFile) return [];
  return Array.isArray(envFilePath) ? envFilePath : [envFilePath || '.env'];
}
