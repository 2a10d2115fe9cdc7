import { Inject, Optional, type Type } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { ModulesContainer } from '@nestjs/core';
import { ConfigOptionsError } from '../../../errors/config.errors.js';
import { HOT_CONFIG_SERVICE } from '../../../model/tokens.js';

type AnyFunction = (...parameters: unknown[]) => unknown;

/** Services by name of a member, as this file calls them. */
type Members = Record<'get' | 'getOrThrow' | 'set', AnyFunction> & { readonly changes$: unknown };

/** A `ConfigService`, with the `HotConfigService` that it stands for: none in an app without `HotConfigModule`. */
type Linked = Members & { readonly [HOT_CONFIG_SERVICE]?: Members };

/**
 * Makes each `ConfigService` that Nest creates, and each instance of a subclass, stand for the `HotConfigService` of its
 * app: in the providers of any module, by `ModuleRef`, in a module that is loaded later. One that the app creates itself
 * (`new ConfigService({ … })`) stays as it is, and so do all of an app without `HotConfigModule`.
 *
 * This changes `ConfigService`, which is one for the process: Nest offers no way to do it for one app, because what a
 * module provides or imports takes precedence over what is global.
 */
export function linkConfigServices(): void {
  const prototype = ConfigService.prototype as unknown as Linked;
  if (Object.hasOwn(prototype, HOT_CONFIG_SERVICE)) return; // done before
  Object.defineProperty(prototype, HOT_CONFIG_SERVICE, {
    get: () => undefined,
    set(this: object, service: Members) {
      link(this, service);
    },
  });
  // Nest injects it, and so creates no ConfigService before the app has its configuration.
  Inject(HOT_CONFIG_SERVICE)(prototype, HOT_CONFIG_SERVICE);
  Optional()(prototype, HOT_CONFIG_SERVICE);
  delegate(prototype);
}

/**
 * Completes what `linkConfigServices()` does, for the providers that modules declare: a `ConfigService` is the service
 * itself, and a subclass can read it in its constructor.
 *
 * @throws ConfigOptionsError if one of them extends the class of the service
 */
export function provideInPlaceOfConfigServices<S extends ConfigService>(
  service: S,
  modules: ModulesContainer,
): S {
  for (const module of modules.values()) {
    for (const wrapper of module.providers.values()) {
      const { metatype } = wrapper as { metatype: unknown };
      if (wrapper.inject != null || !isConfigService(metatype)) continue;
      if (metatype.prototype instanceof service.constructor) throw cannotExtend(metatype.name, module.name);
      if (metatype === ConfigService) Object.assign(wrapper, { metatype: () => service, inject: [] });
      else wrapper.metatype = linkedClass(metatype, service);
    }
  }
  return service;
}

function isConfigService(type: unknown): type is Type<ConfigService> {
  return type === ConfigService || (typeof type === 'function' && type.prototype instanceof ConfigService);
}

function cannotExtend(type: string, module: string): ConfigOptionsError {
  return new ConfigOptionsError(
    `${type} of ${module} extends HotConfigService, which exists once: extend ConfigService, or inject HotConfigService`,
  );
}

function linkedClass(type: Type<ConfigService>, service: ConfigService): Type<ConfigService> {
  const linked = class extends type {};
  Object.defineProperty(linked, 'name', { value: type.name });
  linked.prototype.constructor = type;
  link(linked.prototype, service);
  return linked;
}

/** Nest injects the service again into an object that has it already. */
function link(object: object, service: unknown): void {
  Object.defineProperty(object, HOT_CONFIG_SERVICE, { get: () => service, set() {} });
}

/** Replaces the members of `ConfigService` that read, write and emit. */
function delegate(prototype: Linked): void {
  const { get, getOrThrow, set } = prototype;
  const changes$ = Object.getOwnPropertyDescriptor(prototype, 'changes$');
  prototype.get = function (this: Linked, ...parameters) {
    const service = this[HOT_CONFIG_SERVICE];
    return service === undefined ? get.apply(this, parameters) : service.get(...parameters);
  };
  prototype.getOrThrow = function (this: Linked, ...parameters) {
    const service = this[HOT_CONFIG_SERVICE];
    if (service === undefined) return getOrThrow.apply(this, parameters);
    const value = this.get(...parameters); // a subclass may have its own
    return value === undefined ? service.getOrThrow(parameters[0]) : value;
  };
  prototype.set = function (this: Linked, ...parameters) {
    const service = this[HOT_CONFIG_SERVICE];
    return service === undefined ? set.apply(this, parameters) : service.set(...parameters);
  };
  Object.defineProperty(prototype, 'changes$', {
    configurable: true,
    get(this: Linked): unknown {
      const service = this[HOT_CONFIG_SERVICE];
      return service === undefined ? changes$?.get?.call(this) : service.changes$;
    },
  });
}
