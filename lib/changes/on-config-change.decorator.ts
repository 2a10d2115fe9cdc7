import type { PatternInput } from '../patterns/pattern.js';
import type { Patterns } from '../patterns/pattern.types.js';
import { appendMetadata } from './decorator-metadata.js';
import type { SubscribeOptions } from './subscribe-options.js';

/** Metadata key on a decorated method; the value is an array of `OnConfigChangeMetadata`. */
export const ON_CONFIG_CHANGE_METADATA = 'nestjs-hot-config:on-config-change';

/** The arguments of one `@OnConfigChange()`. */
export interface OnConfigChangeMetadata {
  readonly patterns: PatternInput | readonly PatternInput[];
  readonly options: SubscribeOptions;
}

/**
 * Calls the method after each commit that changes something the pattern selects: once per commit, with all such
 * changes. Several patterns in one decorator are one subscription; each further decorator on the method is one more.
 *
 * An invalid pattern or option stops the app at boot, with an error that names class and method.
 *
 * `@OnConfigChange('llm.*')` above this method; `@OnConfigChange<AppConfig>('llm.*')` lets the compiler check and complete
 * the path:
 *
 * ```ts
 * async onLlmChange(event: ConfigChangeEvent<AppConfig>) {
 *   for (const { path, kind } of event.changes) this.logger.log(`${path} ${kind}`);
 *   await this.reconnect(event.current.value.llm, event.signal);
 * }
 * ```
 *
 * Several patterns with options: `@OnConfigChange(['**.timeout', /_limit$/], { priority: 10, debounce: 500, retries: 3 })`
 *
 * @typeParam T the type of the configuration, to check and complete paths. Patterns with wildcards or brackets are not
 * checked. Without the type, any pattern is accepted
 * @param pattern a path with wildcards, a RegExp on paths, or several of them
 *
 * @publicApi
 */
export function OnConfigChange<T extends object = Record<string, unknown>>(
  pattern: Patterns<NoInfer<T>>,
  options: SubscribeOptions = {},
): MethodDecorator {
  return (_target, _key, descriptor: PropertyDescriptor) => {
    const metadata: OnConfigChangeMetadata = {
      patterns: pattern as PatternInput | readonly PatternInput[],
      options,
    };
    appendMetadata(ON_CONFIG_CHANGE_METADATA, metadata, descriptor.value as object);
  };
}
