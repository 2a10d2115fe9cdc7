import type { DispatchObserver } from './dispatch-observer.interface.js';

type Fact = keyof DispatchObserver;
type Parameter<F extends Fact> = Parameters<NonNullable<DispatchObserver[F]>>[0];

/** Several observers as one. What one of them throws keeps nothing from the others. */
export class DispatchObservers implements Required<DispatchObserver> {
  readonly #observers: Set<DispatchObserver>;

  constructor(...observers: readonly DispatchObserver[]) {
    this.#observers = new Set(observers);
  }

  /** Adds one; the answer removes it. */
  add(observer: DispatchObserver): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  handlerFinished(call: Parameter<'handlerFinished'>): void {
    this.#tell((observer) => observer.handlerFinished?.(call));
  }

  handlerFailed(call: Parameter<'handlerFailed'>): void {
    this.#tell((observer) => observer.handlerFailed?.(call));
  }

  handlerTimedOut(call: Parameter<'handlerTimedOut'>): void {
    this.#tell((observer) => observer.handlerTimedOut?.(call));
  }

  handlerRetried(call: Parameter<'handlerRetried'>): void {
    this.#tell((observer) => observer.handlerRetried?.(call));
  }

  handlerReleased(label: string): void {
    this.#tell((observer) => observer.handlerReleased?.(label));
  }

  #tell(fact: (observer: DispatchObserver) => void): void {
    for (const observer of this.#observers) {
      try {
        fact(observer);
      } catch {
        // Whoever logs and counts has nobody to report to.
      }
    }
  }
}
