import assert from 'node:assert/strict';
import { ConfigDisposedError } from 'nestjs-hot-config';
import { vi } from 'vitest';
import type { RefreshableHandle } from '../../../lib/refreshable/refreshable.handle.js';
import type { Snapshot } from '../../../lib/snapshot/snapshot.js';
import { RefreshablesBench, type Built, type Prepared, type Values } from './bench.js';

/** An act on refreshables. `which` selects one of the candidates or versions that there are then. */
export type Step =
  | { readonly do: 'prepare'; readonly values: Values; readonly fails: boolean; readonly reuse: boolean }
  | { readonly do: 'commit' | 'discard' | 'pin' | 'unpin'; readonly which: number }
  | { readonly do: 'register'; readonly label: string; readonly from: boolean }
  | { readonly do: 'timeout' }
  | { readonly do: 'close' };

/** The drain timeout of all components, in ms. */
const DRAIN_TIMEOUT = 100;

type Handle = RefreshableHandle<Built>;

/** What the model knows of a version that work can see. */
interface KnownVersion {
  readonly snapshot: Snapshot;
  /** The version that was in force when it was prepared; itself once it is committed. */
  base: KnownVersion;
  /** The instances that its work sees. They do not change: once disposed of, there is an error in their place. */
  readonly seen: Map<Handle, Built>;
  /** The ends of its pins. */
  readonly pins: (() => void)[];
  /**
   * Its preparation, while it is an open candidate, and the instances that were built for it. Others that it sees are those
   * of its base, also of a component that is registered later.
   */
  open?: { readonly part: Prepared; readonly changed: readonly string[]; readonly own: ReadonlySet<Built> };
}

/** Runs steps on refreshables, and compares them with a model. */
export class RefreshablesModel {
  readonly bench = new RefreshablesBench({ a: 0, b: 0, c: 0 });
  /** The components, each after those it is built from. */
  readonly #components: { readonly handle: Handle; readonly path: string; readonly from: Handle[] }[] = [];
  #inForce: KnownVersion;
  /** The versions that are in force, open or pinned. */
  readonly #versions: KnownVersion[];
  #lastVersion: number;
  /** The component whose builds fail. */
  #failing: Handle | undefined;
  #isClosed = false;
  /** The instances that were disposed of because their drain timeout was over, or that of one they were built from. */
  readonly #cut = new Set<Built>();
  /** Found while an instance was disposed of, where an error would be caught. */
  readonly #violations: string[] = [];

  constructor() {
    const inForce = { snapshot: this.bench.inForce, seen: new Map(), pins: [] } as unknown as KnownVersion;
    this.#inForce = inForce.base = inForce;
    this.#versions = [inForce];
    this.#lastVersion = inForce.snapshot.version;
    this.bench.onDispose = (instance) => {
      if (instance.isDisposed) this.#violations.push(`${instance.name} is disposed of twice`);
      for (const { name, isDisposed, builtFrom } of this.bench.built)
        if (!isDisposed && builtFrom.includes(instance))
          this.#violations.push(`${instance.name} is disposed of before ${name}, which was built from it`);
    };
  }

  async run(one: Step): Promise<void> {
    if (one.do === 'prepare') await this.#prepare(one);
    else if (one.do === 'register') await this.#register(one.label, one.from);
    else if (one.do === 'timeout') await this.#endDraining();
    else if (one.do === 'close') await this.#close();
    else if (one.do === 'pin') this.#pin(this.#versions[one.which % this.#versions.length]!);
    else if (one.do === 'unpin') this.#unpin(one.which);
    else await this.#end(one.do, one.which);
    await disposals();
    this.#check();
  }

