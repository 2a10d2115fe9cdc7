import type { SafeLogger } from '../logging/safe-logger.js';
import type { AppCalls, Waiter } from '../model/app-call.js';
import { HotConfigError } from '../model/hot-config.error.js';
import { CHAIN_PAUSE, type ReloadChain } from '../model/reload-chain.js';
import type { ReloadResult } from '../model/reload-result.interface.js';
import { summarizeNames } from '../util/summarize-names.js';

/** Length of a chain at which a warning is logged. */
const WARN_LENGTH = 10;

/** Length of the longest chain: the next reload is refused. */
const MAX_LENGTH = 100;

/** What has been logged about the chains of one handler since they began. */
interface ChainReport {
  at: number;
  isWarned: boolean;
  isStopped: boolean;
}

/**
 * Refuses requests of the app's own code that could never end: those that would wait for themselves, and those that follow
 * a long chain of reloads, each of which called the code that requested the next one.
 */
export class RequestGuard {
  readonly #reports = new Map<string, ChainReport>();

  constructor(
    private readonly calls: AppCalls,
    private readonly logger: SafeLogger,
  ) {}

  /** Returns the error of a request, for example of `settled()`, if the running code would wait for itself. */
  selfWait(request: string, waiter: Waiter): HotConfigError | undefined {
    const call = this.calls.current;
    if (!call?.isAwaitedBy(waiter)) return undefined;
    const waiting = waiter === 'settled' ? 'it' : `the running ${waiter}`;
    const summary =
      `${request} was requested by ${call.label}, which ${waiting} waits for: it would wait for itself. ` +
      'Request it when that call has ended, for example in a change handler.';
    this.logger.errorOnce(call, summary);
    return new HotConfigError(summary, 'CONFIG_SELF_WAIT');
  }

  /** Returns the error of a reload that would make a chain too long. */
  tooLong(chain: ReloadChain | undefined): HotConfigError | undefined {
    if (chain === undefined || chain.length <= MAX_LENGTH) return undefined;
    const summary =
      `${describe(chain)} ${MAX_LENGTH} reloads in a row, and each of them has called it again: its requests are refused ` +
      `until it has not requested any for ${CHAIN_PAUSE / 1_000} s.`;
    const report = this.#reportOf(chain);
    if (!report.isStopped) this.logger.error(summary);
    report.isStopped = true;
    return new HotConfigError(summary, 'CONFIG_RELOAD_CHAIN');
  }

  /** Warns of a chain that gets long. */
  ended(chain: ReloadChain | undefined, { changes }: ReloadResult): void {
    if (chain === undefined || chain.length < WARN_LENGTH) return;
    const report = this.#reportOf(chain);
    if (report.isWarned) return;
    report.isWarned = true;
    const paths = changes.map(({ path }) => path);
    const last = paths.length === 0 ? '' : ` (the last one has changed ${summarizeNames(paths)})`;
    this.logger.warn(
      `${describe(chain)} ${chain.length} reloads in a row${last}, and each of them has called it again. ` +
        `After ${MAX_LENGTH} its requests are refused. Change its patterns, so that it is not called for its own changes.`,
    );
  }

  #reportOf({ labels, at }: ReloadChain): ChainReport {
    for (const [label, report] of this.#reports)
      if (at - report.at > CHAIN_PAUSE) this.#reports.delete(label);
    const label = labels.at(-1)!; // a chain has one
    const report = this.#reports.get(label) ?? { at, isWarned: false, isStopped: false };
    report.at = at;
    this.#reports.set(label, report);
    return report;
  }
}

function describe({ labels }: ReloadChain): string {
  return labels.length === 1 ? `${labels[0]} has requested` : `${summarizeNames([...labels])} have requested`;
}
