import { nextLook } from '../../connection/pauses.js';
import { isInstance } from '../../util/is-instance.js';
import { startTimeout } from '../../util/timeouts.js';
import { EtcdFailure, noAnswer, toEtcdFailure, toFailure } from './etcd-failure.js';
import type { Gateway } from './gateway.js';
import { jsonMessages, MAX_MESSAGE } from './json-messages.js';
import { toResult } from './members.js';
import { base64, rangeEnd, type WatchResponse } from './messages.js';

/** Time without a message after which the member is asked if it is there, in ms. */
const LOOK_INTERVAL = 30_000;

export interface StreamOptions {
  readonly gateway: Gateway;
  readonly prefix: string;
  /** Maximum time until it is open, in ms. */
  readonly timeout: number;
  /** Is called when it is open: all changes from now on are heard. */
  readonly opened: () => void;
  readonly heard: (response: WatchResponse) => void;
}

/** One connection of a stream, to one member. */
export class StreamConnection {
  readonly member: URL;
  readonly #ending = new AbortController();
  #wasOpen = false;
  /** `true` if a message has arrived since the last look. */
  #isHeard = false;
  #isChecking = false;
  #look: NodeJS.Timeout | undefined;

  constructor(private readonly options: StreamOptions) {
    this.member = options.gateway.members.current;
  }

  get wasOpen(): boolean {
    return this.#wasOpen;
  }

  /** Opens it, and reads its messages. Resolves to the reason when it has ended. */
  async follow(): Promise<EtcdFailure> {
    const { gateway, timeout } = this.options;
    const { signal } = this.#ending;
    const stopTimeout = startTimeout(timeout, () => this.#ending.abort(noAnswer(timeout, true)), false);
    try {
      const stream = await gateway.open(this.member, 'watch', this.#request(), signal);
      for await (const message of jsonMessages(stream, MAX_MESSAGE)) {
        this.#isHeard = true;
        const response = toResult(message as object) as WatchResponse;
        // By etcd itself: without a permission, or as this client was too slow.
        if (response.canceled)
          throw new EtcdFailure(toFailure(response.cancel_reason ?? 'etcdserver: compacted'));
        if (response.created) {
          stopTimeout();
          this.#wasOpen = true;
          this.#lookLater();
          this.options.opened();
        }
        this.options.heard(response);
      }
      return toEtcdFailure({ code: 'ECONNRESET' }, true);
    } catch (error) {
      const reason: unknown = signal.aborted ? signal.reason : error;
      return isInstance(reason, EtcdFailure) ? reason : toEtcdFailure(reason, true);
    } finally {
      stopTimeout();
      this.close();
    }
  }

  /** Asks the member if it is there. Ends the stream if it does not answer, and nothing has arrived meanwhile. */
  async check(): Promise<void> {
    if (this.#isChecking) return;
    this.#isChecking = true;
    this.#isHeard = false;
    try {
      const key = base64(this.options.prefix || '\0');
      const options = { isRead: true, only: this.member };
      await this.options.gateway.call('kv/range', { key, count_only: true }, options);
    } catch (error) {
      const isSilent = isInstance(error, EtcdFailure) && error.reason.isOfMember && !this.#isHeard;
      if (isSilent) this.#ending.abort(error);
    } finally {
      this.#isChecking = false;
    }
  }

  close(): void {
    clearTimeout(this.#look);
    this.#ending.abort();
  }

  /** TCP finds out that a machine is gone, but not that a process is frozen. */
  #lookLater(): void {
    if (this.#ending.signal.aborted) return;
    this.#look = setTimeout(() => void this.#lookNow(), nextLook(LOOK_INTERVAL)).unref();
  }

  async #lookNow(): Promise<void> {
    if (!this.#isHeard) await this.check();
    this.#isHeard = false;
    this.#lookLater();
  }

  #request(): object {
    const { prefix } = this.options;
    const key = base64(prefix || '\0');
    return { create_request: { key, range_end: rangeEnd(prefix), progress_notify: true, fragment: true } };
  }
}
