import { uniqueSourceNames } from '../sources/contract/unique-source-names.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import { OverridesSource } from '../sources/overrides.source.js';

/** Owns the sources of the app, lowest first. */
export class SourceList {
  /** The place of the overrides: that of `overrides()` in the list, otherwise after all sources. */
  readonly overrides: OverridesSource;
  #sources: readonly ConfigSource[];

  constructor(sources: readonly ConfigSource[]) {
    this.#sources = sources;
    this.overrides = sources.find((source) => source instanceof OverridesSource) ?? new OverridesSource();
  }

  /** All sources, `overrides()` included if the app has placed it. */
  get all(): readonly ConfigSource[] {
    return this.#sources;
  }

  /** The sources that are read: all but the overrides. */
  get readable(): readonly ConfigSource[] {
    return this.#sources.filter((source) => source !== this.overrides);
  }

  /** Replaces the list, from the next reload on. */
  replace(sources: readonly ConfigSource[]): void {
    this.#sources = sources;
  }

  /** The unique names of the sources that are read. */
  get names(): readonly string[] {
    return [...uniqueSourceNames(this.readable).values()];
  }

  /** Returns the unique name of a source. */
  nameOf(source: ConfigSource): string {
    return uniqueSourceNames(this.readable).get(source) ?? source.name;
  }

  /** Returns the source with a unique name. */
  named(name: string): ConfigSource | undefined {
    return [...uniqueSourceNames(this.readable)].find((entry) => entry[1] === name)?.[0];
  }
}
