import { Inject, Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ConfigPatternError } from '../../errors/config.errors.js';
import { HotConfigError } from '../../model/hot-config.error.js';
import { replaceStack } from '../../errors/startup-error.js';
import { HOT_CONFIG_RUNTIME } from '../../model/tokens.js';
import type { HotConfigRuntime } from '../../runtime/hot-config.runtime.js';
import {
  BEFORE_CONFIG_CHANGE_METADATA,
  type BeforeConfigChangeMetadata,
  vetoTimeout,
} from '../../changes/before-config-change.decorator.js';
import { metadataOf } from '../../changes/decorator-metadata.js';
import {
  ON_CONFIG_CHANGE_METADATA,
  type OnConfigChangeMetadata,
} from '../../changes/on-config-change.decorator.js';
import { type FoundMethod, type NestModule, ProviderMethods } from './provider-methods.js';
import { compilePatterns, type PatternInput, selectChanges } from '../../patterns/pattern.js';

/** Registers the handlers, vetoes and lifecycle hooks of every module, and removes those of modules that are gone. */
@Injectable()
export class HandlersExplorer {
  /** For each known module, functions that remove its handlers. */
  readonly #removers = new Map<NestModule, (() => void)[]>();
  readonly #methods = new ProviderMethods();

  constructor(
    private readonly modules: ModulesContainer,
    @Inject(HOT_CONFIG_RUNTIME) private readonly runtime: HotConfigRuntime,
  ) {}

  /**
   * Registers the handlers of new modules, and removes those of modules that are gone. Cheap if there are none: it is
   * called before each reload, because Nest does not notify when a module is loaded lazily.
   *
   * @throws ConfigPatternError if a pattern or an option is invalid, naming class and method; all other handlers are
   * registered nevertheless
   */
  discover(): void {
    const present = new Set(this.modules.values());
    const errors: unknown[] = [];
    for (const [module, removers] of this.#removers) {
      if (present.has(module)) continue;
      for (const remove of removers) remove();
      this.#removers.delete(module);
    }
    for (const module of present) {
      if (this.#removers.has(module)) continue;
      const removers: (() => void)[] = [];
      // Before registering: an invalid handler is reported once, not before every reload.
      this.#removers.set(module, removers);
      for (const found of this.#methods.discover(module)) {
        try {
          removers.push(...this.#register(found));
        } catch (error) {
          errors.push(error);
        }
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  #register(found: FoundMethod): (() => void)[] {
    try {
      return [...this.#addHandlers(found), ...this.#addVetoes(found), ...this.#addHook(found)];
    } catch (error) {
      if (!(error instanceof HotConfigError)) throw error;
      const isLabelled = error.summary.startsWith(`${found.label}: `);
      const summary = isLabelled
        ? error.summary
        : `${found.label} is not a valid change handler: ${error.summary}`;
      throw replaceStack(new ConfigPatternError(summary), summary);
    }
  }

  #addHandlers({ method, label, call }: FoundMethod): (() => void)[] {
    return metadataOf<OnConfigChangeMetadata>(ON_CONFIG_CHANGE_METADATA, method).map(
      ({ patterns, options }) => {
        this.#checkKnown(label, patterns);
        const subscription = this.runtime.core.dispatcher.subscribe(patterns, (event) => call(event), {
          ...options,
          label,
        });
        return () => subscription.unsubscribe();
      },
    );
  }

  #addVetoes({ method, label, call }: FoundMethod): (() => void)[] {
    return metadataOf<BeforeConfigChangeMetadata>(BEFORE_CONFIG_CHANGE_METADATA, method).map(
      ({ patterns, options }) => {
        this.#checkKnown(label, patterns);
        const compiled = compilePatterns(patterns);
        return this.runtime.core.vetoes.add({
          label,
          timeout: vetoTimeout(options),
          select: (changes) => selectChanges(compiled, changes),
          call: (event) => call(event),
        });
      },
    );
  }

  /** Reports a pattern that can select nothing. */
  #checkKnown(label: string, patterns: PatternInput | readonly PatternInput[]): void {
    this.runtime.core.knownPatterns.checkDeclared(label, compilePatterns(patterns));
  }

  #addHook({ name, label, call }: FoundMethod): (() => void)[] {
    return this.runtime.core.hooks.isHook(name) ? [this.runtime.core.hooks.add(name, { label, call })] : [];
  }
}
