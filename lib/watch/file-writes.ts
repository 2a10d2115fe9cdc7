import type { WriteActivity } from './settle-tracker.js';

/** Shows the write activity that the running file watcher sees; none while no watcher is running. */
export class FileWrites implements WriteActivity {
  #watcher: { readonly writeActivity: WriteActivity } | undefined;
  /** Writes that earlier watchers have seen, so that the count never decreases. */
  #startedBefore = 0;

  constructor(
    /** Patience while no watcher is running, in ms. */
    private readonly maxWait: number,
  ) {}

  get started(): number {
    return this.#startedBefore + (this.#watcher?.writeActivity.started ?? 0);
  }

  get inProgress(): boolean {
    return this.#watcher?.writeActivity.inProgress ?? false;
  }

  get patience(): number {
    return this.#watcher?.writeActivity.patience ?? this.maxWait;
  }

  startReading(): void {
    this.#watcher?.writeActivity.startReading();
  }

  /** Follows this watcher from now on, or none. */
  follow(watcher: { readonly writeActivity: WriteActivity } | undefined): void {
    this.#startedBefore = this.started;
    this.#watcher = watcher;
  }
}

/** The activity as a reload sees it that leaves no trace: the next one still reads all changes. */
export class ObservedWrites implements WriteActivity {
  constructor(private readonly activity: WriteActivity) {}

  get started(): number {
    return this.activity.started;
  }

  get inProgress(): boolean {
    return this.activity.inProgress;
  }

  get patience(): number {
    return this.activity.patience;
  }

  startReading(): void {}
}
