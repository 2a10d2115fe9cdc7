import type { ConfigSnapshot } from '../model/config-snapshot.interface.js';
import type { Change, ConfigChangeEvent } from '../model/change.interface.js';

/**
 * Changes as an async iterator. It keeps one event at most: one that was not read is merged with the next, so a reader
 * that is slow gets the latest state, and memory stays bounded.
 */
export class ChangeStream<T> implements AsyncIterableIterator<ConfigChangeEvent<T>> {
  private unread: ConfigChangeEvent<T> | undefined;
  private readers: ((result: IteratorResult<ConfigChangeEvent<T>>) => void)[] = [];
  private readonly controller = new AbortController();

  /**
   * @param between what the stream selects of the difference between two snapshots
   * @param onEnd called once, when nothing will be read any more
   */
  constructor(
    private readonly between: (previous: ConfigSnapshot<T>, current: ConfigSnapshot<T>) => Change[],
    private readonly onEnd: () => void,
  ) {}

  push(event: ConfigChangeEvent<T>): void {
    this.unread = this.merge(event);
    if (this.unread === undefined || this.readers.length === 0) return;
    this.readers.shift()!({ done: false, value: this.unread }); // the line above: there is a reader
    this.unread = undefined;
  }

  next(): Promise<IteratorResult<ConfigChangeEvent<T>>> {
    const event = this.unread;
    this.unread = undefined;
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    if (this.hasEnded) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.readers.push(resolve));
  }

  return(): Promise<IteratorResult<ConfigChangeEvent<T>>> {
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Ends the loops that read from it. */
  end(): void {
    if (this.hasEnded) return;
    this.controller.abort(new DOMException('The stream of changes has ended', 'AbortError'));
    this.unread = undefined;
    for (const read of this.readers.splice(0)) read({ done: true, value: undefined });
    this.onEnd();
  }

  private get hasEnded(): boolean {
    return this.controller.signal.aborted;
  }

  /** The event, or what it makes with the unread one: nothing where the second undid the first. */
  private merge(event: ConfigChangeEvent<T>): ConfigChangeEvent<T> | undefined {
    const { current, cause } = event;
    const previous = this.unread?.previous ?? event.previous;
    const changes = this.unread === undefined ? event.changes : this.between(previous, current);
    if (changes.length === 0) return undefined;
    // A reader has the event longer than the call that brought it: its signal is the stream's own.
    return Object.freeze({ changes, previous, current, cause, signal: this.controller.signal });
  }
}
