import { factory, type FactorySource } from '../sources/factory.source.js';

/** What `registerAs(name, make)` of `@nestjs/config` gives: a factory that knows its name and its token. */
export interface Namespace {
  (): unknown;
  /** The token it is injected by, for example `CONFIGURATION(database)`. */
  readonly KEY: string | symbol;
}

/** The name that `registerAs` puts on the function, as `@nestjs/config` spells it. */
const NAMESPACE_NAME = 'PARTIAL_CONFIGURATION_KEY';

/** A namespace as a source of configuration. A provider of the module that declares it, so that it is found at boot. */
export class Feature {
  /** The top-level key its values hang below. */
  readonly name: string;
  readonly source: FactorySource;

  constructor(readonly namespace: Namespace) {
    const named: unknown = Reflect.get(namespace, NAMESPACE_NAME);
    const name = typeof named === 'string' || typeof named === 'symbol' ? named : namespace.KEY;
    this.name = typeof name === 'symbol' ? (name.description ?? '') : name;
    this.source = factory(namespace, { name: `registerAs('${this.name}')`, namespace: this.name });
  }
}
