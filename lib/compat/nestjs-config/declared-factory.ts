import { parsePathOrKey } from '../../model/paths.js';
import type { PlacedSchema } from '../../validation/app-schemas.js';
import { FactorySource } from '../../sources/factory.source.js';
import { checkedNamespaceOf } from './checked-namespace.js';

/** A factory made by `registerAs(name, factory)` of `@nestjs/config`: it has a name and an injection token. */
export interface NamespaceFactory {
  (): unknown;
  /** Injection token, for example `CONFIGURATION(database)`. */
  readonly KEY: string | symbol;
}

/** A configuration factory, as for `load` and `forFeature()` of `@nestjs/config`: of a namespace, or of top-level keys. */
export type ConfigFactoryLike = NamespaceFactory | (() => unknown);

/** Property in which `registerAs` stores the name of the namespace. */
const NAMESPACE_NAME = 'PARTIAL_CONFIGURATION_KEY';

/**
 * A configuration factory as a source. It is also a provider of the module that declares it, so that it is found before
 * the first load.
 */
export class DeclaredFactory {
  /** Path of its values, for example `database`; undefined if they are at the top level. */
  readonly path: readonly string[] | undefined;
  /** Schema of its namespace; undefined if it has none. */
  readonly schema: PlacedSchema | undefined;
  readonly source: FactorySource;

  constructor(
    readonly factory: ConfigFactoryLike,
    /** Index in the option `load`; undefined if it is declared by `forFeature()`, which comes later. */
    readonly loadIndex?: number,
    /** The function to call in place of the factory. */
    call: () => unknown = checkedNamespaceOf(factory)?.factory ?? factory,
  ) {
    const namespace = namespaceNameOf(factory);
    this.path = namespace === undefined ? undefined : parsePathOrKey(namespace);
    const schema = checkedNamespaceOf(factory)?.schema;
    this.schema = this.path && schema && { path: this.path, schema };
    const name = loadIndex === undefined ? `forFeature(${factory.name})` : `load[${loadIndex}]`;
    this.source =
      namespace === undefined
        ? new FactorySource(call, { name }, 'keep')
        : new FactorySource(call, { name: `registerAs('${namespace}')`, namespace }, 'keep');
  }

  /** Returns the same declaration with another function in place of the factory. */
  calling(call: () => unknown): DeclaredFactory {
    return new DeclaredFactory(this.factory, this.loadIndex, call);
  }
}

export function isNamespace(factory: ConfigFactoryLike): factory is NamespaceFactory {
  return 'KEY' in factory && factory.KEY !== undefined;
}

/** Turns a function into a namespace factory, as `registerAs` does. */
export function namespaceFactory(name: string, factory: () => unknown): ConfigFactoryLike {
  return Object.defineProperty(factory, NAMESPACE_NAME, { value: name });
}

function namespaceNameOf(factory: ConfigFactoryLike): string | undefined {
  const name: unknown =
    Reflect.get(factory, NAMESPACE_NAME) ?? (isNamespace(factory) ? factory.KEY : undefined);
  if (typeof name === 'symbol') return name.description ?? '';
  return typeof name === 'string' ? name : undefined;
}
