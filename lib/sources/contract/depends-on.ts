import type { ConfigSource } from './config-source.interface.js';

/**
 * Marks a source whose content a function of the app makes. The function is called at boot, in a manual reload, and when
 * one of the sources that it may depend on has other content; in between, its last layer is used.
 */
export const DEPENDS_ON = Symbol('depends on');

/** The sources that a function may depend on. */
export interface Dependencies {
  /** `others`: all sources that are not made by a function, and that do not wait for another source. */
  readonly sources: readonly ConfigSource[] | 'others';
  /** Checks whether the last call has read the variable with this name. Omit it if that is not known. */
  hasRead?(name: string): boolean;
}

/** Returns the dependencies of a source whose content a function makes; undefined for every other source. */
export function dependenciesOf(source: ConfigSource): Dependencies | undefined {
  return Reflect.get(source, DEPENDS_ON) as Dependencies | undefined;
}
