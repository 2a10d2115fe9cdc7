import type { WriteActivity } from './settle-tracker.js';

/** Shows the write activity that the running file watcher sees; none while no watcher is running. */
export class FileWrites implements WriteActivity {
  #watcher: { readonly writeActivity: WriteActivity } | undefined;
  /** Writes that earlier watchers have seen, so that the count never decreases. */
  #startedBefore = 0;

  get started(): number {
    return this.#startedBefore + (this.#watcher?.writeActivity.started ?? 0);
  }

  get inProgress(): boolean {
    return this.#watcher?.writeActivity.inProgress ?? false;
  }

  /** Follows this watcher from now on, or none. */
  follow(watcher: { readonly writeActivity: WriteActivity } | undefined): void {
    this.#startedBefore = this.started;
    this.#watcher = watcher;
  }
}
