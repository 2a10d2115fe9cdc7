import type { ConfigModuleOptions } from '@nestjs/config';

/** Options that came with `@nestjs/config` 12: the types of version 4 do not have them. */
interface NewerOptions {
  override?: boolean;
  parser?: (content: Buffer) => Record<string, unknown>;
}

/** The options of `@nestjs/config` about environment variables: env files, `process.env` and their validation. */
export type EnvironmentOptions = Omit<ConfigModuleOptions, 'isGlobal' | 'load' | keyof NewerOptions> &
  NewerOptions;

/** Names of the options that exist only for `@nestjs/config`. */
export const CONFIG_MODULE_OPTIONS: readonly (keyof EnvironmentOptions | 'load')[] = [
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

/** Names of this library's own options for the origin and the schema of the configuration. */
const OWN_OPTIONS = ['files', 'sources', 'schema'] as const;

/**
 * Checks whether the environment is part of the configuration, as with `@nestjs/config`: it is if one of the options of
 * `@nestjs/config` is set, or none of this library's own.
 */
export function isEnvironmentUsed(options: object): boolean {
  const isSet = (name: string) => (options as Record<string, unknown>)[name] !== undefined;
  return CONFIG_MODULE_OPTIONS.some(isSet) || !OWN_OPTIONS.some(isSet);
}

/** Returns the paths of the env files; an earlier one overrides a later one. */
export function envFilePaths({ ignoreEnvFile, envFilePath }: EnvironmentOptions): readonly string[] {
  if (ignoreEnvFile) return [];
  return Array.isArray(envFilePath) ? envFilePath : [envFilePath || '.env'];
}
