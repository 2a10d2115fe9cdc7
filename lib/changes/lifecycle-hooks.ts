import type { ReloadRequest, ReloadResult } from '../model/reload-result.interface.js';
import { withTimeout } from '../util/timeouts.js';

/** How long a hook is waited for, in ms: one that hangs must not be the end of all reloads. */
const PATIENCE = 10_000;

/** The methods that are found by their names. */
const HOOKS = ['beforeConfigReload', 'onConfigReload', 'onConfigRejected', 'onConfigRollback'] as const;

/** The name of a lifecycle hook. */
export type HookName = (typeof HOOKS)[number];

/** A hook that was found on somebody. */
export interface Hook {
  /** `LlmService.onConfigReload` */
  readonly label: string;
  readonly call: (parameter: ReloadRequest | ReloadResult) => unknown;
}

/** Everybody's lifecycle hooks. They learn; they have no say: what they throw is reported and goes no further. */
export class LifecycleHooks {
  readonly #hooks = new Map<HookName, Set<Hook>>(HOOKS.map((name) => [name, new Set<Hook>()]));

  constructor(private readonly failed: (label: string, error: unknown) => void) {}

  isHook(name: string): name is HookName {
    return this.#hooks.has(name as HookName);
  }

  /** Adds one; the answer removes it. */
  add(name: HookName, hook: Hook): () => void {
    const hooks = this.#hooks.get(name)!; // every name has its set from the start
    hooks.add(hook);
    return () => hooks.delete(hook);
  }

  /** Before a reload: waited for, so that what they prepare is there. */
  async before(request: ReloadRequest): Promise<void> {
    await this.#call('beforeConfigReload', request);
  }

  /** After a reload: not waited for. */
  after(result: ReloadResult): void {
    if (result.outcome === 'rejected') void this.#call('onConfigRejected', result);
    if (result.outcome !== 'applied' || result.cause === 'boot') return;
    void this.#call('onConfigReload', result);
    if (result.cause === 'rollback') void this.#call('onConfigRollback', result);
  }

  async #call(name: HookName, parameter: ReloadRequest | ReloadResult): Promise<void> {
    await Promise.all(
      [...this.#hooks.get(name)!].map(async ({ label, call }) => {
        try {
          await withTimeout(PATIENCE, () => call(parameter));
        } catch (error) {
          this.failed(label, error);
        }
      }),
    );
  }
}
