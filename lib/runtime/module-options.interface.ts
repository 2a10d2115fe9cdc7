import type { ConfigModuleOptions } from '@nestjs/config';
import type { ControlOptions } from './control-options.interface.js';
import type { HistoryOptions } from '../history/history-options.js';
import type { InterpolateOptions } from '../interpolation/interpolate-options.js';
import type { RequestVersionOptions } from '../pinning/request-version.js';
import type { CircuitBreakerOptions } from '../auto-reload/circuit-breaker.js';
import type { RateLimitOptions } from '../auto-reload/rate-limit.js';
import type { InvalidBootPolicy } from '../reload/last-known-good.js';
import type { PatternInput } from '../patterns/pattern.js';
import type { RestartPolicy } from '../reload/restart-policy.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import type { ConfigFormat } from '../formats/config-format.interface.js';
import type { ContentLimits } from '../limits/content-limits.js';
import type { ProbationOptions } from '../probation/probation-options.js';
import type { ConfigSchema } from '../validation/schema-of.js';
import type { ConversionsPolicy, UnknownKeysPolicy } from '../validation/validation.js';
import type { ConfigValidator } from '../validation/validator.interface.js';
import type { WatchOptions } from '../watch/watch-options.js';

/**
 * Options of `HotConfigModule.forRoot()`. All of them are optional.
 *
 * The options of `@nestjs/config` are accepted too and have the same meaning. The environment is part of the configuration
 * if one of them is set, or if `files`, `sources` and `schema` are all missing. Then `.env` (or `envFilePath`) is read and
 * watched.
 *
 * @publicApi
 */
export interface HotConfigModuleOptions<T extends object = object> extends WatchOptions, ConfigModuleOptions {
  /**
   * Paths of configuration files; a later file overrides an earlier one. Relative paths start at the working directory.
   * The extension selects the format: `.json`, `.yaml`, `.toml`, `.env` and more. The same as `sources: [file(…), …]`. If
   * both are set, `sources` override `files`.
   */
  readonly files?: readonly string[];

  /** Sources of the configuration; a later source overrides an earlier one. */
  readonly sources?: readonly ConfigSource[];

  /**
   * Schema of the configuration, with its defaults. One of: a class with decorators of class-validator and
   * class-transformer (`HotConfigService.value` is then an instance of it), a Standard Schema (zod, Valibot, ArkType,
   * Joi), a function that returns the configuration or throws; or an array of these, each for a part of the
   * configuration. Default: no schema, any configuration is accepted unchanged.
   */
  readonly schema?: ConfigSchema<T> | readonly ConfigSchema[];

  /** Additional checks after the schema. All of them run. One issue is enough to reject the reload. */
  readonly validators?: readonly ConfigValidator<T>[];

  /**
   * Policy for keys that the schema does not declare: `allow` accepts them, `warn` accepts them and logs a warning,
   * `reject` rejects the reload. Default `warn`.
   */
  readonly unknownKeys?: UnknownKeysPolicy;

  /**
   * Policy for values that a schema library turns into others on its own (`@Type(() => Boolean)` and `z.coerce.boolean()`
   * turn the string "false" into true), and for keys that it drops: `refuse` rejects the reload, `warn` accepts the result
   * and logs a warning, `allow` does not look for them. Your own code (`@Transform()`, `.transform()`) is never questioned.
   * Default `refuse`.
   */
  readonly conversions?: ConversionsPolicy;

  /**
   * Patterns of paths whose changes take effect only after a restart, such as `server.port` or `server.*`. Properties with
   * `@RestartRequired()` need no pattern.
   */
  readonly restartRequired?: readonly (string | RegExp)[];

  /**
   * Policy for a change that requires a restart: `hold` keeps the old value in force and lists the path in
   * `status().pendingRestart`, `reject` rejects the reload. Default `hold`.
   */
  readonly onRestartRequired?: RestartPolicy;

  /**
   * Enables watching. Default true. The environment variable `HOT_RELOAD_ENABLED` with the value `false`, `0`, `no` or
   * `off` disables it too. Without watching, the configuration is loaded once. `HotConfigManager.reload()` still works.
   */
  readonly enabled?: boolean;

