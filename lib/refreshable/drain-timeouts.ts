import { formatDuration } from '../util/format-duration.js';
import { summarizeNames } from '../util/summarize-names.js';
import type { ComponentInstance } from './refreshable.handle.js';
import { hasDisposer } from './disposer.js';

/** Share of the drain timeout after which a warning is logged. */
const WARN_AT = 0.8;
const MAX_HOLDERS = 3;

/** Work that holds a version, and with it the instances of that version. */
export interface Holder {
  readonly version: number;
  /** The time since when it holds the version, in ms of `performance.now()`. */
  readonly since: number;
  /** Names the work for operators. */
  describe(): string;
}

/** The functions that drain timeouts use. */
export interface DrainTimeoutsContext {
  /** Returns the work that holds an instance now. */
  readonly holdersOf: (instance: ComponentInstance) => readonly Holder[];
  /** Disposes of an instance although work may use it. Returns all that it has disposed of: also those built from it. */
  readonly cut: (instance: ComponentInstance) => readonly ComponentInstance[];
  readonly warn: (message: string) => void;
}

/** Ends the draining of instances that work holds for too long. Names that work in a warning before, and at the end. */
export class DrainTimeouts {
  constructor(private readonly context: DrainTimeoutsContext) {}

  start(instance: ComponentInstance): void {
    const { drainTimeout } = instance.handle;
    if (drainTimeout === Infinity) return;
    const untilWarning = Math.floor(drainTimeout * WARN_AT);
    const afterWarning = drainTimeout - untilWarning;
    instance.drainTimer = setTimeout(() => {
      instance.drainTimer = setTimeout(() => this.#end(instance), afterWarning).unref();
      this.#warn(instance, afterWarning);
    }, untilWarning).unref();
  }

  #warn(instance: ComponentInstance, left: number): void {
    const { definition, drainTimeout } = instance.handle;
    const holders = this.context.holdersOf(instance);
    if (left === 0 || holders.length === 0 || !hasDisposer(definition, instance.value)) return;
    this.context.warn(
      `${nameOf(instance)} will be disposed of in ${formatDuration(left)}, although it is held by ${namesOf(holders)}. ` +
        `If such work may take longer than its drainTimeout (${formatDuration(drainTimeout)}), raise that, or set it to Infinity`,
    );
  }

  #end(instance: ComponentInstance): void {
    const { definition, drainTimeout } = instance.handle;
    instance.isOverdue = true;
    for (const cut of this.context.cut(instance)) {
      const holders = this.context.holdersOf(cut);
      if (holders.length === 0) continue;
      const limit = `the drainTimeout (${formatDuration(drainTimeout)})`;
      const why =
        cut === instance
          ? `${limit} is over`
          : `${limit} of ${definition.label}, which it is built from, is over`;
      this.context.warn(`${nameOf(cut)} was disposed of, although it is held by ${namesOf(holders)}: ${why}`);
    }
  }
}

function nameOf({ handle, builtFor }: ComponentInstance): string {
  return `Component ${handle.definition.label} of version ${builtFor}`;
}

function namesOf(holders: readonly Holder[]): string {
  const now = performance.now();
  const names = holders.map((holder) => `${holder.describe()} (for ${formatDuration(now - holder.since)})`);
  return summarizeNames(names, MAX_HOLDERS);
}
