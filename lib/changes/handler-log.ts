import { escapeControls } from '../util/control-characters.js';
import { reasonOf } from '../util/reason-of.js';
import type { HandlerEvent } from './handler-event.js';
import type { HandlerStats } from './handler-stats.js';
import { MAX_HELD } from '../logging/describe-result.js';
import type { SafeLogger } from '../logging/safe-logger.js';

/**
 * Logs the calls of handlers, with class and method: failures as errors, the first success after a failure, calls that
 * have held the event loop, and everything else at the level `verbose`.
 */
export class HandlerLog {
  /** @param stats knows the handlers whose last call failed; must count a call after it was logged */
  constructor(
    private readonly logger: SafeLogger,
    private readonly stats: Pick<HandlerStats, 'isFailing'>,
  ) {}

  write(event: HandlerEvent): void {
    switch (event.kind) {
      case 'unsubscribed':
        return;
      case 'finished': {
        const { label, version, durationMs, heldMs } = event;
        const isSlow = heldMs >= MAX_HELD;
        const held = isSlow ? `. All requests waited ${Math.round(heldMs)} ms for it` : '';
        const handled = `handled version ${version} in ${durationMs.toFixed(1)} ms${held}`;
        if (this.stats.isFailing(label)) this.logger.log(`${label} works again: it ${handled}`);
        else if (isSlow) this.logger.log(`${label} ${handled}`);
        else this.logger.verbose(`${label} ${handled}`);
        return;
      }
      case 'retry-started': {
        const { label, version, attempt } = event;
        return this.logger.verbose(`${label} is called again with version ${version} (attempt ${attempt})`);
      }
      case 'failed': {
        const { label, version, attempt, error, willRetry } = event;
        const reason = escapeControls(reasonOf(error)); // it cannot forge a line of the log
        return this.logger.error(
          `${label} failed on version ${version} (attempt ${attempt}): ${reason}${retryNote(willRetry)}`,
        );
      }
      case 'timed-out': {
        const { label, version, timeoutMs, willRetry } = event;
        return this.logger.error(
          `${label} did not finish within ${timeoutMs} ms on version ${version}${retryNote(willRetry)}`,
        );
      }
    }
  }
}

function retryNote(willRetry: boolean): string {
  return willRetry ? '; it will be called again' : '';
}
