import { reasonOf } from '../util/reason-of.js';
import type { DispatchObserver, HandlerCall } from '../changes/dispatch-observer.interface.js';
import type { ConfigLogger } from '../model/config-logger.interface.js';

type Finished = Parameters<NonNullable<DispatchObserver['handlerFinished']>>[0];
type Failed = Parameters<NonNullable<DispatchObserver['handlerFailed']>>[0];
type TimedOut = Parameters<NonNullable<DispatchObserver['handlerTimedOut']>>[0];

/** Writes what goes wrong in handlers to the log, with class and method; what goes well, for those who look closely. */
export class HandlerLog implements DispatchObserver {
  constructor(private readonly logger: ConfigLogger) {}

  handlerFinished({ label, version, durationMs }: Finished): void {
    this.logger.verbose?.(`${label} took version ${version} in ${durationMs.toFixed(1)} ms`);
  }

  handlerRetried({ label, version, attempt }: HandlerCall): void {
    this.logger.verbose?.(`${label} is called again with version ${version} (attempt ${attempt})`);
  }

  handlerFailed({ label, version, attempt, error, willRetry }: Failed): void {
    const why = reasonOf(error);
    this.logger.error(
      `${label} failed on version ${version} (attempt ${attempt}): ${why}${retryNote(willRetry)}`,
    );
  }

  handlerTimedOut({ label, version, timeoutMs, willRetry }: TimedOut): void {
    this.logger.error(
      `${label} did not end within ${timeoutMs} ms on version ${version}${retryNote(willRetry)}`,
    );
  }
}

function retryNote(willRetry: boolean): string {
  return willRetry ? '; it will be tried again' : '';
}
