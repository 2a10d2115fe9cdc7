import type { AppCalls, Waiter } from '../model/app-call.js';
import type {
  AppliedReload,
  RejectedReload,
  ReloadRequest,
  ReloadResult,
} from '../model/reload-result.interface.js';
import type { ReportedRequest } from '../model/reported-request.interface.js';
import type { ReloadObserver } from '../reload/reload-observer.interface.js';
import { Registry } from '../util/listeners.js';
import { withTimeout } from '../util/timeouts.js';

/**
 * The hook before a reload. It is found by its name on any provider or controller, as Nest's own hooks are.
 *
 * @publicApi
 */
export interface BeforeConfigReload {
  /**
   * Called before each reload collects its sources. It prepares, and cannot refuse the reload: its errors are logged.
   */
  beforeConfigReload(request: ReloadRequest): unknown;
}

/**
 * The hook after a new version. It is found by its name on any provider or controller.
 *
 * @publicApi
 */
export interface OnConfigReload {
  /**
   * Called after each reload that applied a new version, at the same time as the change handlers: neither waits for the
   * other. Its errors are logged.
   */
  onConfigReload(result: AppliedReload): unknown;
}

/**
 * The hook after a rejected reload. It is found by its name on any provider or controller.
 *
 * @publicApi
 */
export interface OnConfigRejected {
  /** Called after each rejected reload. Its errors are logged. */
  onConfigRejected(result: RejectedReload): unknown;
}

/**
 * The hook after a rollback. It is found by its name on any provider or controller.
 *
 * @publicApi
 */
export interface OnConfigRollback {
  /** Called after each reload that rolled back to an earlier version. Its errors are logged. */
  onConfigRollback(result: AppliedReload): unknown;
}

/** Timeout of a hook, in ms: one that hangs must not block all further reloads. */
const HOOK_TIMEOUT = 10_000;

/** The names by which hooks are found. */
const HOOKS = ['beforeConfigReload', 'onConfigReload', 'onConfigRejected', 'onConfigRollback'] as const;

/** The name of a lifecycle hook. */
export type HookName = (typeof HOOKS)[number];

/** The hook of one provider or controller. */
export interface Hook {
  /** `LlmService.onConfigReload` */
  readonly label: string;
  readonly call: (parameter: ReloadRequest | ReloadResult) => unknown;
}

/** The lifecycle hooks of the app. They cannot influence a reload: their errors are passed to `onError`, and go no further. */
export class LifecycleHooks implements ReloadObserver {
  readonly #hooks = new Map(HOOKS.map((name) => [name, new Registry<Hook>()]));

  constructor(
    private readonly calls: AppCalls,
    private readonly onError: (label: string, error: unknown) => void,
  ) {}

  isHook(name: string): name is HookName {
    return this.#hooks.has(name as HookName);
  }

  /** Adds a hook, and returns a function that removes it. */
  add(name: HookName, hook: Hook): () => void {
    return this.#hooks.get(name)!.add(hook); // every name has a registry from the start
  }

  /** Calls the hooks before a reload. The reload waits for them: it needs what they prepare. */
  async started({ audit, trial: _trial, ...request }: ReportedRequest): Promise<void> {
    // An audit is not a reload until it finds something.
    if (audit === undefined) await this.#call('beforeConfigReload', request);
  }

  /** Calls the hooks after a reload, without waiting for them. */
  ended(result: ReloadResult): void {
    if (result.outcome === 'rejected') void this.#call('onConfigRejected', result);
    if (result.outcome !== 'applied' || result.cause === 'boot') return;
    void this.#call('onConfigReload', result);
    if (result.cause === 'rollback') void this.#call('onConfigRollback', result);
  }

  async #call(name: HookName, parameter: ReloadRequest | ReloadResult): Promise<void> {
    const waiters: readonly Waiter[] = name === 'beforeConfigReload' ? ['reload', 'settled'] : [];
    await Promise.all(
      [...this.#hooks.get(name)!].map(async ({ label, call }) => {
        try {
          await this.calls.run(label, waiters, () => withTimeout(HOOK_TIMEOUT, () => call(parameter)));
        } catch (error) {
          this.onError(label, error);
        }
      }),
    );
  }
}
