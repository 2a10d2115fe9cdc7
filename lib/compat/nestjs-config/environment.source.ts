import { ContentHasher } from '../../snapshot/content-hash.js';
import type { ConfigIssue } from '../../model/config-issue.interface.js';
import { lineEndWarnings } from '../../sources/env/line-end-warnings.js';
import type { ConfigTree } from '../../model/config-tree.js';
import type { Layer } from '../../model/layer.interface.js';
import type { WatchHandle } from '../../watch/file-watch.interface.js';
import type {
  ConfigSource,
  SourceLoadContext,
  SourceWatchContext,
} from '../../sources/contract/config-source.interface.js';
import { isValidated } from './env-validation.js';
import type { EnvFiles, LoadedEnvFiles } from './env-files.js';
import type { ProcessEnv } from './process-env.js';
import { type PredefinedEnv, type Variables } from './combine-variables.js';

/** The variables that a layer was made from. */
export interface LayerVariables {
  /** Content of the env files of each `forRoot()`. */
  readonly contents: readonly (readonly Variables[])[];
  /** Variables that are assigned to `process.env`. */
  readonly assigned: ReadonlyMap<string, string>;
}

/**
 * The environment as one layer: the env files, and those variables of the process that the validation converts. If
 * several `forRoot()` have env files, variables assigned by an earlier one are predefined for the next.
 */
export class EnvironmentSource implements ConfigSource {
  readonly name = 'environment';
  readonly #hasher = new ContentHasher();
  readonly #variables = new WeakMap<Layer, LayerVariables>();

  constructor(
    private readonly envFiles: readonly EnvFiles[],
    private readonly process: ProcessEnv,
  ) {}

  /** @throws ConfigSourceError if a file cannot be read, or the variables of all files together are not valid */
  async load(context: SourceLoadContext): Promise<Layer> {
    const loaded: LoadedEnvFiles[] = [];
    let predefined: PredefinedEnv = this.process.predefined();
    for (const envFiles of this.envFiles) {
      const each = await envFiles.load(context, predefined);
      loaded.push(each);
      predefined = { ...predefined, ...Object.fromEntries(each.assigned) };
    }
    const layer = this.#layerOf(loaded, context);
    const assigned = new Map(loaded.flatMap((each) => [...each.assigned]));
    this.#variables.set(layer, { contents: loaded.map(({ contents }) => contents), assigned });
    return layer;
  }

  /** Returns the variables that a layer was made from; undefined for a layer that was not loaded by this process. */
  variablesOf(layer: Layer | undefined): LayerVariables | undefined {
    return layer && this.#variables.get(layer);
  }

  async watch(context: SourceWatchContext): Promise<WatchHandle> {
    const sources = this.envFiles.flatMap((envFiles) => envFiles.sources);
    const handles = await Promise.all(sources.map((source) => source.watch(context)));
    return { close: async () => void (await Promise.all(handles.map(async (handle) => handle.close()))) };
  }

  /** Of the environment that the app was started with: any code of the app may read it. */
  #lineEndWarnings(): ConfigIssue[] {
    const variables = Object.entries(this.process.predefined()).map(([name, value = '']) => ({
      name,
      keys: [name],
      value,
    }));
    return lineEndWarnings(this.name, variables);
  }

  #layerOf(loaded: readonly LoadedEnvFiles[], { known }: SourceLoadContext): Layer {
    const tree = loaded.reduce<Variables>((below, each) => ({ ...below, ...each.tree }), {}) as ConfigTree;
    const layers = loaded.flatMap((each) => each.layers);
    const hash = this.#hasher.hash([tree, ...layers.map((layer) => layer.hash)]);
    return (
      known.find((before) => before.hash === hash) ?? {
        source: this.name,
        tree,
        hash,
        revision: hash,
        stringsOnly: !this.envFiles.some(({ options }) => isValidated(options)),
        warnings: [...layers.flatMap((layer) => layer.warnings ?? []), ...this.#lineEndWarnings()],
        files: layers.flatMap((layer) => layer.files ?? []),
        locate: ([name = '', ...below], part) => {
          // The last `forRoot()` that has the variable decides its value.
          const last = loaded.findLast((each) => Object.hasOwn(each.tree, name)) ?? loaded[0]!;
          return last.locate([name, ...below], part);
        },
      }
    );
  }
}
