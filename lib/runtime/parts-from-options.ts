import { compilePattern } from '../patterns/pattern.js';
import { secretPatterns } from '../patterns/secret-patterns.js';
import { checkDelay } from '../options/checks.js';
import type { HotConfigModuleOptions } from './module-options.interface.js';
import { RestartGuard } from '../reload/restart-policy.js';
import type { StageParts } from '../reload/stages.js';
import { Freezer } from '../snapshot/freeze.js';
import { SecretPolicy } from '../secrets/secret-policy.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import { resolveContentLimits } from '../limits/content-limits.js';
import { file } from '../sources/file.source.js';
import { FormatRegistry } from '../formats/format-registry.js';
import { schemaOf } from '../validation/schema-of.js';
import { declaredSecrets } from '../validation/schema-secrets.js';
import { Validation } from '../validation/validation.js';

/** What is secret, by the schema and by the options. */
export function secretPolicyOf({ schema, secrets, history }: HotConfigModuleOptions): SecretPolicy {
  return new SecretPolicy({
    declared: declaredSecrets(schema),
    ...secretPatterns(secrets),
    key: history?.key,
  });
}

/** The sources that the options name, lowest first. */
export function sourcesOf({ files = [], sources = [] }: HotConfigModuleOptions): ConfigSource[] {
  return [...files.map((path) => file(path)), ...sources];
}

/** What of the stages of a reload is the app's choice. */
type StageRules = Pick<
  StageParts,
  'validation' | 'restarts' | 'secrets' | 'limits' | 'interpolate' | 'formats' | 'settleTimeout'
>;

/** @throws ConfigOptionsError, ConfigPatternError where an option makes no sense */
export function stageRulesOf(options: HotConfigModuleOptions, secrets: SecretPolicy): StageRules {
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
