import type { Snapshot } from '../snapshot/snapshot.js';
import type { Outcome } from './outcome-counters.js';
import { NamedPin } from './pin.js';

/**
 * The pin of a message of a WebSocket or a microservice. Its client may disconnect while the handler runs behind an
 * interceptor: Nest then unsubscribes from the reply, and nothing tells when the handler has ended. It reads the version of
 * the message as long as that is in memory, and holds nothing, as a request whose client has disconnected does.
 */
export class MessagePin extends NamedPin {
  /** The snapshot of a message whose end is not known. */
  #remembered: WeakRef<Snapshot> | undefined;

  override end(outcome?: Outcome): void {
    const { snapshot } = this;
    if (this.isHeld && outcome === undefined && snapshot !== undefined)
      this.#remembered = new WeakRef(snapshot);
    super.end(outcome);
  }

  protected override afterEnd(): Snapshot | undefined {
    return this.#remembered?.deref();
  }
}
