import type { ConfigSource } from './config-source.interface.js';

/**
 * Gives each source a unique name: the second source called `factory` becomes `factory #2`. Names can repeat, because
 * arrow functions have no name and one file may be mounted at two paths; but a kept layer must not be restored to the
 * wrong source.
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
