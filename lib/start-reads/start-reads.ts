import { AsyncLocalStorage } from 'node:async_hooks';
import type { Part } from '../model/part.interface.js';
import { parsePathOrKey, valueAt } from '../model/paths.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { type Caller, CallerFinder } from './caller.js';
import { SourcePlaces } from './source-place.js';

/** Maximum number of reads that are recorded. */
const MAX_READS = 2_000;

/** Time that finding the callers may add to the start of an app, in ms of the processor: other processes do not count. */
const MAX_TIME = 20;

/** A read that was recorded. */
export interface RecordedRead {
  readonly segments: readonly string[];
  /** The value that the caller has: the one at the start, or the one with which a component was built last. */
  value: unknown;
  /** The class, function, file or package; undefined if it is not known. */
  readonly by: string | undefined;
  /** Tells readers with the same name apart. */
  readonly reader: string;
  readonly caller: Caller | undefined;
}

/** The context of the running code. */
interface ReadingContext {
  /** The pin that the running code is in. */
  readonly active: object | undefined;
  ambient(): Snapshot;
}

/**
 * Records the reads through `HotConfigService` until the last hook of the start has ended: what was read by then is often
 * kept, in a field, a client or the options of a library.
 */
export class StartReads implements Part {
  /** `true` while the app starts. A field, because each read checks it. */
  isOpen = true;
  readonly #reads = new Map<string, RecordedRead>();
  readonly #places = new Map<string, string>();
  readonly #component = new AsyncLocalStorage<string>();
  readonly #finder = new CallerFinder();
  #timeLeft = MAX_TIME;

  constructor(private readonly pins: ReadingContext) {}

  get all(): Iterable<RecordedRead> {
    return this.#reads.values();
  }

  /**
   * Records a read by the code that called this library. In a pinned context it is work (a request, a handler,
   * `runPinned()`), which reads again the next time.
   */
  add(path: string): void {
    if (this.#reads.size >= MAX_READS) return;
    const component = this.#component.getStore();
    if (component === undefined && this.pins.active !== undefined) return;
    const isFindable = this.#timeLeft > 0;
    const caller = isFindable ? this.#findCaller() : undefined;
    if (caller === undefined && isFindable && component === undefined) return;
    const by = component ?? caller?.name;
    this.#record(path, { by, caller, reader: `${by}\n${component ?? caller?.position?.file}` });
  }

  #record(path: string, reader: Pick<RecordedRead, 'by' | 'reader' | 'caller'>): void {
    const key = `${path}\n${reader.reader}`;
    if (this.#reads.has(key)) return;
    const snapshot = this.pins.ambient();
    const segments = snapshot.keysOf(path) ?? parsePathOrKey(path);
    this.#reads.set(key, { ...reader, segments, value: valueAt(snapshot.value, segments) });
  }

  #findCaller(): Caller | undefined {
    const before = process.cpuUsage();
    try {
      return this.#finder.find();
    } catch {
      return undefined; // a read must not fail because its caller is not found
    } finally {
      const { user, system } = process.cpuUsage(before);
      this.#timeLeft -= (user + system) / 1_000;
    }
  }

  /** Returns the name of the code that called this library; undefined after the start, whose time it is taken from. */
  callerName(): string | undefined {
    return this.isOpen && this.#timeLeft > 0 ? this.#findCaller()?.name : undefined;
  }

  /** Runs a function that builds a component: what it reads is read by the component. */
  runBuild<R>(component: string, build: () => R): R {
    return this.isOpen ? this.#component.run(component, build) : build();
  }

  /** Returns the place of a read in the source code. Finding it reads files, so it is not called before it is shown. */
  placeOf({ caller }: RecordedRead): string | undefined {
    const position = caller?.position;
    if (position === undefined) return undefined;
    const keyOf = ({ file, line, column }: typeof position) => `${file}:${line}:${column}`;
    if (!this.#places.has(keyOf(position))) {
      // All places of the file at once, so that its source map need not be kept.
      const places = new SourcePlaces(position.file);
      for (const { caller: other } of this.#reads.values())
        if (other?.position?.file === position.file)
          this.#places.set(keyOf(other.position), places.place(other.position));
    }
    return this.#places.get(keyOf(position));
  }

  /** Called when the start has ended: later reads are not recorded. */
  end(): void {
    this.isOpen = false;
    this.#component.disable(); // on Node 20, each storage in use costs every promise of the app
  }

  close(): void {
    this.end();
  }
}
