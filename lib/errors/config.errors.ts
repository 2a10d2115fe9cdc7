import type { HotConfigErrorCode } from '../model/error-code.js';
import type { ReloadStage } from '../model/reload-stage.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import { escapeControlsKeepLines } from '../util/control-characters.js';
import { HotConfigError } from '../model/hot-config.error.js';

/**
 * Options of the errors of a source.
 *
 * @publicApi
 */
export interface SourceErrorOptions extends ErrorOptions {
  /** `true` if waiting may fix it: the file is empty, missing or cut off, as in the middle of a save. Default false. */
  readonly transient?: boolean;
  /** The revision that failed (for a file: the SHA-256 of its bytes), so that it is not waited for twice. */
  readonly revision?: string;
  /**
   * What the source has read, although it fails: its secrets are hidden in the error.
   *
   * @internal
   */
  readonly content?: object;
}

/**
 * A source could not be read: a missing file, no permission, a remote store that does not answer.
 *
 * @publicApi
 */
export class ConfigSourceError extends HotConfigError {
  /** `true` if waiting may fix it, as in the middle of a save. */
  readonly transient: boolean;
  /**
   * The revision that failed, if the source knows it. Not enumerable, so that it is neither printed nor copied: the hash
   * of content with secrets may reveal them.
   */
  declare readonly revision: string | undefined;
  /** Private, so that it is never printed, copied or found by code that lists properties. */
  readonly #content: object | undefined;

  constructor(summary: string, issues: readonly ConfigIssue[], options?: SourceErrorOptions);
  /**
   * For the subclasses.
   *
   * @internal
   */
  constructor(
    summary: string,
    issues: readonly ConfigIssue[],
    options: SourceErrorOptions,
    code: HotConfigErrorCode,
    stage?: ReloadStage,
  );
  constructor(
    summary: string,
    issues: readonly ConfigIssue[],
    options: SourceErrorOptions = {},
    code: HotConfigErrorCode = 'CONFIG_SOURCE',
    stage: ReloadStage = 'collect',
  ) {
    super(summary, code, stage, issues, options);
    this.transient = options.transient ?? false;
    Object.defineProperty(this, 'revision', { value: options.revision, configurable: true });
    this.#content = options.content;
  }

  /**
   * Returns what the source has read, if it has said so.
   *
   * @internal
   */
  content(): object | undefined {
    return this.#content;
  }
}

/**
 * The content of a source does not follow its format.
 *
 * @publicApi
 */
export class ConfigParseError extends ConfigSourceError {
  constructor(summary: string, issues: readonly ConfigIssue[], options: SourceErrorOptions = {}) {
    super(summary, issues, options, 'CONFIG_PARSE');
  }
}

/**
 * Variables do not satisfy `validate` or `validationSchema`. The message is that of `@nestjs/config`: the one that
 * `validate` threw, or `Config validation error: …`; the positions are in `issues`.
 *
 * @publicApi
 */
export class ConfigEnvironmentError extends ConfigSourceError {
  constructor(message: string, issues: readonly ConfigIssue[], options: SourceErrorOptions = {}) {
    super('The environment is not valid', issues, options, 'CONFIG_ENVIRONMENT', 'validate');
    this.message = escapeControlsKeepLines(message);
  }
}

/**
 * A `${…}` in the configuration refers to something that does not exist, or to itself.
 *
 * @publicApi
 */
export class ConfigInterpolationError extends HotConfigError {
  constructor(summary: string, issues: readonly ConfigIssue[], options?: ErrorOptions) {
    super(summary, 'CONFIG_INTERPOLATION', 'merge', issues, options);
  }
}

/**
 * The merged configuration does not satisfy the schema or a validator.
 *
 * @publicApi
 */
export class ConfigValidationError extends HotConfigError {
  constructor(summary: string, issues: readonly ConfigIssue[], options?: ErrorOptions) {
    super(summary, 'CONFIG_VALIDATION', 'validate', issues, options);
  }
}

/**
 * A `@BeforeConfigChange` method (or a component) refused the candidate.
 *
 * @publicApi
 */
export class ConfigVetoError extends HotConfigError {
  constructor(summary: string, issues: readonly ConfigIssue[], options?: ErrorOptions) {
    super(summary, 'CONFIG_VETO', 'prepare', issues, options);
  }
}

/**
 * Options of `ConfigRefreshError`.
 *
 * @publicApi
 */
export interface RefreshErrorOptions extends ErrorOptions {
  /** The path of the change that the component is built for, and the place of its value. */
  readonly change?: Pick<ConfigIssue, 'path' | 'origin'> & {
    /** The names of all changed paths that it is built for, as a message shows them. */
    readonly paths?: string;
  };
}

/**
 * A refreshable component could not be built for the candidate, or is not healthy with it.
 *
 * @publicApi
 */
export class ConfigRefreshError extends HotConfigError {
  constructor(label: string, why: string, options: RefreshErrorOptions = {}) {
    const { change } = options;
    const after = change?.paths === undefined ? '' : ` after the change of ${change.paths}`;
    const place = change && { path: change.path, ...(change.origin && { origin: change.origin }) };
    const issue = { path: '', ...place, message: `${label} could not be built${after}: ${why}` };
    super('A component could not be built', 'CONFIG_REFRESH', 'prepare', [issue], options);
  }
}

/**
 * A component was used by work whose instance was disposed of: the work took longer than the `drainTimeout` of the
 * component, or went on after its client had disconnected.
 *
 * @publicApi
 */
export class ConfigDisposedError extends HotConfigError {
  /**
   * @param version the configuration version of the instance
   * @param why says what the work has done, and what to do about it
   */
  constructor(label: string, version: number, why: string) {
    super(
      `Component ${label} of version ${version} was disposed of, and this work keeps that version: ${why}`,
      'CONFIG_DISPOSED',
    );
  }
}

/**
 * A version cannot be restored, because it is not among the kept versions, or its file on disk cannot be used.
 *
 * @publicApi
 */
export class ConfigRollbackError extends HotConfigError {
  constructor(
    why: string,
    /** `not-kept` is a mistake of the caller, who has asked for this version. */
    readonly reason: 'not-kept' | 'unreadable' = 'not-kept',
    options?: ErrorOptions,
  ) {
    const issue = { path: '', message: why };
    super('The version is not available', 'CONFIG_ROLLBACK', 'collect', [issue], options);
  }
}

/**
 * A pattern of `@OnConfigChange` or `onChange()` cannot be parsed.
 *
 * @publicApi
 */
export class ConfigPatternError extends HotConfigError {
  constructor(summary: string, options?: ErrorOptions) {
    super(summary, 'CONFIG_PATTERN', undefined, [], options);
  }
}

/**
 * `getOrThrow` was called with a key that does not exist.
 *
 * @publicApi
 */
export class ConfigMissingKeyError extends HotConfigError {
  /** @param why the reason, if it is not just missing */
  constructor(path: string, why?: string) {
    const reason = why === undefined ? '' : `: ${why}`;
    super(`Configuration key "${path}" does not exist${reason}`, 'CONFIG_MISSING_KEY');
  }
}

/**
 * An option of `HotConfigModule.forRoot()`, or an argument of a method, is not valid.
 *
 * @publicApi
 */
export class ConfigOptionsError extends HotConfigError {
  constructor(summary: string, stage?: ReloadStage) {
    super(summary, 'CONFIG_OPTIONS', stage);
  }
}
