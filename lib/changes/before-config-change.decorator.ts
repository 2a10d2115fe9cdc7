import { appendMetadata } from './append-metadata.js';
import type { BeforeConfigChangeOptions } from './before-config-change-options.js';
import { BEFORE_CONFIG_CHANGE_METADATA, type BeforeConfigChangeMetadata } from './metadata.js';
import type { PatternInput } from '../patterns/pattern.js';

export type { BeforeConfigChangeOptions };

/**
 * Calls the method before a change that the pattern selects is committed, with the candidate. Throwing, rejecting or
 * taking too long vetoes the whole reload: the snapshot in force stays, and the reload says who refused it and why.
 *
 * A pattern or an option that makes no sense stops the app at boot, naming class and method.
 *
 * ```ts
 * @Injectable()
 * export class LlmService {
 *   @BeforeConfigChange('llm.model', { timeout: 2_000 })
 *   async checkModel(event: BeforeConfigChangeEvent<AppConfig>) {
 *     const { model } = event.candidate.value.llm;
 *     if (!(await this.models()).includes(model)) throw new Error(`there is no model ${model}`);
 *   }
 * }
 * ```
 *
 * @param pattern a path with wildcards, a RegExp on paths, or several of them
 *
 * @publicApi
 */
export function BeforeConfigChange(
  pattern: PatternInput | readonly PatternInput[],
  options: BeforeConfigChangeOptions = {},
): MethodDecorator {
  return (_target, _key, descriptor: PropertyDescriptor) => {
    const metadata: BeforeConfigChangeMetadata = { patterns: pattern, options };
    appendMetadata(BEFORE_CONFIG_CHANGE_METADATA, metadata, descriptor.value as object);
  };
}
