import { selectChanges, compilePatterns, type Pattern } from '../patterns/pattern.js';
import type { Change } from '../model/change.interface.js';
import { checkDelay } from '../options/checks.js';
import type { ComponentInstance } from './component-instance.js';
import type { RefreshableDefinition } from './refreshable.interface.js';

/** The instances of one refreshable that are alive, and which of them belongs to whom. */
export class RefreshableHandle<X = unknown> {
  readonly #patterns: readonly Pattern[];
  /** Oldest first; the last one serves the newest version. */
  readonly #generations: ComponentInstance<X>[] = [];

  constructor(
    readonly definition: RefreshableDefinition<X>,
    /**
     * The other refreshables it is built from: when one of them is built again, so is this. Asked late, because a
     * refreshable class is known only once the app is up.
     */
    readonly dependencies: () => readonly RefreshableHandle[],
    private readonly ambientVersion: () => number,
  ) {
    this.#patterns = compilePatterns(definition.on);
    checkDelay('drainTimeout', definition.drainTimeout ?? 0);
    checkDelay('buildTimeout', definition.buildTimeout ?? 0);
  }

  /** Whether an object is a handle itself, and none that stands for one. */
  static is(object: object): object is RefreshableHandle {
    return #patterns in object;
  }

  get(): X {
    const newest = this.#generations.at(-1)!; // the provider resolves after the first instance was built
    const version = this.ambientVersion();
    if (version >= newest.from) return newest.instance;
    return (this.#generations.findLast((generation) => generation.from <= version) ?? this.#generations[0]!)
      .instance;
  }

  get generations(): readonly ComponentInstance<X>[] {
    return this.#generations;
  }

  /** Whether a change concerns it, or something it is built from. */
  isTouchedBy(changes: readonly Change[], rebuilt: ReadonlySet<RefreshableHandle>): boolean {
    return (
      selectChanges(this.#patterns, changes).length > 0 || this.dependencies().some((one) => rebuilt.has(one))
    );
  }

  /** Takes a new instance in. Until its version is committed, only its own candidate's context sees it. */
  push(instance: X, from: number): void {
    this.#generations.push({ instance, from, until: undefined, timer: undefined, gone: false });
  }

  /** Takes an instance out again. */
  remove(generation: ComponentInstance<X>): void {
    const index = this.#generations.indexOf(generation);
    if (index >= 0) this.#generations.splice(index, 1);
  }
}
