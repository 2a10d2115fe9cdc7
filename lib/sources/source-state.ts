import type { ConfigSourceError } from '../errors/config.errors.js';
import type { Layer } from '../model/layer.interface.js';
import { formatTime } from '../util/format-time.js';
import { reasonOf } from '../util/reason-of.js';
import type { ConfigSource, SourceHealth } from './contract/config-source.interface.js';

/** The first pause before a source that failed is asked again, in ms; doubled by each further failure. */
const FIRST_PAUSE = 1_000;
/** The longest pause, in ms. */
const LONGEST_PAUSE = 30_000;

const STATES = ['live', 'stale', 'down'] as const;

/** A check of a source in the background. */
interface Probe {
  readonly layer?: Layer;
}

/** A time in which the source could not be read, or its changes may have been missed. */
interface Outage {
  readonly since: Date;
  readonly hasFailedToLoad: boolean;
}

/** Everything known about one source beyond its layers: its reports, and the outcomes of its loads and its watch. */
export class SourceState {
  #isReported = false;
  #hint: unknown;
  #hasLoaded = false;
  #failure: ConfigSourceError | undefined;
  #failuresInARow = 0;
  /** Number of times that loads have begun to fail. */
  #outages = 0;
  #pauseUntil = 0;
  #probe: Probe | undefined;
  #watchFailure: string | undefined;
  /** The problem that a warning has reported, until the source has neither failed to load nor lost its watch. */
  #outage: Outage | undefined;
  /** Why nothing watches the source; undefined while it is watched. */
  #unwatched: string | undefined;
  /** The last time at which the first problem appeared or the last one ended, in ms since the epoch. */
  #since = Date.now();
  #hasProblem: boolean;

  /** @param log called when a problem is over that a warning has reported */
  constructor(
    private readonly source: ConfigSource,
    private readonly log: (message: string) => void,
  ) {
    this.unwatched();
    this.#hasProblem = this.#problem !== undefined;
  }

  /** `true` if the source has reported a change since its last load. */
  get isReported(): boolean {
    return this.#isReported;
  }

  /** The error of the last load; undefined if it did not fail. */
  get failure(): ConfigSourceError | undefined {
    return this.#failure;
  }

  /** Number of times that loads have begun to fail: another number, another outage. */
  get outages(): number {
    return this.#outages;
  }

  /** The source has reported a change. Of several hints the last one counts, as the latest content is loaded. */
  changed(hint?: unknown): void {
    this.#isReported = true;
    if (hint !== undefined) this.#hint = hint;
    this.watchRecovered();
  }

