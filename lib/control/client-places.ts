import type { ChannelLimits } from './channel-limits.js';
import { ControlError } from './control.error.js';

/**
 * The places of the clients of one listener. Connections without a request in progress and those with one have places of
 * their own, so that connections that say nothing, however many they are, shut no client out.
 *
 * @typeParam C the connection of a client
 */
export class ClientPlaces<C> {
  /** The connections without a request in progress, the one that has been idle for longest first. */
  readonly #idle = new Set<C>();
  readonly #busy = new Set<C>();

  /** @param disconnect frees everything that a connection holds, without waiting for the client */
  constructor(
    private readonly limits: Pick<ChannelLimits, 'clients' | 'idleClients'>,
    private readonly disconnect: (connection: C) => void,
  ) {}

  /** A client has connected, or its last request has ended. If there are too many of these, the oldest is disconnected. */
  idle(connection: C): void {
    this.#busy.delete(connection);
    this.#idle.add(connection);
    const [oldest] = this.#idle;
    if (this.#idle.size > this.limits.idleClients && oldest !== undefined) this.#drop(oldest);
  }

  /**
   * A client has sent a request.
   *
   * @throws ControlError if too many others have requests in progress; the connection stays idle
   */
  busy(connection: C): void {
    // It has a place already, or has left.
    if (!this.#idle.has(connection)) return;
    if (this.#busy.size >= this.limits.clients)
      throw new ControlError(
        'TOO_MANY_CLIENTS',
        `${this.limits.clients} clients already have requests in progress, which is the maximum`,
      );
    this.#idle.delete(connection);
    this.#busy.add(connection);
  }

  /** A client has disconnected. */
  leave(connection: C): void {
    this.#idle.delete(connection);
    this.#busy.delete(connection);
  }

  #drop(connection: C): void {
    this.leave(connection);
    this.disconnect(connection);
  }
}
