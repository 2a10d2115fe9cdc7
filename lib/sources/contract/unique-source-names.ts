import type { ConfigSource } from './config-source.interface.js';

/**
 * Each source by a name of its own: the second that is called `factory` is `factory #2`. Sources are asked to have
 * unique names, but two arrow functions have none, and one file may be mounted at two places; what one of them said must
 * not be brought back as what the other did.
 */
export function uniqueSourceNames(sources: Iterable<ConfigSource>): Map<ConfigSource, string> {
  const names = new Map<ConfigSource, string>();
  const taken = new Set<string>();
  for (const source of sources) {
    let name = source.name;
    for (let count = 2; taken.has(name); count += 1) name = `${source.name} #${count}`;
    taken.add(name);
    names.set(source, name);
  }
  return names;
}