  /** Returns the hint for a load that starts, and whether the source has reported a change since the last one. */
  startLoad(): { readonly hint: unknown; readonly isReported: boolean } {
    const started = { hint: this.#hint, isReported: this.#isReported };
    this.#hint = undefined;
    this.#isReported = false;
    this.#probe = undefined;
    return started;
  }

  loaded(): void {
    this.#hasLoaded = true;
    this.#failure = undefined;
    this.#failuresInARow = 0;
    this.#endOutage();
    this.#update();
  }

  failedToLoad(error: ConfigSourceError): void {
    if (this.#failure === undefined) this.#outages += 1;
    this.#failure = error;
    // Otherwise the rejection reports the failure and its end.
    if (this.source.onError === 'keep') this.#startOutage(true);
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(this.#failuresInARow, 31));
    this.#failuresInARow += 1;
    this.#pauseUntil = performance.now() + pause;
    this.#update();
  }

  /** Starts to ask the source in the background. Returns `undefined` if that is in progress, or if it is too early. */
  startProbe(): SourceProbe | undefined {
    if (this.#probe !== undefined || performance.now() < this.#pauseUntil) return undefined;
    const probe: Probe = (this.#probe = {});
    // If the source was asked otherwise meanwhile, that answer is the newer one.
    const isLatest = () => this.#probe === probe;
    return {
      answered: (layer) => {
        if (!isLatest()) return false;
        this.#probe = { layer };
        this.loaded();
        return true;
      },
      failed: (error) => {
        if (!isLatest()) return;
        this.#probe = undefined;
        this.failedToLoad(error);
      },
    };
  }

  /** Returns the layer that the source has answered in the background, once. */
  takeAnswer(): Layer | undefined {
    const layer = this.#probe?.layer;
    if (layer !== undefined) this.#probe = undefined;
    return layer;
  }

  /** Returns `true` if it did not count as failed before. */
  watchFailed(error: unknown): boolean {
    const isNew = this.#watchFailure === undefined;
    this.#watchFailure = `its watch failed: ${reasonOf(error)}`;
    this.#startOutage(false);
    this.#update();
    return isNew;
  }

  /** Returns `false` if the watch did not count as failed. */
  watchRecovered(): boolean {
    if (this.#watchFailure === undefined) return false;
    this.#watchFailure = undefined;
    this.#endOutage();
    this.#update();
    return true;
  }

  watched(): void {
    this.#unwatched = undefined;
    this.#update();
  }

  /** @param error why it cannot be watched; undefined if watching is not enabled */
  unwatched(error?: unknown): void {
    this.#unwatched = error === undefined ? 'is not watched' : `cannot be watched: ${reasonOf(error)}`;
    this.#watchFailure = undefined;
    if (this.#failure === undefined) this.#outage = undefined;
    this.#update();
  }

  /**
   * The health of the source. If it reports its own, the worse of both.
   *
   * @param layer the layer of the source that is in force
   */
  health(layer: Layer | undefined): SourceHealth {
    const own = this.#derivedHealth(layer);
    let reported: SourceHealth | undefined;
    try {
      reported = this.source.health?.();
      if (reported instanceof Promise) reported.catch(() => undefined); // reported below
      if (reported === undefined) return own;
      if (!STATES.includes(reported.state)) throw new TypeError('it returned no state');
    } catch (error) {
      return { ...own, detail: own.detail ?? `its health() failed: ${reasonOf(error)}` };
    }
    if (STATES.indexOf(reported.state) < STATES.indexOf(own.state)) return own;
    const { state, since } = reported;
    const detail = reported.detail ?? (state === own.state ? own.detail : undefined);
    return {
      state,
      since: Number.isFinite(since) ? since : own.since,
      ...(detail !== undefined && { detail: String(detail) }),
    };
  }

  #derivedHealth(layer: Layer | undefined): SourceHealth {
    const detail = this.#problem;
    const since = this.#since;
    if (detail === undefined) return { state: 'live', since };
    const isDown = this.#failure !== undefined && !this.#hasLoaded && layer === undefined;
    return { state: isDown ? 'down' : 'stale', since, detail };
  }

  /** The reason why the last layer may be out of date. */
  get #problem(): string | undefined {
    if (this.#failure !== undefined) return this.#failure.issues[0]?.message ?? this.#failure.summary;
    if (this.#watchFailure !== undefined) return this.#watchFailure;
    // The safety poll finds the changes of a local source. A remote source may answer it from memory.
    const needsWatch = this.source.kind === 'remote' && this.source.watch !== undefined;
    return needsWatch ? this.#unwatched : undefined;
  }

  #startOutage(hasFailedToLoad: boolean): void {
    const before = this.#outage;
    this.#outage = {
      since: before?.since ?? new Date(),
      hasFailedToLoad: hasFailedToLoad || before?.hasFailedToLoad === true,
    };
  }

  /** A lost connection fails the watch and the loads: that is one problem, and its end is logged once. */
  #endOutage(): void {
    if (this.#outage === undefined || this.#watchFailure !== undefined) return;
    if (this.#failure !== undefined && this.source.onError === 'keep') return;
    const { since, hasFailedToLoad } = this.#outage;
    this.#outage = undefined;
    const { name } = this.source;
    this.log(
      hasFailedToLoad
        ? `${name} can be read again. It could not be read since ${formatTime(since)}.`
        : `The watch of ${name} works again. Changes may have been missed since ${formatTime(since)}.`,
    );
  }

  #update(): void {
    const hasProblem = this.#problem !== undefined;
    if (hasProblem !== this.#hasProblem) this.#since = Date.now();
    this.#hasProblem = hasProblem;
  }
}

/** A load in the background. Exactly one of its methods is called. */
export interface SourceProbe {
  /** Returns `true` if the layer is to be used. */
  answered(layer: Layer): boolean;
  failed(error: ConfigSourceError): void;
}
