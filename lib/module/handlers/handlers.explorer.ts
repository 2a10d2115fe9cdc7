import { Inject, Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ConfigPatternError } from '../../errors/config.errors.js';
import { HotConfigError } from '../../model/hot-config.error.js';
import { shownAs } from '../../errors/startup-error.js';
import { HOT_CONFIG_RUNTIME } from '../../runtime/tokens.js';
import type { HotConfigRuntime } from '../../runtime/hot-config.runtime.js';
import {
  BEFORE_CONFIG_CHANGE_METADATA,
  ON_CONFIG_CHANGE_METADATA,
  type BeforeConfigChangeMetadata,
  type OnConfigChangeMetadata,
} from '../../changes/metadata.js';
import { type FoundMethod, HandlerScan, type NestModule } from './handler-scan.js';
import { compilePatterns, selectChanges } from '../../patterns/pattern.js';
import { vetoTimeout } from '../../changes/before-config-change-options.js';

/** Binds the decorated methods of every module to the runtime, and keeps in step with modules that come and go. */
@Injectable()
export class ConfigHandlersExplorer {
  readonly #bound = new Map<NestModule, (() => void)[]>();
  readonly #scan = new HandlerScan();

  constructor(
    private readonly modules: ModulesContainer,
    @Inject(HOT_CONFIG_RUNTIME) private readonly runtime: HotConfigRuntime,
  ) {}

  /**
   * Binds what is new and releases what is gone. Cheap where nothing is: it is called before each reload, because
   * nobody tells when a module was loaded lazily.
   *
   * @throws ConfigPatternError naming class and method, where a pattern cannot be parsed; all others are bound then
   */
  discover(): void {
    const present = new Set(this.modules.values());
    const failures: unknown[] = [];
    for (const [module, release] of this.#bound) {
      if (present.has(module)) continue;
      for (const one of release) one();
      this.#bound.delete(module);
    }
    for (const module of present) {
      if (this.#bound.has(module)) continue;
      const release: (() => void)[] = [];
      // Noted before binding: a module that cannot be bound is complained about once, not before every reload.
      this.#bound.set(module, release);
      for (const found of this.#scan.methodsOf(module)) {
        try {
          release.push(...this.#bind(found));
        } catch (error) {
          failures.push(error);
        }
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  #bind(found: FoundMethod): (() => void)[] {
    try {
      return [...this.#bindHandlers(found), ...this.#bindVetoes(found), ...this.#bindHook(found)];
    } catch (error) {
      if (!(error instanceof HotConfigError)) throw error;
      const summary = `${found.label} cannot follow configuration: ${error.summary}`;
      throw shownAs(new ConfigPatternError(summary), summary);
    }
  }

  #bindHandlers({ method, label, call }: FoundMethod): (() => void)[] {
    return metadataOf<OnConfigChangeMetadata>(ON_CONFIG_CHANGE_METADATA, method).map(
      ({ patterns, options }) => {
        const subscription = this.runtime.dispatcher.subscribe(patterns, (event) => call(event), {
          ...options,
          label,
        });
        return () => subscription.unsubscribe();
      },
    );
  }

  #bindVetoes({ method, label, call }: FoundMethod): (() => void)[] {
    return metadataOf<BeforeConfigChangeMetadata>(BEFORE_CONFIG_CHANGE_METADATA, method).map(
      ({ patterns, options }) => {
        const compiled = compilePatterns(patterns);
        return this.runtime.preparation.add({
          label,
          timeout: vetoTimeout(options),
          select: (changes) => selectChanges(compiled, changes),
          ask: (event) => call(event),
        });
      },
    );
  }

  #bindHook({ name, label, call }: FoundMethod): (() => void)[] {
    return this.runtime.hooks.isHook(name) ? [this.runtime.hooks.add(name, { label, call })] : [];
  }
}

function metadataOf<M>(key: string, method: object): M[] {
  return (Reflect.getMetadata(key, method) ?? []) as M[];
}
