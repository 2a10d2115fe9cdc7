import type { ConfigSnapshot } from '../model/config-snapshot.interface.js';
import type { Change, ConfigChangeEvent } from '../model/change.interface.js';

/**
 * Changes as an async iterator. It keeps at most one event: an unread one is merged with the next, so a slow reader gets
 * the latest state, and memory stays bounded.
 */
export class ChangeIterator<T> implements AsyncIterableIterator<ConfigChangeEvent<T>> {
  private unread: ConfigChangeEvent<T> | undefined;
  private pendingReads: ((result: IteratorResult<ConfigChangeEvent<T>>) => void)[] = [];
  private readonly controller = new AbortController();

  /**
   * @param compare returns the changes between two snapshots that the iterator selects
   * @param onEnd called once, when the iterator ends
   */
  constructor(
    private readonly compare: (previous: ConfigSnapshot<T>, current: ConfigSnapshot<T>) => Change[],
    private readonly onEnd: () => void,
  ) {}

  push(event: ConfigChangeEvent<T>): void {
    this.unread = this.mergeWithUnread(event);
    if (this.unread === undefined || this.pendingReads.length === 0) return;
    this.pendingReads.shift()!({ done: false, value: this.unread }); // the line above: there is one
    this.unread = undefined;
  }

  next(): Promise<IteratorResult<ConfigChangeEvent<T>>> {
    const event = this.unread;
    this.unread = undefined;
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    if (this.hasEnded) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.pendingReads.push(resolve));
  }

  return(): Promise<IteratorResult<ConfigChangeEvent<T>>> {
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Ends the loops that read from the iterator. */
  end(): void {
    if (this.hasEnded) return;
    this.controller.abort(new DOMException('The iterator of changes has ended', 'AbortError'));
    this.unread = undefined;
    for (const resolve of this.pendingReads.splice(0)) resolve({ done: true, value: undefined });
    this.onEnd();
  }

  private get hasEnded(): boolean {
    return this.controller.signal.aborted;
  }

  /** Returns one event for this one and the unread one, or `undefined` if the second undoes the first. */
  private mergeWithUnread(event: ConfigChangeEvent<T>): ConfigChangeEvent<T> | undefined {
    const { current, cause } = event;
    const previous = this.unread?.previous ?? event.previous;
    const changes = this.unread === undefined ? event.changes : this.compare(previous, current);
    if (changes.length === 0) return undefined;
    // The signal is the iterator's own: a reader holds the event for longer than the call that delivered it.
    return Object.freeze({ changes, previous, current, cause, signal: this.controller.signal });
  }
}
