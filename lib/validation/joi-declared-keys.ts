import { type JoiDescription, joiDescriptionOf } from './joi-description.js';

/**
 * Returns a check whether a schema of Joi names the key at a path. Joi leaves out such a key too: if its value is one of
 * `empty()`, and because of `strip()` and `rename()`.
 */
export function joiDeclares(schema: unknown): (path: readonly string[]) => boolean {
  const description = joiDescriptionOf(schema) ?? {};
  return (path) => declares(description, path);
}

function declares(node: JoiDescription, [key, ...below]: readonly string[]): boolean {
  if (key === undefined) return true;
  const { keys = {}, renames = [], items = [], ordered = [] } = node;
  if (below.length === 0 && renames.some(({ from }) => from === key)) return true;
  const own = Object.hasOwn(keys, key) ? [keys[key]!] : []; // own, so it exists
  return [...own, ...items, ...ordered].some((each) => declares(each, below));
}
