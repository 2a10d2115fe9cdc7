import { strictObject } from '../options/strict-object.js';
import type { PatternInput } from '../patterns/pattern.js';
import type { Patterns } from '../patterns/pattern.types.js';
import { appendMetadata } from './decorator-metadata.js';
import { timeout } from './subscribe-options.js';

/** Metadata key on a decorated method; the value is an array of `BeforeConfigChangeMetadata`. */
export const BEFORE_CONFIG_CHANGE_METADATA = 'nestjs-hot-config:before-config-change';

/** The arguments of one `@BeforeConfigChange()`. */
export interface BeforeConfigChangeMetadata {
  readonly patterns: PatternInput | readonly PatternInput[];
  readonly options: BeforeConfigChangeOptions;
}

/**
 * Options of `@BeforeConfigChange()`.
 *
 * @publicApi
 */
export interface BeforeConfigChangeOptions {
  /**
   * Timeout of the method, in ms. A method that takes longer has vetoed the reload.
   *
   * @default 10_000
   */
  readonly timeout?: number;
}

/**
 * Calls the method before a change that the pattern selects is committed, with the candidate. If it throws, rejects or
 * takes too long, the whole reload is rejected: the snapshot in force stays, and the result of the reload names the
 * method and the reason.
 *
 * An invalid pattern or option stops the app at boot, with an error that names class and method.
 *
 * `@BeforeConfigChange('llm.model', { timeout: 2_000 })` above this method; `@BeforeConfigChange<AppConfig>(…)` lets the
 * compiler check and complete the path:
 *
 * ```ts
 * async checkModel(event: BeforeConfigChangeEvent<AppConfig>) {
 *   const { model } = event.candidate.value.llm;
 *   if (!(await this.models()).includes(model)) throw new Error(`there is no model ${model}`);
 * }
 * ```
 *
 * @typeParam T the type of the configuration, to check and complete paths. Patterns with wildcards or brackets are not
 * checked. Without the type, any pattern is accepted
 * @param pattern a path with wildcards, a RegExp on paths, or several of them
 *
 * @publicApi
 */
export function BeforeConfigChange<T extends object = Record<string, unknown>>(
  pattern: Patterns<NoInfer<T>>,
  options: BeforeConfigChangeOptions = {},
): MethodDecorator {
  return (_target, _key, descriptor: PropertyDescriptor) => {
    const metadata: BeforeConfigChangeMetadata = {
      patterns: pattern as PatternInput | readonly PatternInput[],
      options,
    };
    appendMetadata(BEFORE_CONFIG_CHANGE_METADATA, metadata, descriptor.value as object);
  };
}

const checkOptions = strictObject<BeforeConfigChangeOptions>({ timeout });

/**
 * Returns the timeout of a veto, in ms.
 *
 * @throws ConfigOptionsError if an option is invalid
 */
export function vetoTimeout(options: BeforeConfigChangeOptions): number {
  checkOptions(options, '', '');
  return options.timeout ?? 10_000;
}
