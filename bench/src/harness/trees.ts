/** A configuration of three levels. */
export type Tree = Record<string, Record<string, Record<string, unknown>>>;

/** Makes a tree of about `keys` leaves in three levels, like a configuration; `leaf` is the value of one of them. */
export function treeOf(keys: number, leaf: number): Tree {
  const width = Math.max(1, Math.round(Math.sqrt(keys / 10)));
  const tree: Tree = {};
  for (let module = 0; module < width; module += 1) {
    const sections: Record<string, Record<string, unknown>> = {};
    for (let section = 0; section < width; section += 1)
      sections[`section${section}`] = Object.fromEntries(
        Array.from({ length: 10 }, (_, key) => [`key${key}`, `value ${module}.${section}.${key}`]),
      );
    tree[`module${module}`] = sections;
  }
  tree['module0']!['section0']!['key0'] = leaf;
  return tree;
}

/** The path of the leaf that `treeOf` sets. */
export const LEAF = 'module0.section0.key0';

export function leafOf(tree: Tree): number {
  return tree['module0']!['section0']!['key0'] as number;
}
