import type { Pattern } from '../patterns/pattern.js';
import { ConfigValidationError } from '../errors/config.errors.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { Interpolated } from '../interpolation/interpolation.js';
import type { Locate } from '../model/origin.interface.js';
import type { ConfigTree, ConfigValue } from '../model/config-tree.js';
import { isPlainObject } from '../util/branches.js';
import { diff } from '../snapshot/diff.js';
import { formatPath, isWithin, valueAt } from '../model/paths.js';
import { setAt } from '../snapshot/set-at.js';
import { restartRequiredPaths } from './restart-required.decorator.js';

/**
 * What becomes of a change that needs a restart: `hold` keeps the old value until then, `reject` refuses the whole reload.
 *
 * @publicApi
 */
export type RestartPolicy = 'hold' | 'reject';

/** The merged tree as it may be applied, and what was left out of it. */
export interface MergedTree {
  readonly tree: ConfigTree;
  /** What `${…}` in it was made of. */
  readonly interpolated?: Interpolated;
  /** Paths whose old value stays until a restart. */
  readonly pendingRestart: readonly string[];
  readonly warnings: readonly ConfigIssue[];
}

/** The paths that can only change with a restart, and what becomes of changes to them. */
export class Restarts {
  constructor(
    private readonly patterns: readonly Pattern[],
    private readonly policy: RestartPolicy,
  ) {}

  /**
   * Puts the old values back where a restart is needed, or rejects the change.
   *
   * @throws ConfigValidationError under the policy `reject`
   */
  holdBack(tree: ConfigTree, applied: ConfigTree, currentValue: unknown, locate: Locate): MergedTree {
    // Without a schema class there is nobody to declare any, and nothing to be looked through.
    const declared = isPlainObject(currentValue) ? [] : restartRequiredPaths(currentValue);
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

/** An array is one value: elements are not put back one by one into another array. */
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
  const message = `${formatPath(path)} takes effect with the next restart only`;
  return { path: formatPath(path), message, ...(origin && { origin }) };
}

/** `tree` with what `applied` says at `path`; a copy along the path, shared elsewhere. */
function withOldValue(tree: ConfigTree, applied: ConfigTree, path: readonly string[]): ConfigTree {
  const kept = setAt(tree, path, valueAt(applied, path) as ConfigValue);
  const parent = path.slice(0, -1);
  if (parent.length === 0 || valueAt(applied, parent) !== undefined) return kept;
  // What held only this is new itself, and would be left behind empty.
  const rest = valueAt(kept, parent) as ConfigTree;
  return Object.keys(rest).length === 0 ? withOldValue(kept, applied, parent) : kept;
}
