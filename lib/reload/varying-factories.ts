import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { Layer } from '../model/layer.interface.js';
import { diff } from '../snapshot/diff.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import { dependenciesOf } from '../sources/contract/depends-on.js';
import { follows, type InputEdit } from './input-edits.js';

/** Maximum number of edits, and of other values, that are compared, each with each. More edits may explain anything. */
const MAX_COMPARED = 100;

/** Finds factories that return another value each time they are called: a random value, or a time. */
export class VaryingFactories {
  /** The path at which the last call returned another value that no edit explains. */
  readonly #paths = new WeakMap<ConfigSource, string>();
  readonly #warned = new WeakSet<ConfigSource>();

  /** Copies what is known of these sources. */
  fork(sources: readonly ConfigSource[]): VaryingFactories {
    const fork = new VaryingFactories();
    for (const source of sources) {
      const path = this.#paths.get(source);
      if (path !== undefined) fork.#paths.set(source, path);
      if (this.#warned.has(source)) fork.#warned.add(source);
    }
    return fork;
  }

  /**
   * Compares two results of a factory. Returns a warning, once, if nothing was edited between the calls; if something was,
   * only at the second time in a row, because the factory may read unobserved.
   *
   * @param findEdits compares the sources that the factory may depend on, which may be large
   */
  compare(
    source: ConfigSource,
    before: Layer,
    now: Layer,
    findEdits: () => readonly InputEdit[],
  ): ConfigIssue[] {
    if (this.#warned.has(source)) return [];
    const known = this.#paths.get(source);
    const isSame = before.hash === now.hash;
    const edits = isSame ? [] : findEdits();
    const paths = isSame ? [] : unexplainedPaths(source, before, now, edits);
    const path = paths.find((each) => each === known) ?? paths[0];
    if (path === undefined) {
      this.#paths.delete(source);
      return [];
    }
    this.#paths.set(source, path);
    if (edits.length > 0 && path !== known) return [];
    this.#warned.add(source);
    return [warningOf(source, path)];
  }
}

function unexplainedPaths(
  source: ConfigSource,
  before: Layer,
  now: Layer,
  edits: readonly InputEdit[],
): string[] {
  const dependencies = dependenciesOf(source);
  if (edits.length > MAX_COMPARED) return [];
  if (edits.some(({ change }) => dependencies?.hasRead?.(change.segments[0]!))) return [];
  return diff(before.tree, now.tree)
    .slice(0, MAX_COMPARED)
    .filter((value) => !edits.some(({ change }) => follows(value, change)))
    .map(({ path }) => path);
}

function warningOf({ name }: ConfigSource, path: string): ConfigIssue {
  const message =
    `returns another value at ${path} each time it is called, although no source and no variable that it reads has changed. ` +
    'Create a random value or a time once, outside of the function. If it reads a file, list the file in `files`';
  return { path, message, origin: { source: name } };
}
