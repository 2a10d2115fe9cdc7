import type { IncomingMessage, ServerResponse } from 'node:http';
import { finished, type Readable } from 'node:stream';
import { setImmediate } from 'node:timers';
import { types } from 'node:util';
import type { Snapshot } from '../snapshot/snapshot.js';
import { outcomeOf } from './http-outcome.js';
import type { Outcome } from './outcome-counters.js';
import { Pin, type PinOwner } from './pin.js';

/** The part of a request that its pin uses. */
export type PinnedRequest = Pick<IncomingMessage, 'method' | 'url' | 'httpVersionMajor' | 'listenerCount'>;

/**
 * The pin of an HTTP request. It ends when the response has closed and the work that Nest awaits has ended: the promises
 * of middleware and handlers, with their guards, pipes and interceptors.
 *
 * If the client disconnects, other work may go on that nobody awaits, until it answers: a middleware that calls `next()`
 * later, an exception filter. It reads the version of the request as long as that is in memory, and holds nothing. When
 * the next middleware or handler is entered, the request is pinned again.
 */
export class RequestPin extends Pin {
  /**
   * Both until the response is closed: timers that the request left behind keep the pin alive, and the pin must not keep
   * work alive that waits for an event of the response, which never comes.
   */
  #request: PinnedRequest | undefined;
  #response: ServerResponse | undefined;
  /** The request line of a request whose response was closed, until its work has ended. */
  #line: Pick<PinnedRequest, 'method' | 'url' | 'httpVersionMajor'> | undefined;
  /** The response if it was closed before it was sent: code that goes on may answer it in vain. */
  #unsent: WeakRef<ServerResponse> | undefined;
  /** The promises that Nest or the HTTP framework awaits, until the response is closed. Almost always one. */
  #work: Promise<unknown> | Promise<unknown>[] | undefined;
  #isAnswered = false;
  /** The answer needs nothing more of the request: it is a stream, or nothing can answer any more. */
  #isSettled = false;
  #stream: Readable | undefined;
  #isClosed = false;
  /** Number of parts of the work that may go on after the response is closed. */
  #open = 0;
  #outcome: Outcome;
  /** The snapshot of a request that nobody has answered, after its end. */
  #remembered: WeakRef<Snapshot> | undefined;

  constructor(snapshot: Snapshot, owner: PinOwner, request: PinnedRequest, response: ServerResponse) {
    super(snapshot, owner);
    this.#request = request;
    this.#response = response;
  }

  /** Returns `GET /v1/complete`, without the query, which may contain secrets. */
  override describe(): string {
    const line = this.#request ?? this.#line;
    return `${line?.method} ${line?.url?.split('?')[0]}`;
  }

