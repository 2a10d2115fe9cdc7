import type { Pattern } from '../patterns/pattern.js';
import { ConfigValidationError } from '../errors/config.errors.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { Locate } from '../model/origin.interface.js';
import type { ConfigTree, ConfigValue } from '../model/config-tree.js';
import { diff } from '../snapshot/diff.js';
import { formatPath, isWithin, valueAt, withValueAt } from '../model/paths.js';
import { restartRequiredPaths } from './restart-required.decorator.js';

/**
 * Treatment of a change that needs a restart: `hold` keeps the old value until then, `reject` rejects the whole reload.
 *
 * @publicApi
 */
export type RestartPolicy = 'hold' | 'reject';

/** A tree in which changes that need a restart are held back. */
export interface HeldBack {
  readonly tree: ConfigTree;
  /** Paths whose old value stays until a restart. */
  readonly pendingRestart: readonly string[];
  readonly warnings: readonly ConfigIssue[];
}

/** Holds back, or rejects, changes of paths that need a restart. */
export class RestartGuard {
  readonly #unmarked = new WeakSet<object>();

  constructor(
    private readonly patterns: readonly Pattern[],
    private readonly policy: RestartPolicy,
  ) {}

  /**
   * Returns `tree` with the old values at paths that need a restart.
   *
   * @throws ConfigValidationError under the policy `reject`
   */
  holdBack(tree: ConfigTree, applied: ConfigTree, currentValue: unknown, locate: Locate): HeldBack {
    const declared = restartRequiredPaths(currentValue, this.#unmarked);
    if (this.patterns.length === 0 && declared.length === 0)
      return { tree, pendingRestart: [], warnings: [] };
    const changes = diff(applied, tree).filter(
      (change) =>
        this.patterns.some((pattern) => pattern.matches(change.segments)) ||
        declared.some((path) => isWithin(change.segments, path)),
    );
    const held = distinct(changes.map((change) => wholeValue(change.segments, applied, tree)));
    if (held.length === 0) return { tree, pendingRestart: [], warnings: [] };
    const issues = held.map((path) => restartIssue(path, locate));
    if (this.policy === 'reject') throw new ConfigValidationError('A change needs a restart', issues);
    return {
      tree: held.reduce((kept, path) => withOldValue(kept, applied, path), tree),
      pendingRestart: held.map(formatPath),
      warnings: issues,
    };
  }
}

/** Cuts a path at the first array: an array is held back as a whole, not element by element. */
function wholeValue(path: readonly string[], ...trees: readonly ConfigTree[]): readonly string[] {
  const depth = path.findIndex((_key, index) =>
    trees.some((tree) => Array.isArray(valueAt(tree, path.slice(0, index)))),
  );
  return depth === -1 ? path : path.slice(0, depth);
}

function distinct(paths: readonly (readonly string[])[]): (readonly string[])[] {
  return [...new Map(paths.map((path) => [formatPath(path), path])).values()];
}

function restartIssue(path: readonly string[], locate: Locate): ConfigIssue {
  const origin = locate(path);
  const message = `${formatPath(path)} has changed, and takes effect only after a restart`;
  return { path: formatPath(path), message, ...(origin && { origin }) };
}

/** Returns `tree` with the value of `applied` at `path`. Copies along the path, and shares everything else. */
function withOldValue(tree: ConfigTree, applied: ConfigTree, path: readonly string[]): ConfigTree {
  const kept = withValueAt(tree, path, valueAt(applied, path) as ConfigValue);
  const parent = path.slice(0, -1);
  if (parent.length === 0 || valueAt(applied, parent) !== undefined) return kept;
  // The parent was added together with the value, and would stay as an empty object.
  const rest = valueAt(kept, parent) as ConfigTree;
  return Object.keys(rest).length === 0 ? withOldValue(kept, applied, parent) : kept;
}
