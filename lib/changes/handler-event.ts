import type { CallOutcome } from './handler-call.js';

/** One call of a handler. */
export interface CallInfo {
  /** The handler, for example `LlmService.onLlmChange`. */
  readonly label: string;
  /** The version of the snapshot it is called with. */
  readonly version: number;
  readonly priority: number;
  /** 1 for the first call, 2 for the first retry. */
  readonly attempt: number;
}

/** Reported by the dispatcher, for logs, metrics and the status. */
export type HandlerEvent =
  | (CallInfo & CallOutcome & { readonly willRetry: boolean })
  | (CallInfo & { readonly kind: 'retry-started' })
  | { readonly kind: 'unsubscribed'; readonly label: string };
