import { ContentHasher } from '../../snapshot/content-hash.js';
import type { ConfigTree } from '../../model/config-tree.js';
import type { Layer } from '../../model/layer.interface.js';
import type { WatchHandle } from '../../watch/file-watch.interface.js';
import type {
  ConfigSource,
  SourceLoadContext,
  SourceWatchContext,
} from '../../sources/contract/config-source.interface.js';
import { isChecked } from './environment-check.js';
import type { EnvironmentPart, PartLoaded } from './environment-part.js';
import type { ProcessEnvironment } from './process-environment.js';
import { placedIn, type Variables } from './variables.js';

/** What a layer was made of: what the files of each part said, and what of it all is in `process.env`. */
export interface MadeOf {
  readonly said: readonly (readonly Variables[])[];
  readonly placed: ReadonlyMap<string, string>;
}

/**
 * The files of variables, and of the environment what the app's check made something else of, as one layer. Of several
 * parts, what an earlier one places in `process.env` is given to the next.
 */
export class EnvironmentSource implements ConfigSource {
  readonly name = 'environment';
  readonly #hasher = new ContentHasher();
  readonly #made = new WeakMap<Layer, MadeOf>();

  constructor(
    private readonly parts: readonly EnvironmentPart[],
    private readonly process: ProcessEnvironment,
  ) {}

  /** @throws ConfigSourceError where a file cannot be read, or what the files say together is not valid */
  async load(context: SourceLoadContext): Promise<Layer> {
    const loaded: PartLoaded[] = [];
    let given = this.process.given();
    for (const part of this.parts) {
      const read = await part.load(context, given);
      loaded.push(read);
      given = placedIn(given, read.placed);
    }
    const layer = this.#layerOf(loaded, context);
    const placed = new Map(loaded.flatMap((read) => [...read.placed]));
    this.#made.set(layer, { said: loaded.map(({ said }) => said), placed });
    return layer;
  }

  /** What a layer was made of; undefined where that is not known any more. */
  madeOf(layer: Layer | undefined): MadeOf | undefined {
    return layer && this.#made.get(layer);
  }

  async watch(context: SourceWatchContext): Promise<WatchHandle> {
    const files = this.parts.flatMap((part) => part.files);
    const handles = await Promise.all(files.map((each) => each.watch(context)));
    return {
      close: async () => {
        await Promise.all(handles.map(async (handle) => handle.close()));
      },
    };
  }

  #layerOf(loaded: readonly PartLoaded[], { known }: SourceLoadContext): Layer {
    const tree = loaded.reduce<Variables>((below, read) => ({ ...below, ...read.tree }), {}) as ConfigTree;
    const layers = loaded.flatMap((read) => read.layers);
    const hash = this.#hasher.hash([tree, ...layers.map((layer) => layer.hash)]);
    return (
      known.find((before) => before.hash === hash) ?? {
        source: this.name,
        tree,
        hash,
        revision: hash,
        stringsOnly: !this.parts.some(({ options }) => isChecked(options)),
        warnings: layers.flatMap((each) => each.warnings ?? []),
        files: layers.flatMap((each) => each.files ?? []),
        locate: ([name = '', ...below], part) =>
          // The last that has a say in it.
          (loaded.findLast((read) => Object.hasOwn(read.tree, name)) ?? loaded[0]!).locate(
            [name, ...below],
            part,
          ),
      }
    );
  }
}
