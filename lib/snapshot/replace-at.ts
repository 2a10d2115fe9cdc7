/** `tree` with `value` in place of what stands at `path`, in objects and arrays: a copy along the path, shared elsewhere. */
export function replaceAt(tree: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...below] = path;
  if (key === undefined) return value;
  if (typeof tree !== 'object' || tree === null) return tree;
  const member = replaceAt((tree as Record<string, unknown>)[key], below, value);
  return Array.isArray(tree) ? tree.with(Number(key), member) : { ...tree, [key]: member };
}
