import type { ConfigTree, ConfigValue } from '../../../lib/model/config-tree.js';
import { tryParsePath, withValueAt } from '../../../lib/model/paths.js';
import { outcomeOf } from './promises.js';

/** Deeper paths take time, and find nothing. */
const MAX_DEPTH = 12;

/**
 * Reads a tree from lines such as `servers.main.port = 80`. A value that is no JSON is a string. What is not an assignment is
 * left out, so that most mutations of a text are a tree too.
 */
export function treeOfLines(text: string): ConfigTree {
  let tree: ConfigTree = {};
  for (const line of text.split('\n')) {
    const at = line.indexOf(' = ');
    const path = at === -1 ? undefined : tryParsePath(line.slice(0, at));
    if (path === undefined || path.length > MAX_DEPTH) continue;
    const value = line.slice(at + 3);
    const parsed = outcomeOf(() => JSON.parse(value) as ConfigValue);
    tree = withValueAt(tree, path, parsed === undefined ? value : parsed.value);
  }
  return tree;
}

/** Splits an input into its parts, which are separated by lines of `===`. */
export function partsOf(input: Buffer, count: number): string[] {
  const parts = input.toString().split('\n===\n');
  return Array.from({ length: count }, (_, index) => parts[index] ?? '');
}
