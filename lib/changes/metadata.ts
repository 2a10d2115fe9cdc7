import type { BeforeConfigChangeOptions } from './before-config-change-options.js';
import type { PatternInput } from '../patterns/pattern.js';
import type { SubscribeOptions } from './subscribe-options.js';

/** Where the subscriptions of a method are found: on the function itself, as an array. */
export const ON_CONFIG_CHANGE_METADATA = 'nestjs-hot-config:on-config-change';

/** Where the vetoes of a method are found: on the function itself, as an array. */
export const BEFORE_CONFIG_CHANGE_METADATA = 'nestjs-hot-config:before-config-change';

/** What one `@OnConfigChange` says. */
export interface OnConfigChangeMetadata {
  readonly patterns: PatternInput | readonly PatternInput[];
  readonly options: SubscribeOptions;
}

/** What one `@BeforeConfigChange` says. */
export interface BeforeConfigChangeMetadata {
  readonly patterns: PatternInput | readonly PatternInput[];
  readonly options: BeforeConfigChangeOptions;
}
