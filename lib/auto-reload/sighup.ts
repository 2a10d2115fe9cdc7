import { AsyncLocalStorage } from 'node:async_hooks';
import type { SafeLogger } from '../logging/safe-logger.js';
import type { Part } from '../model/part.interface.js';
import type { ReloadRequest } from '../model/reload-result.interface.js';

const SIGNAL = 'SIGHUP';

/** Marks the listeners of this library, of any copy: several apps of a process reload together. */
const IS_OURS = Symbol.for('nestjs-hot-config.reloadOnSighup');

/** Everything that reloads on SIGHUP need. */
export interface SighupContext {
  readonly logger: SafeLogger;
  /** Requests a reload. Never rejects. */
  readonly reload: (request: ReloadRequest) => Promise<unknown>;
}

/**
 * Reloads on SIGHUP, as nginx and Prometheus do. The signal does not end the process then. If the app listens to it itself,
 * it belongs to the app.
 */
export class SighupReload implements Part {
  readonly #detached = AsyncLocalStorage.snapshot();
  readonly #onSignal = Object.assign(() => this.#detached(() => this.#received()), { [IS_OURS]: true });

  constructor(private readonly context: SighupContext) {}

  start(): void {
    // Windows sends it when the console is closed, and ends the process in any case.
    if (process.platform !== 'win32') process.on(SIGNAL, this.#onSignal);
  }

  close(): void {
    process.off(SIGNAL, this.#onSignal);
  }

  #received(): void {
    const { logger, reload } = this.context;
    const others = process.listeners(SIGNAL).filter((listener) => !(IS_OURS in listener));
    // Those of signal-exit, with which also the control channel removes its socket, only wait for the end of the process.
    if (others.length <= exitListeners()) return void reload({ cause: 'manual', reason: SIGNAL });
    logger.warn(
      `${SIGNAL} does not reload the configuration, because the app has a listener of its own for it. ` +
        "enableShutdownHooks() is one: pass it only the signals that end the app, such as ['SIGTERM', 'SIGINT'].",
    );
  }
}

/** Counts the listeners that the copies of the package signal-exit have for each signal. They know one another by this. */
function exitListeners(): number {
  const { __signal_exit_emitter__: version3 } = process as { readonly __signal_exit_emitter__?: Counted };
  const version4 = Reflect.get(globalThis, Symbol.for('signal-exit emitter')) as Counted | undefined;
  return (version3?.count ?? 0) + (version4?.count ?? 0);
}

interface Counted {
  readonly count?: number;
}
