/** One call of a handler. */
export interface HandlerCall {
  /** Who is called, for example `LlmService.onLlmChange`. */
  readonly label: string;
  /** The version of the snapshot it was called with. */
  readonly version: number;
  readonly priority: number;
  /** 1 for the first call, 2 for the first retry. */
  readonly attempt: number;
}

/** Learns how the calls of handlers went, to log and to count them. What it throws is ignored. */
export interface DispatchObserver {
  handlerFinished?(call: HandlerCall & { readonly durationMs: number }): void;
  /** It threw, or its promise was rejected. `error` is whatever was thrown. */
  handlerFailed?(
    call: HandlerCall & { readonly durationMs: number; readonly error: unknown; readonly willRetry: boolean },
  ): void;
  handlerTimedOut?(call: HandlerCall & { readonly timeoutMs: number; readonly willRetry: boolean }): void;
  /** A retry begins. */
  handlerRetried?(call: HandlerCall): void;
  /** It is not called any more. */
  handlerReleased?(label: string): void;
}
