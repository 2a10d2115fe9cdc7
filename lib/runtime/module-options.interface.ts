import type { ConfigModuleOptions } from '@nestjs/config';
import type { ControlOptions } from './control-options.interface.js';
import type { HistoryOptions } from '../history/history-options.js';
import type { InterpolateOptions } from '../interpolation/interpolate-options.js';
import type { RequestVersionOptions } from '../pinning/request-version.js';
import type { CircuitBreakerOptions } from '../auto-reload/circuit-breaker.js';
import type { RateLimitOptions } from '../auto-reload/rate-limit.js';
import type { InvalidBootPolicy } from '../reload/last-known-good.js';
import type { PatternInput } from '../patterns/pattern.js';
import type { RestartPolicy } from '../reload/restarts.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import type { ConfigFormat } from '../formats/config-format.interface.js';
import type { ContentLimits } from '../limits/content-limits.js';
import type { ProbationOptions } from '../probation/probation-options.js';
import type { ConfigSchema } from '../validation/schema-of.js';
import type { UnknownKeysPolicy } from '../validation/validation.js';
import type { ConfigValidator } from '../validation/validator.interface.js';
import type { WatchOptions } from '../watch/watch-options.js';

/**
 * What `HotConfigModule.forRoot()` takes. All of it is optional.
 *
 * The options of `@nestjs/config` mean what they mean there. Where one of them is given, or none of `files`, `sources`
 * and `schema`, the environment is part of the configuration: `.env` is read (or `envFilePath`), and followed.
 *
 * @publicApi
 */
export interface HotConfigModuleOptions<T extends object = object> extends WatchOptions, ConfigModuleOptions {
  /**
   * Configuration files, lowest first: a later file wins. Relative paths start at the working directory. The format
   * follows the extension: `.json`, `.yaml`, `.toml`, `.env` and more. Short for `sources: [file(…), …]`; they come before `sources`.
   */
  files?: readonly string[];

  /** Where configuration comes from, lowest first: a later source wins. */
  sources?: readonly ConfigSource[];

  /**
   * How the configuration must be, and its defaults: a class with class-validator and class-transformer decorators (an
   * instance of it is what `HotConfigService.value` gives), a Standard Schema (zod, Valibot, ArkType, Joi), a function
   * that gives the configuration or throws, or several of them, each for its part. Without a schema everything is taken
   * as it is.
   */
  schema?: ConfigSchema<T> | readonly ConfigSchema[];

  /** Checks beyond the schema. All of them run; one issue rejects the reload. */
  validators?: readonly ConfigValidator<T>[];

  /**
   * Keys that the schema does not know: `allow` takes them silently, `warn` takes them and says so, `reject` refuses
   * the whole. Default `warn`.
   */
  unknownKeys?: UnknownKeysPolicy;

  /** Paths whose change needs a restart, as patterns (`server.port`, `server.*`). `@RestartRequired()` marks them too. */
  restartRequired?: readonly (string | RegExp)[];

  /**
   * What becomes of a change that needs a restart: `hold` keeps the old value and shows the path in the status as
   * pending, `reject` refuses the whole reload. Default `hold`.
   */
  onRestartRequired?: RestartPolicy;

  /**
   * Whether files are watched. Default true. The environment variable `HOT_RELOAD_ENABLED` (`false`, `0`, `no` or
   * `off`) switches it off as well. Without watching, configuration is loaded once, and `HotConfigManager.reload()`
   * still works.
   */
  enabled?: boolean;

  /** The values of `NODE_ENV` under which files are watched. Default: all. */
  environments?: readonly string[];

  /**
   * How long, in ms, content that looks unfinished (missing, empty, cut off) may be the middle of a save before it is
   * rejected. Default 1,000.
   */
  settleTimeout?: number;

  /** After how many rejections in a row watching backs off, and how far; `false` never does. */
  circuitBreaker?: CircuitBreakerOptions | false;

  /** How many versions watching may bring about in a time. Default: no limit. */
  rateLimit?: RateLimitOptions;

  /**
   * What timers and detached promises read that a request left behind when it ended: the current snapshot (`release`,
   * the default), or the one the request was pinned to (`keep`).
   */
  afterPinEnd?: 'release' | 'keep';

  /**
   * The age, in ms, from which something that holds a version is warned about, once: with the request or message
   * that holds it, or, for `runPinned()` outside of production, the stack it was called on. 0 never warns. Default
   * 300,000.
   */
  pinWarnAfter?: number;

  /** Lets requests choose a version that is still in history. Off unless given. */
  requestVersion?: RequestVersionOptions;

  /**
   * How a new version has to prove itself; one that does not is rolled back from by itself. Default: versions are
   * trusted.
   */
  probation?: ProbationOptions<T>;

  /** What is kept of the versions that were in force, and where. */
  history?: HistoryOptions;

  /**
   * What becomes of an app whose configuration cannot be used when it starts: `fail`, or `lastKnownGood`, which starts
   * it on the newest version in `history.dir` that is still valid, says so loudly, and takes the first good content that
   * appears. Default `fail`.
   */
  onInvalidBoot?: InvalidBootPolicy;

  /**
   * Which values are secret, as patterns (`llm.openai`, `**.pin`), besides what `@Secret()` marks and what is called
   * like a secret (`password`, `api_key`, `token` …). A pattern after `!` says what is not: `!llm.max_tokens`. Secrets
   * are hidden in logs, errors, diffs and the JSON of events; the app reads them as any other value.
   */
  secrets?: readonly PatternInput[];

  /** Formats besides the built-in ones, over which they win where they share an extension: `registerFormat('.ini', …)`. */
  formats?: readonly ConfigFormat[];

  /**
   * Whether `${…}` in the texts of files refers to other values: a key of the merged configuration (`${server.port}`), or
   * an environment variable (`${DB_HOST:-localhost}`). `true` is both. Default: it is plain text.
   */
  interpolate?: boolean | InterpolateOptions;

  /** How large, deep and numerous the content of sources may be. */
  limits?: Partial<ContentLimits>;

  /**
   * The control channel, which the `hot-config` command talks to: `true` opens it everywhere, `false` nowhere, an object
   * says how. Default: open, except under `NODE_ENV=production` or `test`.
   */
  control?: boolean | ControlOptions;

  /** Whether the module is global. Default true. */
  isGlobal?: boolean;
}
