import { parsePathOrKey } from '../../model/paths.js';
import { FactorySource } from '../../sources/factory.source.js';

/** What `registerAs(name, make)` of `@nestjs/config` gives: a factory that knows its name and its token. */
export interface Namespace {
  (): unknown;
  /** The token it is injected by, for example `CONFIGURATION(database)`. */
  readonly KEY: string | symbol;
}

/** A function that makes configuration: of a namespace, or of keys at the top. */
export type ConfigMaker = Namespace | (() => unknown);

/** The name that `registerAs` puts on the function, as `@nestjs/config` spells it. */
const NAMESPACE_NAME = 'PARTIAL_CONFIGURATION_KEY';

/** A factory as a source of configuration. A provider of the module that declares it, so that it is found at boot. */
export class Feature {
  /** The path its values hang below, for example `database`; undefined where they are at the top. */
  readonly path: readonly string[] | undefined;
  readonly source: FactorySource;

  constructor(
    readonly make: ConfigMaker,
    /** Its place in `load` of the module's options; undefined where another module declares it, which comes later. */
    readonly loadedAt?: number,
    /** What is called, where that is not the factory itself. */
    call: () => unknown = make,
  ) {
    const name = nameOf(make);
    this.path = name === undefined ? undefined : parsePathOrKey(name);
    this.source =
      name === undefined
        ? new FactorySource(call, {
            name: loadedAt === undefined ? `forFeature(${make.name})` : `load[${loadedAt}]`,
          })
        : new FactorySource(call, { name: `registerAs('${name}')`, namespace: name });
  }

  /** The same, with something else in the place of the factory. */
  given(call: () => unknown): Feature {
    return new Feature(this.make, this.loadedAt, call);
  }
}

export function isNamespace(make: ConfigMaker): make is Namespace {
  return 'KEY' in make && make.KEY !== undefined;
}

/** A factory of a namespace that was not made by `registerAs`. */
export function namespaceOf(name: string, make: () => unknown): ConfigMaker {
  return Object.defineProperty(make, NAMESPACE_NAME, { value: name });
}

function nameOf(make: ConfigMaker): string | undefined {
  const named: unknown = Reflect.get(make, NAMESPACE_NAME) ?? (isNamespace(make) ? make.KEY : undefined);
  if (typeof named === 'symbol') return named.description ?? '';
  return typeof named === 'string' ? named : undefined;
}
