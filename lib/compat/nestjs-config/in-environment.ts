import type { Layer } from '../../model/layer.interface.js';
import type { ConfigSource, SourceLoadContext } from '../../sources/contract/config-source.interface.js';
import type { Environment } from './environment.js';

/** A factory that may read `process.env`: while it runs, it sees there what the files say in the same reload. */
export class InEnvironment implements ConfigSource {
  readonly name: string;
  readonly onError: 'reject' | 'keep';

  constructor(
    private readonly factory: ConfigSource,
    private readonly environment: Environment,
  ) {
    this.name = factory.name;
    this.onError = factory.onError ?? 'reject';
  }

  async load(context: SourceLoadContext): Promise<Layer> {
    const variables = await context.layerOf?.(this.environment.source);
    // Where the files cannot be used, all is rejected for that: a factory that fails of it would only hide why.
    if (variables === undefined) return context.known.at(-1) ?? nothing(this.name);
    return this.environment.during(variables, () => this.factory.load(context));
  }
}

function nothing(source: string): Layer {
  return { source, tree: {}, hash: '', revision: '', locate: () => undefined };
}
