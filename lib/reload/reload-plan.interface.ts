import type { Change } from '../model/change.interface.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { HotConfigError } from '../model/hot-config.error.js';

/**
 * What a reload would do, as `HotConfigManager.plan()` tells.
 *
 * @publicApi
 */
export interface ReloadPlan {
  /** How the reload would end, if nobody objected and every component could be built. */
  readonly outcome: 'applied' | 'unchanged' | 'rejected';
  /** What would change against the version in force. */
  readonly changes: readonly Change[];
  /** The `@BeforeConfigChange` methods that would be asked: `LlmService.checkBudget`. */
  readonly vetoes: readonly string[];
  /** The handlers that would be called. */
  readonly handlers: readonly string[];
  /** The components that would be built again, in that order. */
  readonly components: readonly string[];
  /** The paths whose new values would wait for a restart. */
  readonly restart: readonly string[];
  /** What is wrong (`rejected`), or worth a warning. */
  readonly issues: readonly ConfigIssue[];
  /** Why it would be rejected. */
  readonly error?: HotConfigError;
}
