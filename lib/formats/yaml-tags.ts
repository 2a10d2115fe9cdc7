import type { DocumentDirective } from 'js-yaml';

/** Prefix of the tags of YAML itself. `!!str` is short for it. */
export const YAML_TAG = 'tag:yaml.org,2002:';
export const STRING_TAG = `${YAML_TAG}str`;
export const MERGE_TAG = `${YAML_TAG}merge`;

/** Message for a tag of others. Without its name: a password that starts with `!` is parsed as a tag. */
export const UNKNOWN_TAG = 'unknown tag; put a string that starts with ! in quotes';

/** The prefixes that the `%TAG` directives of a document declare, by their handles. */
export type TagPrefixes = ReadonlyMap<string, string>;

export function tagPrefixesOf(directives: readonly DocumentDirective[]): TagPrefixes {
  return new Map(directives.flatMap((each) => (each.kind === 'tag' ? [[each.handle, each.prefix]] : [])));
}

/** Returns the whole name of a tag as written (`!!str`, `!name`, `!<…>`), by the prefixes of its document. */
export function fullTag(written: string, prefixes: TagPrefixes): string {
  if (written === '!') return written;
  if (written.startsWith('!<')) return decoded(written.slice(2, -1));
  const end = written.indexOf('!', 1) + 1 || 1;
  const handle = written.slice(0, end);
  const usual = handle === '!!' ? YAML_TAG : handle;
  return decoded((prefixes.get(handle) ?? usual) + written.slice(end));
}

function decoded(tag: string): string {
  try {
    return decodeURIComponent(tag);
  } catch {
    return tag;
  }
}

/** The kind of node that a tag of YAML is for. */
type NodeKind = 'list' | 'mapping' | 'scalar';

const KINDS: Readonly<Record<string, NodeKind>> = {
  seq: 'list',
  pairs: 'list',
  map: 'mapping',
  str: 'scalar',
  null: 'scalar',
  bool: 'scalar',
  int: 'scalar',
  float: 'scalar',
  binary: 'scalar',
  timestamp: 'scalar',
  merge: 'scalar',
};

/** Returns why a tag cannot be on a node of this kind; `UNKNOWN_TAG` for tags of others, which only deserve a warning. */
export function tagProblem(tag: string, kind: NodeKind): string | undefined {
  if (tag === '!') return undefined;
  const name = tag.startsWith(YAML_TAG) ? tag.slice(YAML_TAG.length) : '';
  if (name === 'set') return 'a set is not a configuration value; write a list, and remove the tag !!set';
  if (name === 'omap')
    return 'the tag !!omap is not supported; write a mapping, whose keys keep their order, and remove the tag';
  if (!Object.hasOwn(KINDS, name)) return UNKNOWN_TAG;
  if (KINDS[name] === kind) return undefined;
  return kind === 'scalar'
    ? 'the tag does not fit this value; remove it'
    : 'the tag does not fit this collection; remove it';
}
