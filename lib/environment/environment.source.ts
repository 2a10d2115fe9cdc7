import { ConfigEnvironmentError, ConfigSourceError } from '../errors/config.errors.js';
import type { ConfigIssue } from '../errors/config-issue.interface.js';
import { hideCredentials } from '../snapshot/secrets.js';
import { ContentHasher } from '../snapshot/content-hash.js';
import type { ConfigTree } from '../snapshot/config-tree.js';
import type { Layer } from '../snapshot/layer.interface.js';
import type { ConfigOrigin, OriginPart } from '../snapshot/origin.interface.js';
import { formatPath } from '../snapshot/paths.js';
import type { WatchHandle } from '../watch/file-watch.interface.js';
import type {
  ConfigSource,
  SourceLoadContext,
  SourceWatchContext,
} from '../sources/config-source.interface.js';
import { FileSource } from '../sources/file.source.js';
import type { PathIssue } from '../validation/validator.interface.js';
import { isChecked } from './environment-check.js';
import { envFilesOf } from './environment-options.js';
import type { EnvironmentRules } from './environment-rules.js';
import { envFormat } from './env-format.js';
import type { ProcessEnvironment } from './process-environment.js';
import { combineVariables, type CombinedVariables, type Variables } from './variables.js';

/** What the files said, the strongest first, and what of it is in `process.env` in any case. */
export type MadeOf = { readonly files: readonly Variables[] } & Pick<CombinedVariables, 'expanded'>;

const NOTHING: MadeOf = { files: [], expanded: {} };

/** The files of variables, and of the environment what the app's check made something else of, as one layer. */
export class EnvironmentSource implements ConfigSource {
  readonly name = 'environment';
  readonly #files: readonly FileSource[];
  readonly #hasher = new ContentHasher();
  /** What each file said last: content that is the same is not parsed again. */
  readonly #last = new Map<FileSource, Layer>();

  readonly #made = new WeakMap<Layer, MadeOf>();

  constructor(
    private readonly rules: EnvironmentRules,
    private readonly process: ProcessEnvironment,
  ) {
    const { options } = rules;
    const format = options.parser === undefined ? 'dotenv' : envFormat(options.parser);
    this.#files = envFilesOf(options).map(
      (path) => new FileSource(path, { optional: true, allowEmpty: true, imports: false, format }),
    );
  }

  /** @throws ConfigSourceError where a file cannot be read, or what the files say together is not valid */
  async load(context: SourceLoadContext): Promise<Layer> {
    const layers = await Promise.all(this.#files.map((each) => this.#read(each, context)));
    const { rules } = this;
    const locate = locator(layers);
    const files = layers.map(({ tree }) => tree as Variables);
    const { maxFileSize } = context.limits;
    const combined = combineVariables(files, this.process.given(), rules.options, maxFileSize);
    const { given, expanded } = combined;
    if (combined.problems.length > 0) {
      const found = combined.problems.map(({ key, message }) => ({ path: [key], message }));
      const { issues, revision } = placed(found, locate, layers);
      throw new ConfigSourceError('Variables cannot be expanded', issues, { revision });
    }
    const checked = await rules.check(combined.variables, given);
    if (checked.issues !== undefined) {
      const { issues, revision } = placed(checked.issues, locate, layers);
      const { message, cause } = checked;
      throw new ConfigEnvironmentError(message, issues, { revision, cause });
    }
    const tree = rules.treeOf(combined.variables, checked.values, given) as ConfigTree;
    const hash = this.#hasher.hash([tree, ...layers.map((layer) => layer.hash)]);
    const layer = context.known.find((before) => before.hash === hash) ?? {
      source: this.name,
      tree,
      hash,
      revision: hash,
      stringsOnly: !isChecked(rules.options),
      warnings: layers.flatMap((each) => each.warnings ?? []),
      files: layers.flatMap((each) => each.files ?? []),
      locate,
    };
    this.#made.set(layer, { files, expanded });
    return layer;
  }

  /** What a layer was made of; nothing where that is not known any more. */
  madeOf(layer: Layer | undefined): MadeOf {
    return (layer && this.#made.get(layer)) ?? NOTHING;
  }

  async watch(context: SourceWatchContext): Promise<WatchHandle> {
    const handles = await Promise.all(this.#files.map((each) => each.watch(context)));
    return {
      close: async () => {
        await Promise.all(handles.map(async (handle) => handle.close()));
      },
    };
  }

  async #read(each: FileSource, context: SourceLoadContext): Promise<Layer> {
    const last = this.#last.get(each);
    const layer = await each.load({ ...context, known: last === undefined ? [] : [last] });
    this.#last.set(each, layer);
    return layer;
  }
}

type LocateInFiles = (path: readonly string[], part?: OriginPart) => ConfigOrigin | undefined;

/** In the first file that says it, which is the one that counts; else it is the environment itself. */
function locator(layers: readonly Layer[]): LocateInFiles {
  return ([name = '', ...below], part) => {
    const said = layers.find((layer) => Object.hasOwn(layer.tree, name));
    if (said !== undefined) return said.locate([name, ...below], part);
    const source = 'environment';
    return name === '' ? { source } : { source, variable: name };
  };
}

/** The issues with their places, and what tells this failure from others. */
function placed(found: readonly PathIssue[], locate: LocateInFiles, layers: readonly Layer[]) {
  const issues = found.map(({ path, message }): ConfigIssue => {
    const origin = locate(path);
    return { path: formatPath(path), message: hideCredentials(message), ...(origin && { origin }) };
  });
  return { issues, revision: JSON.stringify([issues, layers.map(({ hash }) => hash)]) };
}
