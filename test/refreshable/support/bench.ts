import { AsyncLocalStorage } from 'node:async_hooks';
import { onTestFinished } from 'vitest';
import { Refreshables } from '../../../lib/refreshable/refreshables.js';
import type { Holder } from '../../../lib/refreshable/drain-timeouts.js';
import type { RefreshableHandle } from '../../../lib/refreshable/refreshable.handle.js';
import type { RefreshableRules } from '../../../lib/refreshable/refreshable.interface.js';
import type { PreparedPart } from '../../../lib/reload/participant.interface.js';
import { diff } from '../../../lib/snapshot/diff.js';
import { Snapshot } from '../../../lib/snapshot/snapshot.js';
import { plainCalls } from '../../support/plain-calls.js';

export type Values = Record<string, number>;

/** An instance of a component. Its name shows what it was built from, for example `B2(A1)`. */
export interface Built {
  readonly name: string;
  readonly builtFrom: readonly Built[];
  isDisposed: boolean;
}

export interface Prepared extends PreparedPart {
  readonly snapshot: Snapshot;
  /** Assigns the snapshot and commits the part, as a reload does. */
  commit(): void;
}

interface ComponentOptions extends Partial<RefreshableRules<Built>> {
  /** The components that it is built from. */
  readonly from?: readonly RefreshableHandle<Built>[];
  /** Awaited by each build, with the value that it builds from. */
  readonly before?: (value: number) => unknown;
}

/** The snapshot that the running code is pinned to. One for all: on Node 20, each storage in use slows down every promise. */
const ambient = new AsyncLocalStorage<Snapshot>();

/** Refreshables with pins and a configuration that a test controls. Their components record their events. */
export class RefreshablesBench {
  readonly events: string[] = [];
  readonly warnings: string[] = [];
  /** All instances that were ever built, in that order. */
  readonly built: Built[] = [];
  /** Called by `discoverNew`. */
  discover: () => void = () => undefined;
  /** Called before an instance is disposed of. */
  onDispose: (instance: Built) => void = () => undefined;
  inForce: Snapshot;
  readonly refreshables: Refreshables;
  readonly #pins = new Set<Holder>();

  constructor(
    values: Values,
    /** The number of the version in force. */
    version = 5,
  ) {
    this.inForce = snapshotOf(version, values);
    this.refreshables = new Refreshables({
      areRequestsPinned: true,
      ambient: {
        version: () => this.#ambientVersion,
        isLeftBehind: () => this.#heldOn(this.#ambientVersion, this.#ambientVersion + 1).length === 0,
      },
      isPinned: (from, until) => this.#heldOn(from, until).length > 0,
      heldOn: (from, until) => this.#heldOn(from, until),
      runWith: (snapshot, fn) => ambient.run(snapshot, fn),
      calls: plainCalls,
      discoverNew: () => this.discover(),
      redactError: (error) => error,
      warn: (message) => this.warnings.push(message),
      onDisposeError: (label, error) => this.events.push(`${label}: ${String(error)}`),
    });
    onTestFinished(() => this.refreshables.close());
  }

  /** Registers a component that is built from the path of its name in lower case. */
  register(label: string, options: ComponentOptions = {}): Promise<RefreshableHandle<Built>> {
    const { from = [], before, ...rules } = options;
    const path = label.toLowerCase();
    return this.refreshables.register<Built>(
      {
        label,
        on: path,
        build: async (snapshot) => {
          const value = snapshot.get(path) as number;
          await before?.(value);
          return this.build(`${label}${value}`, from);
        },
        dispose: (instance) => this.dispose(instance),
        ...rules,
      },
      () => from as readonly RefreshableHandle[],
      () => this.inForce,
    );
  }

  build(name: string, from: readonly RefreshableHandle<Built>[] = []): Built {
    const builtFrom = from.map((handle) => handle.get());
    const parts = builtFrom.length === 0 ? '' : `(${builtFrom.map((part) => part.name).join(', ')})`;
    this.events.push(`build ${name}${parts}`);
    const instance = { name: `${name}${parts}`, builtFrom, isDisposed: false };
    this.built.push(instance);
    return instance;
  }

  async dispose(instance: Built): Promise<void> {
    this.onDispose(instance);
    await Promise.resolve();
    this.events.push(`dispose ${instance.name}`);
    instance.isDisposed = true;
  }

  /** Prepares a candidate that differs from the snapshot in force by these values. */
  async prepare(version: number, values: Values): Promise<Prepared> {
    const snapshot = snapshotOf(version, { ...(this.inForce.value as Values), ...values });
    const current = this.inForce;
    const part = await this.refreshables.prepare({
      candidate: snapshot,
      current,
      changes: diff(current.value, snapshot.value),
      cause: 'file',
      locate: () => undefined,
    });
    return {
      snapshot,
      isCurrent: () => part.isCurrent(),
      commit: () => {
        this.inForce = snapshot;
        part.commit();
      },
      discard: () => part.discard(),
    };
  }

  /** Pins a version. Returns a function that ends the pin. */
  pin({ version }: { readonly version: number }, name = `work on ${version}`): () => void {
    const pin = {
      version,
      since: performance.now(),
      name,
      describe(): string {
        return this.name; // a method, as pins have it
      },
    };
    this.#pins.add(pin);
    return () => {
      this.#pins.delete(pin);
      if (this.#heldOn(version, version + 1).length === 0) this.refreshables.disposeUnused();
    };
  }

  get #ambientVersion(): number {
    return (ambient.getStore() ?? this.inForce).version;
  }

  #heldOn(from: number, until: number): Holder[] {
    return [...this.#pins].filter(({ version }) => version >= from && version < until);
  }

  /** Returns the instance that work on a snapshot sees. */
  instanceOn(snapshot: Snapshot, handle: RefreshableHandle<Built>): Built {
    return ambient.run(snapshot, () => handle.get());
  }

  /** Returns the names of the instances that work on a snapshot sees. */
  seenOn(snapshot: Snapshot, ...handles: RefreshableHandle<Built>[]): string[] {
    return handles.map((handle) => this.instanceOn(snapshot, handle).name);
  }

  /** Number of instances that are neither disposed of nor failed to be. */
  get live(): number {
    const { built, disposed, disposeErrors } = this.refreshables.status().refreshables;
    return built - disposed - disposeErrors;
  }

  /** Returns the events since the last call. */
  takeEvents(): string[] {
    return this.events.splice(0);
  }
}

function snapshotOf(version: number, value: Values): Snapshot {
  return new Snapshot({ version, hash: `hash ${version}`, time: new Date(0), cause: 'file', value });
}
