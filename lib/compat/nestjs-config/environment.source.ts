import { ContentHasher } from '../../snapshot/content-hash.js';
import { lineEndWarnings } from '../../sources/env/line-end-warnings.js';
import type { ConfigTree } from '../../model/config-tree.js';
import type { ConfigIssue } from '../../model/config-issue.interface.js';
import type { Layer } from '../../model/layer.interface.js';
import { OWN_CONTENT } from '../../sources/contract/own-content.js';
import type { WatchHandle } from '../../watch/file-watch.interface.js';
import type {
  ConfigSource,
  SourceLoadContext,
  SourceWatchContext,
} from '../../sources/contract/config-source.interface.js';
import { isValidated } from './env-validation.js';
import type { EnvFiles, LoadedEnvFiles } from './env-files.js';
import type { ProcessEnv } from './process-env.js';
import type { Variables } from './combine-variables.js';
import { environmentAfter } from './environment-of-files.js';
import { editWarnings, shadowWarnings } from './precedence-warnings.js';

/** The variables that a layer was made from. */
export interface LayerVariables {
  /** The env files of each `forRoot()`. */
  readonly files: readonly LoadedEnvFiles[];
  /** Variables that are assigned to `process.env`. */
  readonly assigned: ReadonlyMap<string, string>;
  /** Identifies what the files and the process had, without values set with `ConfigService.set()`. */
  readonly content: string;
}

/**
 * The environment as one layer: the env files, and those variables of the process that the validation converts. If
 * several `forRoot()` have env files, variables assigned by an earlier one are predefined for the next.
 */
export class EnvironmentSource implements ConfigSource {
  readonly name = 'environment';
  readonly unknownKeys = 'keep';
  readonly #hasher = new ContentHasher();
  readonly #variables = new WeakMap<Layer, LayerVariables>();
  #inForce: LayerVariables | undefined;
  /** Number of edits without an effect. */
  #edits = 0;

  constructor(
    private readonly envFiles: readonly EnvFiles[],
    private readonly process: ProcessEnv,
  ) {}

  /** @throws ConfigSourceError if a file cannot be read, or the variables of all files together are not valid */
  async load(context: SourceLoadContext): Promise<Layer> {
    const loaded: LoadedEnvFiles[] = [];
    let environment = this.process.environment();
    const unwritten = this.process.unwritten();
    for (const [at, envFiles] of this.envFiles.entries()) {
      const each = await envFiles.load(context, environment, this.#inForce?.files[at]);
      loaded.push(each);
      environment = environmentAfter(environment, each.contents, each.assigned);
    }
    const layer = this.#layerOf(loaded, context);
    const assigned = new Map(loaded.flatMap((each) => [...each.assigned]));
    const hashes = loaded.flatMap((each) => each.layers.map(({ hash }) => hash));
    const content = this.#hasher.hash([hashes, unwritten]);
    this.#variables.set(layer, { files: loaded, assigned, content });
    return layer;
  }

  /** A set value is among the variables of a layer, and a rollback removes it: that is no edit of a file. */
  [OWN_CONTENT](layer: Layer): string | undefined {
    return this.variablesOf(layer)?.content;
  }

  /** Called when a layer is newly in force: the next edits are compared with it. */
  adopted(layer: Layer): void {
    this.#inForce = this.variablesOf(layer);
    for (const envFiles of this.envFiles) envFiles.started();
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
    const edits = this.#editWarnings(loaded);
    const same = known.find((before) => before.hash === hash);
    if (same !== undefined && edits.length === 0) return same;
    // The last `forRoot()` that has the variable decides its value.
    const lastWith = (name: string) =>
      (loaded.findLast((each) => Object.hasOwn(each.tree, name)) ?? loaded[0]!).precedence;
    return {
      source: this.name,
      tree,
      hash,
      revision: hash,
      stringsOnly: !this.envFiles.some(({ options }) => isValidated(options)),
      warnings: [
        ...layers.flatMap((layer) => layer.warnings ?? []),
        ...this.#lineEndWarnings(),
        ...loaded.flatMap((each) => each.warnings),
        ...loaded.flatMap((each, at) => shadowWarnings(each.precedence, this.#readsFiles(at))),
        ...edits,
      ],
      files: layers.flatMap((layer) => layer.files ?? []),
      locate: (path, part) => lastWith(path[0] ?? '').locateValue(path, part),
      shadowedAt: (path) => lastWith(path[0] ?? '').shadowedAt(path),
    };
  }

  #editWarnings(loaded: readonly LoadedEnvFiles[]): ConfigIssue[] {
    const isFutile = loaded.some(
      ({ precedence }) => precedence.editedInVain.length + precedence.removedToEnvironment.length > 0,
    );
    if (!isFutile) return [];
    this.#edits += 1;
    return loaded.flatMap((each, at) => editWarnings(each.precedence, this.#readsFiles(at), this.#edits));
  }

  #readsFiles(at: number): boolean {
    return this.envFiles[at]!.validation.readsFiles; // there are loaded files of each
  }
}
