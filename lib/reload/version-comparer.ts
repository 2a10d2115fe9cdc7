import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ReloadPlanner } from './reload-planner.js';
import type { History } from '../history/history.js';
import { isBranch, setOwn } from '../util/branches.js';
import type { PathSet } from '../secrets/path-set.js';
import { givenSecrets, inputOf, type VersionInput } from '../history/given-secrets.js';
import type { LayerCollector } from './layer-collector.js';
import type { DiffSecrets } from '../diff/difference.js';
import type { VersionDiff } from '../diff/version-diff.interface.js';
import type { ComparedVersion } from '../diff/version-diff.js';

/**
 * One side of `HotConfigManager.diff()`: the number of a kept version, or the current content of the sources.
 *
 * @publicApi
 */
export type DiffSide = number | 'sources';

/** Everything that comparisons need. */
export interface VersionComparerContext {
  readonly history: History;
  readonly secrets: DiffSecrets;
  readonly planner: ReloadPlanner;
  readonly collector: Pick<LayerCollector, 'named'>;
}

/** Compares versions with each other and with the content of the sources. */
export class VersionComparer {
  constructor(private readonly context: VersionComparerContext) {}

  /**
   * @throws ConfigRollbackError if a version is not kept
   * @throws HotConfigError if the content of the sources could not be applied
   */
  async run(from: DiffSide | undefined, to: DiffSide | undefined): Promise<VersionDiff> {
    const { history, secrets } = this.context;
    // Code that compares again and again must not starve the event loop (invariant 5).
    await nextTurn();
    const newest = history.records.at(-1)!; // a running app has a version
    const before = history.records.at(-2) ?? newest;
    const sides = [await this.#side(from ?? before.version), await this.#side(to ?? newest.version)] as const;
    const [previous, current] = sides;
    const { compareVersions } = await import('../diff/version-diff.js');
    const given = givenSecrets(previous.input, current.input, secrets);
    return compareVersions(previous, { ...current, tree: withoutGiven(current.tree, given) }, secrets);
  }

  async #side(side: DiffSide): Promise<ComparedVersion & { readonly input: VersionInput }> {
    const { history, planner, collector } = this.context;
    if (side === 'sources') {
      const draft = await planner.draft();
      const trees = new Map(collector.named(draft).map(({ name, tree }) => [name, tree]));
      return { label: 'the sources', tree: draft.value, input: { ...draft, trees } };
    }
    const record = await history.version(side);
    const { snapshot } = record;
    const tree = snapshot ? snapshot.value : (await planner.draft(record)).value;
    return { label: `version ${side}`, tree, input: inputOf(record) };
  }
}

/**
 * Returns a copy of the tree with a random string in place of each of these secrets. No value is equal to it, so the
 * comparison reports a change, also of a secret that was set to the same value again. It shows only that there is one.
 */
function withoutGiven(tree: unknown, given: PathSet | undefined): unknown {
  if (given === undefined || tree === undefined) return tree;
  if (given.selects) return randomUUID();
  if (!isBranch(tree)) return tree;
  const copy = (
    Array.isArray(tree)
      ? [...tree]
      : Object.assign(Object.create(Object.getPrototypeOf(tree) as object), tree)
  ) as Record<string, unknown>;
  for (const key of Object.keys(tree)) {
    const below = given.below(key);
    if (below !== undefined) setOwn(copy, key, withoutGiven(copy[key], below));
  }
  return copy;
}
