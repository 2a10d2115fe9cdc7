import { compilePattern } from '../patterns/pattern.js';
import { secretPatterns } from '../patterns/secret-patterns.js';
import { checkDelay } from '../options/checks.js';
import type { HotConfigModuleOptions } from './module-options.interface.js';
import { RestartGuard } from '../reload/restart-policy.js';
import { Freezer } from '../snapshot/freeze.js';
import { SecretPolicy } from '../secrets/secret-policy.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import { resolveContentLimits } from '../limits/content-limits.js';
import { file } from '../sources/file.source.js';
import { FormatRegistry } from '../formats/format-registry.js';
import { schemaOf } from '../validation/schema-of.js';
import { declaredSecrets } from '../validation/schema-secrets.js';
import { Validation } from '../validation/validation.js';

/** Creates the policy that decides which values are secret: by the schema, the option `secrets`, and names. */
export function secretPolicyOf({ schema, secrets, history }: HotConfigModuleOptions): SecretPolicy {
  return new SecretPolicy({
    declared: declaredSecrets(schema),
    ...secretPatterns(secrets),
    key: history?.key,
  });
}

/** Returns the sources in the options; a later one overrides an earlier one. */
export function sourcesOf({ files = [], sources = [] }: HotConfigModuleOptions): ConfigSource[] {
  return [...files.map((path) => file(path)), ...sources];
}

/**
 * Creates the parts of the stages of a reload that depend on the options.
 *
 * @throws ConfigOptionsError, ConfigPatternError if an option is invalid
 */
export function stageOptionsOf(options: HotConfigModuleOptions, secrets: SecretPolicy) {
  const { schema, validators = [], unknownKeys = 'warn', restartRequired = [], interpolate } = options;
  const checks = {
    secrets,
    schema: schema && schemaOf(schema, (path) => secrets.isSecret(path)),
    validators,
    unknownKeys,
  };
  return {
    secrets,
    validation: new Validation(checks, new Freezer()),
    restarts: new RestartGuard(restartRequired.map(compilePattern), options.onRestartRequired ?? 'hold'),
    interpolate: interpolate === true ? {} : interpolate || undefined,
    limits: resolveContentLimits(options.limits),
    formats: new FormatRegistry().with(...(options.formats ?? [])),
    settleTimeout: checkDelay('settleTimeout', options.settleTimeout ?? 1_000),
  };
}