  /**
   * Reloads when the process receives SIGHUP, as nginx and Prometheus do; also without watching. Then SIGHUP, which is also
   * sent when the terminal of a process is closed, does not end the process any more. If the app listens to SIGHUP itself,
   * as after `enableShutdownHooks()` without arguments, the signal does not reload. Not on Windows. Default false.
   */
  readonly reloadOnSighup?: boolean;

  /** Values of `NODE_ENV` under which sources are watched. Default: all. */
  readonly environments?: readonly string[];

  /**
   * Time to wait for content that looks unfinished (missing, empty or truncated, as in the middle of a save) before it
   * is rejected, in ms. Default 1,000.
   */
  readonly settleTimeout?: number;

  /**
   * Delays the changes that a source reports itself, as a remote one does, after several rejections of its content in a row.
   * Changes of files are not delayed. `false` delays nothing. Default: after 10.
   */
  readonly circuitBreaker?: CircuitBreakerOptions | false;

  /** Maximum number of versions that automatic reloads may apply within a period. Default: no limit. */
  readonly rateLimit?: RateLimitOptions;

  /**
   * `true` pins each HTTP request, and each message of microservices and gateways, to the version at its arrival. `false`
   * saves the costs of that, a few microseconds a request: then a request reads the current version at each read, so it can
   * read two versions, and the components that it uses can be disposed of after their `drainTimeout`. `runPinned()` and
   * `@PinConfig()` pin in both cases. Default true.
   */
  readonly pinning?: boolean;

  /**
   * Snapshot that timers and promises read after the request that started them has ended. `release`: the current one.
   * `keep`: the one of the request, which stays in memory until they end. Default `release`.
   */
  readonly afterPinEnd?: 'release' | 'keep';

  /**
   * Age of a pin, in ms, at which a warning is logged, once for each pin. The warning names the request or message that
   * holds the version. For `runPinned()` it has the stack of the call, except in production. 0 disables it. Default
   * 300,000.
   */
  readonly pinWarnAfter?: number;

  /** Lets requests select a version that is still in the history. Default: disabled. */
  readonly requestVersion?: RequestVersionOptions;

  /**
   * Watches each new version after the commit and rolls it back automatically if it fails. Default: no probation.
   */
  readonly probation?: ProbationOptions<T>;

  /** Number and storage of the versions in the history. */
  readonly history?: HistoryOptions;

  /**
   * Policy for an app that starts while its configuration cannot be used. `fail`: the start fails. `lastKnownGood`: the
   * app starts on the newest version in `history.dir` that is still valid, logs an error, and applies the first valid
   * content that appears. Default `fail`.
   */
  readonly onInvalidBoot?: InvalidBootPolicy;

  /**
   * Patterns of secret values, such as `llm.openai` or `**.pin`. Properties with `@Secret()`, and keys with the name of a
   * secret (`password`, `api_key`, `token` …), need no pattern. A pattern after `!` marks values that are not secret:
   * `!llm.max_tokens`. Secrets are redacted in logs, errors, diffs and the JSON of events. The app reads them like any
   * other value.
   */
  readonly secrets?: readonly PatternInput[];

  /** Additional file formats: `registerFormat('.ini', …)`. They override built-in formats with the same extension. */
  readonly formats?: readonly ConfigFormat[];

  /**
   * Replaces `${…}` in the strings of files: by a key of the merged configuration (`${server.port}`) or an environment
   * variable (`${DB_HOST:-localhost}`) that `environment` allows. `true` uses the defaults. Default false: `${…}` is plain
   * text.
   */
  readonly interpolate?: boolean | InterpolateOptions;

  /** Limits for the size, depth and number of keys of the content of sources. */
  readonly limits?: Partial<ContentLimits>;

  /**
   * Control channel for the `hot-config` command: `true` opens it, `false` closes it, an object configures it. Default:
   * open, except if `NODE_ENV` is `production` or `test`.
   */
  readonly control?: boolean | ControlOptions;

  /**
   * Lets the variables of env files override those of the environment. An option of `@nestjs/config` 12; it works with 4
   * too. Default false.
   */
  readonly override?: boolean;

  /** Parser of env files. An option of `@nestjs/config` 12; it works with 4 too. Default: that of dotenv. */
  readonly parser?: (content: Buffer) => Record<string, unknown>;

  /** Makes the module global. Default true. */
  readonly isGlobal?: boolean;
}
