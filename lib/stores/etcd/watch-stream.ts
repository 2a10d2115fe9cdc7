import { LONGEST_PAUSE, pause, pauseAfter } from '../../connection/pauses.js';
import type { EtcdFailure } from './etcd-failure.js';
import { StreamConnection, type StreamOptions } from './stream-connection.js';

/** The stream of all changes below a prefix. It opens again by itself, until it is closed. */
export class WatchStream {
  readonly #closing = new AbortController();
  #connection: StreamConnection | undefined;

  /** @param lost is called each time when it has ended, or could not be opened */
  constructor(
    private readonly options: StreamOptions,
    private readonly lost: (failure: EtcdFailure) => void,
  ) {
    void this.#run();
  }

  /** Checks the stream, because a member has not answered a call. */
  memberFailed(member: URL): void {
    if (member === this.#connection?.member) void this.#connection.check();
  }

  close(): void {
    this.#closing.abort();
    this.#connection?.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    for (let failures = 0; !signal.aborted;) {
      const connection = new StreamConnection(this.options);
      this.#connection = connection;
      const failure = await connection.follow();
      const { reason } = failure;
      this.#connection = undefined;
      if (signal.aborted) return;
      failures = connection.wasOpen ? 1 : failures + 1;
      if (reason.isOfToken) {
        this.options.gateway.forgetToken();
        // It has expired while nothing was asked. That is no loss: the next one is used at once.
        if (failures === 1 && !connection.wasOpen) continue;
      }
      if (reason.isOfMember) this.options.gateway.members.leave(connection.member);
      this.lost(failure);
      await pause(pauseAfter(failures, LONGEST_PAUSE), signal);
    }
  }
}
