/**
 * Configuration for NestJS that changes while the app runs. `HotConfigModule` registers it, `HotConfigService` reads it,
 * and `HotConfigManager` changes and inspects it.
 *
 * @module nestjs-hot-config
 */

export * from './module/hot-config.module.js';
export type * from './module/async-options.interface.js';
export * from './runtime/hot-config.service.js';
export * from './runtime/hot-config.manager.js';
export type * from './runtime/control-options.interface.js';
export type * from './runtime/module-options.interface.js';
export type { HotConfigStatus } from './runtime/status.interface.js';
export type { HotConfigSourceStatus } from './sources/source-status.interface.js';
export type * from './runtime/config-problem.interface.js';

export type * from './sources/contract/config-source.interface.js';
export type { ContentLimits } from './limits/content-limits.js';
export { file, type FileOptions } from './sources/file.source.js';
export type { DirectoryOptions } from './sources/directory/directory-options.js';
export { directory } from './sources/directory.source.js';
export { dotenv, type DotenvOptions } from './sources/dotenv.source.js';
export { env, type EnvOptions } from './sources/env.source.js';
export { factory, type FactoryOptions } from './sources/factory.source.js';
export type * from './formats/config-format.interface.js';
export type { TextPosition } from './formats/text-position.js';
export type { FormatRegistry } from './formats/format-registry.js';
export { FormatError } from './formats/format.error.js';
export { registerFormat, type ConfigParser } from './formats/register-format.js';
export type { FileWatch, WatchHandle, WatchTarget } from './watch/file-watch.interface.js';
export type { WatchOptions } from './watch/watch-options.js';

export type { ConfigSnapshot } from './model/config-snapshot.interface.js';
export type { ConfigTree, ConfigValue } from './model/config-tree.js';
export type { Layer, LayerFile, LayerInput, ShadowedByLayer } from './model/layer.interface.js';
export type { ConfigOrigin, OriginPart } from './model/origin.interface.js';
export type { Path, PathValue } from './model/path.types.js';
// All of it, because the compiler merges an interface of the app only into one that is exported like this.
export type * from './model/config-value.types.js';

export type { SchemaClass } from './validation/class-schema.js';
export type { SchemaFunction } from './validation/function-schema.js';
export type { InterpolateOptions } from './interpolation/interpolate-options.js';
export { configJsonSchema, type JsonSchema } from './validation/json-schema.js';
export type { ConfigSchema } from './validation/schema-of.js';
export type {
  ConfigValidator,
  ConfigValidatorContext,
  ConfigValidatorIssue,
  ConfigValidatorResult,
} from './validation/validator.interface.js';
export type { ConversionsPolicy, UnknownKeysPolicy } from './validation/validation.js';

export type { CircuitBreakerOptions, OpenBreaker } from './auto-reload/circuit-breaker.js';
export type { Duration, DurationUnit } from './options/duration.js';
export type { ProbationOptions } from './probation/probation-options.js';
export type { ProbationStatus } from './probation/probation-run.js';
export type { RateLimitOptions } from './auto-reload/rate-limit.js';
export type { BeforeConfigChangeEvent } from './reload/vetoes.js';
export type { RejectionStatus } from './reload/version-status.js';
export type { HotConfigStatusError } from './logging/reload-log.js';
export type { LastReload, ReloadCounts } from './logging/reload-counter.js';
export type * from './model/reload-result.interface.js';
export type { StartRead } from './model/start-read.interface.js';
export type { ReloadCause, ReloadStage } from './model/reload-stage.js';
export type { InvalidBootPolicy } from './reload/last-known-good.js';
export { Nullable, type NullableOptions } from './validation/nullable.decorator.js';
export { Secret } from './secrets/secret.decorator.js';
export { RestartRequired } from './reload/restart-required.decorator.js';
export type { RestartPolicy } from './reload/restart-policy.js';

export type { Change, ConfigChangeEvent } from './model/change.interface.js';
export {
  BeforeConfigChange,
  type BeforeConfigChangeOptions,
} from './changes/before-config-change.decorator.js';
export type {
  BeforeConfigReload,
  OnConfigRejected,
  OnConfigReload,
  OnConfigRollback,
} from './changes/lifecycle-hooks.js';
export { OnConfigChange } from './changes/on-config-change.decorator.js';
export type { PatternInput } from './patterns/pattern.js';
export type { Patterns } from './patterns/pattern.types.js';
export type { ChangeHandler, SubscribeOptions } from './changes/subscribe-options.js';
export type { HandlersStatus } from './changes/handler-stats.js';

export { PinConfig } from './module/pinning/pin-config.decorator.js';
export type { PinsStatus } from './pinning/leases.js';
export type { RequestVersionOptions } from './pinning/request-version.js';
export { RequestConfig } from './module/pinning/request-config.js';

export { refreshable, type RefreshableOptions } from './module/refreshable/refreshable.provider.js';
export { Refreshable, type RefreshableClassOptions } from './refreshable/refreshable.decorator.js';
export type { RefreshableRules } from './refreshable/refreshable.interface.js';
export type { RefreshablesStatus } from './refreshable/refreshables.js';

export { InjectConfig, type ConfigAccessor } from './module/views/inject-config.decorator.js';

export type * from './diff/version-diff.interface.js';
export type { HistoryOptions } from './history/history-options.js';
export type { ConfigVersion } from './history/config-version.interface.js';
export type { DiffStats } from './diff/diff-stats.js';
export type { ConfigExplanation, ShadowedValue } from './history/explain.js';
export type { DiffSide } from './reload/version-comparer.js';
export type { RollbackTarget } from './reload/rollback-target.js';
export type { RollbackOptions } from './reload/rollbacks.js';
export { overrides, type OverrideStatus } from './sources/overrides.source.js';
export type { SetOptions } from './reload/overrides.js';
export type { PlanOptions, ReloadPlan } from './reload/reload-planner.js';

export type { ConfigIssue } from './model/config-issue.interface.js';
export * from './errors/config.errors.js';
export type { HotConfigErrorCode } from './model/error-code.js';
export { HotConfigError } from './model/hot-config.error.js';

// The exports of @nestjs/config, so that an app only has to change the name of the package in its imports.
export { HotConfigModule as ConfigModule } from './module/hot-config.module.js';
export { type CheckedFactory, registerAs } from './compat/nestjs-config/register-as.js';
export type { NamespaceOptions } from './compat/nestjs-config/namespace-options.js';
export { ConditionalModule, ConfigService, getConfigToken } from '@nestjs/config';
export type {
  ConfigFactory,
  ConfigGetOptions,
  ConfigModuleOptions,
  ConfigObject,
  ConfigType,
} from '@nestjs/config';