  /** Runs a middleware or a handler of the request in its context, whatever context it is called from. */
  run(handle: () => unknown): unknown {
    if (this.#isClosed) return this.#runLate(handle);
    const result = this.enter(handle);
    if (isPromise(result)) this.#awaits(result);
    return result;
  }

  /** Runs a hook that Nest calls after the answer. The pin is held until its promise has settled. */
  runAfterAnswer(hook: () => unknown): unknown {
    if (this.#isClosed) return this.#runLate(hook);
    const result = this.enter(hook);
    if (isPromise(result)) this.#follow(result);
    return result;
  }

  /** Runs other code of the request in its context. */
  enter<R>(fn: () => R): R {
    return this.owner.active === this ? fn() : this.owner.enter(this, fn);
  }

  /**
   * Marks the request as answered by Nest: the promise of its handler settles now. Fastify may still await hooks before it
   * ends the response.
   *
   * @param stream is read until it is closed: if the client disconnects, a generator may still run for some time
   */
  answered(stream?: Readable): void {
    this.#isAnswered = true;
    this.#isSettled = stream !== undefined;
    this.#stream = stream;
    // Over HTTP/2, the reply of Fastify to a client that has disconnected never settles, and the handler awaits it.
    if (this.#line?.httpVersionMajor === 2) setImmediate(() => this.#finish());
  }

  /** Must be called when the listeners of `close` of the response have been called. */
  closed(): void {
    const request = this.#request;
    const response = this.#response;
    if (request === undefined || response === undefined) return;
    this.#isClosed = true;
    this.#outcome = outcomeOf(response);
    this.#request = this.#response = undefined;
    if (!response.writableEnded) this.#unsent = new WeakRef(response);
    // What the listeners of `close` have queued belongs to the request; that of the request itself comes later.
    if (!response.writableFinished || hasCloseListener(response) || hasCloseListener(request)) {
      this.#open += 1;
      setImmediate(() => this.#partEnded());
    }
    const stream = this.#stream;
    const work = this.#work;
    this.#stream = this.#work = undefined;
    if (stream?.closed === false) this.#followStream(stream);
    if (work !== undefined && !this.#isAnswered)
      for (const part of Array.isArray(work) ? work : [work]) this.#follow(part);
    if (this.#open > 0 || !this.#isDone()) {
      const { method, url, httpVersionMajor } = request;
      this.#line = { method, url, httpVersionMajor };
    }
    if (this.#open === 0) this.#finish();
  }

  protected override afterEnd(): Snapshot | undefined {
    const remembered = this.#remembered;
    if (remembered === undefined) return undefined;
    if (!this.#isDone()) return remembered.deref();
    this.#remembered = undefined;
    return undefined;
  }

  /** A middleware or handler that is entered although the client has gone, or the request was answered. */
  #runLate(handle: () => unknown): unknown {
    const snapshot = this.afterEnd();
    if (snapshot !== undefined) this.resume(snapshot);
    if (!this.isHeld) return this.enter(handle);
    this.#open += 1;
    try {
      const result = this.enter(handle);
      if (isPromise(result)) this.#follow(result);
      return result;
    } finally {
      this.#partEnded();
    }
  }

  #awaits(work: Promise<unknown>): void {
    if (this.#work === undefined) this.#work = work;
    else if (Array.isArray(this.#work)) this.#work.push(work);
    else this.#work = [this.#work, work];
  }

  #follow(work: Promise<unknown>): void {
    // Nothing can settle a promise that was collected: its work never goes on, and never answers.
    const onEnd = this.#opened(work, () => (this.#isSettled = true));
    work.then(onEnd, onEnd);
  }

  #followStream(stream: Readable): void {
    // A stream with `emitClose: false` that is destroyed emits nothing. Its errors are not for the pin to handle.
    const onEnd = this.#opened(stream);
    finished(stream, { error: false, writable: false }, onEnd);
  }

  /** Notes a part of the work that goes on. Returns a function that ends it; it also ends when `part` is collected. */
  #opened(part: object, onCollected?: () => void): () => void {
    this.#open += 1;
    let isOver = false;
    const onEnd = () => {
      if (isOver) return;
      isOver = true;
      unregister();
      this.#partEnded();
    };
    const unregister = this.owner.onCollected(part, () => {
      onCollected?.();
      onEnd();
    });
    return onEnd;
  }

  #partEnded(): void {
    this.#open -= 1;
    if (this.#open === 0 && this.#isClosed) this.#finish();
  }

  #finish(): void {
    if (this.#isDone()) this.#line = this.#unsent = undefined;
    else if (this.snapshot !== undefined) this.#remembered = new WeakRef(this.snapshot);
    const outcome = this.#outcome;
    this.#outcome = undefined; // counted once
    this.end(outcome);
  }

  /** Checks whether nothing can answer the request any more. */
  #isDone(): boolean {
    const response = this.#isSettled ? undefined : this.#unsent?.deref();
    return response === undefined || response.writableEnded;
  }
}

function hasCloseListener(emitter: Pick<IncomingMessage, 'listenerCount'>): boolean {
  return emitter.listenerCount('close') > 0;
}

/**
 * Not any object with `then`: to call that of a lazy query would start it. The second check is slower, and for promises of
 * another realm, as some test runners have.
 */
function isPromise(result: unknown): result is Promise<unknown> {
  return result instanceof Promise || (typeof result === 'object' && types.isPromise(result));
}
