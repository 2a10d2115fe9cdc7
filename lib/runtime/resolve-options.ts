import { compilePattern } from '../patterns/pattern.js';
import { secretPatterns } from '../patterns/secret-patterns.js';
import { SafeLogger } from '../logging/safe-logger.js';
import type { AppLogger } from '../logging/app-logger.interface.js';
import type { History } from '../history/history.js';
import type { VersionStore } from '../history/persistence/version-store.js';
import { createVersionStore } from '../history/persistence/version-store-options.js';
import { versionsToKeep } from '../history/history-options.js';
import { checkDelay } from '../options/checks.js';
import { arePinsTraced } from '../pinning/pin-warnings.js';
import { resolveWatchOptions } from '../watch/watch-options.js';
import type { HotConfigModuleOptions } from './module-options.interface.js';
import { RestartGuard } from '../reload/restart-policy.js';
import { Freezer } from '../snapshot/freeze.js';
import { SecretPolicy } from '../secrets/secret-policy.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import { type ContentLimits, resolveContentLimits } from '../limits/content-limits.js';
import type { SourceList } from '../reload/source-list.js';
import { file } from '../sources/file.source.js';
import { FormatRegistry } from '../formats/format-registry.js';
import { AppSchemas, type PlacedSchema } from '../validation/app-schemas.js';
import { declaredSecrets } from '../validation/schema-secrets.js';
import { Validation } from '../validation/validation.js';

/** Creates the policy that decides which values are secret: by the schemas, the option `secrets`, and names. */
function secretPolicyOf(
  { secrets, history }: HotConfigModuleOptions,
  schemas: readonly PlacedSchema[],
): SecretPolicy {
  return new SecretPolicy({
    declared: declaredSecrets(schemas),
    ...secretPatterns(secrets),
    key: history?.key,
  });
}

/** Returns the sources in the options; a later one overrides an earlier one. */
export function sourcesOf({ files = [], sources = [] }: HotConfigModuleOptions): ConfigSource[] {
  return [...files.map((path) => file(path)), ...sources];
}

/** Creates the store of versions on disk; undefined if the options name no directory. */
export function versionStoreOf(
  { history: options = {} }: HotConfigModuleOptions,
  context: {
    readonly secrets: SecretPolicy;
    readonly logger: SafeLogger;
    readonly history: History;
    readonly sources: SourceList;
    readonly limits: ContentLimits;
  },
): VersionStore | undefined {
  const { secrets, logger, history, sources, limits } = context;
  const isSecret = (segments: readonly string[], text?: string) =>
    secrets.isSecret(segments) || secrets.containsSecret(text);
  return createVersionStore(options, { isSecret, logger, history, limits, sources: () => sources.names });
}

/**
 * Creates what the parts of an app need of its options, with defaults.
 *
 * @param namespaces the schemas of the namespaces that are known at boot
 * @throws ConfigOptionsError, ConfigPatternError if an option is invalid
 */
export function resolveOptions(
  options: HotConfigModuleOptions,
  appLogger: AppLogger,
  namespaces: readonly PlacedSchema[],
) {
  const {
    schema,
    validators = [],
    unknownKeys = 'warn',
    conversions = 'refuse',
    restartRequired = [],
    interpolate,
  } = options;
  const placed = [...(schema === undefined ? [] : [{ path: [], schema }]), ...namespaces];
  const secrets = secretPolicyOf(options, placed);
  const schemas = new AppSchemas(placed, (path) => secrets.isSecret(path));
  const logger = new SafeLogger(appLogger, secrets);
  const checks = { secrets, schema: schemas, validators, unknownKeys, conversions };
  const pinWarnAfter = checkDelay('pinWarnAfter', options.pinWarnAfter ?? 300_000);
  return {
    secrets,
    logger,
    schemas,
    validation: new Validation(checks, new Freezer()),
    restarts: new RestartGuard(restartRequired.map(compilePattern), options.onRestartRequired ?? 'hold'),
    interpolate: interpolate === true ? {} : interpolate || undefined,
    limits: resolveContentLimits(options.limits),
    formats: new FormatRegistry().with(...(options.formats ?? [])),
    settleTimeout: checkDelay('settleTimeout', options.settleTimeout ?? 1_000),
    /** Maximum delay of a change by further changes, in ms. */
    maxWait: resolveWatchOptions(options).maxWait,
    versionsToKeep: versionsToKeep(options.history),
    pinWarnAfter,
    pins: { afterEnd: options.afterPinEnd ?? 'release', traced: arePinsTraced(pinWarnAfter, process.env) },
  } as const;
}
