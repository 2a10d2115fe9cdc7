import { type JoiDescription, joiDescriptionOf } from '../joi-description.js';
import { type KnownKeys, LEAF, listKeys, objectKeys, OPEN, OPEN_REST, unionKeys } from './known-keys.js';

const SCALARS: ReadonlySet<string | undefined> = new Set(['string', 'number', 'boolean', 'date', 'binary']);

/** Returns what a schema of Joi knows. Keys that it does not know are dropped, unless it says `unknown()`. */
export function keysOfJoi(schema: unknown): KnownKeys {
  return keysOf(joiDescriptionOf(schema) ?? {});
}

function keysOf(described: JoiDescription): KnownKeys {
  const { type, flags = {}, rules = [], whens, renames } = described;
  const isOwnCode = rules.some(({ name }) => name === 'custom');
  if (isOwnCode || whens !== undefined || renames !== undefined || flags['cast'] !== undefined) return OPEN;
  if (SCALARS.has(type)) return LEAF;
  const below = (part: JoiDescription | undefined) => () => (part === undefined ? OPEN : keysOf(part));
  if (type === 'alternatives' && described.matches)
    return unionKeys(described.matches.map(({ schema }) => below(schema)));
  if (type === 'array') {
    const elements = [...(described.items ?? []), ...(described.ordered ?? [])];
    return elements.length === 0 ? OPEN : listKeys(() => unionKeys(elements.map(below)));
  }
  if (type !== 'object' || (described.keys === undefined && described.patterns === undefined)) return OPEN;
  const { keys = {}, patterns = [] } = described;
  const others = () => unionKeys(patterns.map(({ rule }) => below(rule)));
  const rest = patterns.length > 0 ? { keys: others, isList: false } : undefined;
  return objectKeys(
    Object.entries(keys).map(([name, member]) => [name, below(member)] as const),
    flags['unknown'] === true ? OPEN_REST : rest,
  );
}