  async #prepare({ values: changes, fails, reuse }: Extract<Step, { do: 'prepare' }>): Promise<void> {
    const next = this.#inForce.snapshot.version + 1;
    const isTaken = this.#versions.some(({ snapshot }) => snapshot.version === next);
    const version = reuse && !isTaken ? next : this.#lastVersion + 1;
    this.#lastVersion = Math.max(this.#lastVersion, version);
    const changed = Object.keys(changes).filter((path) => changes[path] !== this.#inForce.snapshot.get(path));
    const rebuilt = this.#affectedBy(changed);
    this.#failing = fails ? rebuilt.at(-1) : undefined;
    const preparing = this.bench.prepare(version, changes);
    if (this.#failing !== undefined) {
      await assert.rejects(preparing, /no route/);
      return;
    }
    const part = await preparing;
    const { snapshot } = part;
    const seen = new Map(this.#components.map(({ handle }) => [handle, this.#see({ snapshot }, handle)]));
    for (const [handle, instance] of seen)
      assert.equal(instance === this.#inForce.seen.get(handle), !rebuilt.includes(handle));
    const own = new Set(rebuilt.map((handle) => seen.get(handle)!)); // it sees all components
    this.#versions.push({ snapshot, base: this.#inForce, seen, pins: [], open: { part, changed, own } });
  }

  async #register(label: string, isBuiltFromAnother: boolean): Promise<void> {
    const from = isBuiltFromAnother ? this.#components.slice(-1).map(({ handle }) => handle) : [];
    const before = () => {
      if (handle !== undefined && this.#failing === handle) throw new Error('no route');
    };
    let handle: Handle | undefined;
    handle = await this.bench.register(label, { from, before, drainTimeout: DRAIN_TIMEOUT });
    this.#components.push({ handle, path: label.toLowerCase(), from });
    // Also of versions that are older than the component: its first instance is theirs, too.
    for (const known of this.#versions) known.seen.set(handle, this.#see(known, handle));
  }

  #affectedBy(changed: readonly string[]): Handle[] {
    const rebuilt: Handle[] = [];
    for (const { handle, path, from } of this.#components)
      if (changed.includes(path) || from.some((one) => rebuilt.includes(one))) rebuilt.push(handle);
    return rebuilt;
  }

  /** Commits or discards an open candidate. */
  async #end(how: 'commit' | 'discard', index: number): Promise<void> {
    const open = this.#versions.filter((known) => known.open !== undefined);
    const known = open[index % open.length];
    if (known?.open === undefined) return;
    const { part, changed, own } = known.open;
    const isComplete = this.#affectedBy(changed).every((handle) => own.has(known.seen.get(handle)!));
    const isCurrent = known.base === this.#inForce && isComplete;
    if (!this.#isClosed) assert.equal(part.isCurrent(), isCurrent);
    delete known.open;
    if (how === 'commit' && isCurrent) {
      part.commit();
      const previous = this.#inForce;
      this.#inForce = known.base = known;
      this.#forgetUnused(previous);
    } else {
      await part.discard();
      this.#forgetUnused(known);
    }
  }

  #pin(known: KnownVersion): void {
    known.pins.push(this.bench.pin(known.snapshot));
  }

  #unpin(index: number): void {
    const pinned = this.#versions.filter(({ pins }) => pins.length > 0);
    const known = pinned[index % pinned.length];
    if (known === undefined) return;
    known.pins.pop()!();
    this.#forgetUnused(known);
  }

  #forgetUnused(known: KnownVersion): void {
    const isUsed = known === this.#inForce || known.open !== undefined || known.pins.length > 0;
    if (!isUsed) this.#versions.splice(this.#versions.indexOf(known), 1);
  }

  /** Lets the time pass after which all draining instances are disposed of. */
  async #endDraining(): Promise<void> {
    const inForce = new Set(this.#inForce.seen.values());
    const prepared = new Set(this.#versions.flatMap(({ open }) => [...(open?.own ?? [])]));
    await vi.advanceTimersByTimeAsync(DRAIN_TIMEOUT);
    // In the order in which they were built: each follows those it is built from.
    for (const instance of this.bench.built) {
      // What is in force is never cut.
      const isStale = !prepared.has(instance) || instance.builtFrom.some((one) => this.#cut.has(one));
      const isCut = isStale && !inForce.has(instance);
      if (isCut) this.#cut.add(instance);
      assert.equal(instance.isDisposed, isCut, instance.name);
    }
  }

  #see({ snapshot }: Pick<KnownVersion, 'snapshot'>, handle: Handle): Built {
    return this.bench.instanceOn(snapshot, handle);
  }

  #check(): void {
    assert.deepEqual(this.#violations, []);
    assert.equal(this.bench.live, this.bench.built.filter(({ isDisposed }) => !isDisposed).length);
    if (this.#isClosed) return;
    for (const known of this.#versions)
      for (const [handle, instance] of known.seen) {
        assert.equal(instance.isDisposed, this.#cut.has(instance));
        if (instance.isDisposed) assert.throws(() => this.#see(known, handle), ConfigDisposedError);
        else assert.equal(this.#see(known, handle), instance);
      }
    const onlyInForce = this.#versions.length === 1 && this.#inForce.pins.length === 0;
    if (onlyInForce) assert.equal(this.bench.live, this.#components.length);
  }

  /** Ends all candidates and pins, and closes. Returns the number of instances that are left. */
  async end(): Promise<number> {
    while (this.#versions.some(({ open }) => open !== undefined)) await this.#end('discard', 0);
    while (this.#versions.some(({ pins }) => pins.length > 0)) this.#unpin(0);
    await disposals();
    assert.deepEqual(this.#versions, [this.#inForce]);
    this.#check();
    await this.#close();
    return this.bench.live;
  }

  async #close(): Promise<void> {
    this.#isClosed = true;
    await this.bench.refreshables.close();
    assert.equal(this.bench.refreshables.status().refreshables.draining, 0);
  }
}

/** Lets all disposals that were started come to their end: they wait for promises only. */
function disposals(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
