import type { Layer, ShadowedByLayer } from '../../model/layer.interface.js';
import { type ConfigOrigin, DEFAULT_SOURCE, type OriginPart } from '../../model/origin.interface.js';
import { valueAt } from '../../model/paths.js';
import type { PredefinedEnv, Variables } from './combine-variables.js';
import { linesIn } from './copied-variables.js';
import type { EnvironmentOfFiles } from './environment-of-files.js';
import type { EnvironmentOptions } from './environment-options.js';

/** The layers, files and options that decide which value of a variable counts. */
export interface EnvPrecedenceContext {
  readonly layers: readonly Layer[];
  readonly environment: EnvironmentOfFiles;
  readonly options: EnvironmentOptions;
  /** The predefined variables that count. */
  readonly predefined: PredefinedEnv;
  /** Variables of the files that replace those of the environment. */
  readonly replaced: Readonly<Record<string, string>>;
  /** Checks whether the environment has a copy of the line. */
  readonly isCopy: (name: string) => boolean;
  /** `true` if `get()` reads the line all the same, and only `process.env` has the other value. */
  readonly readsFiles: boolean;
}

/** Which value of a variable counts, if several files and the environment have it. */
export class EnvPrecedence {
  /**
   * Names of the files, and those that are no longer in the files but in the environment: the app reads that value from
   * then on.
   */
  readonly named: ReadonlySet<string>;
  /** The line of each variable, unexpanded. */
  readonly lines: ReadonlyMap<string, string>;
  /** Names of the variables whose line has no effect, because the environment has another value. */
  readonly shadowed: ReadonlySet<string>;
  /** Names of the shadowed variables whose line is another one than in force. */
  readonly editedInVain: readonly string[];
  /** Names of the variables whose line was removed, and that the app reads from the environment now. */
  readonly removedToEnvironment: readonly string[];

  /** @param before what is in force. It is not kept: that would keep all versions. */
  constructor(
    private readonly context: EnvPrecedenceContext,
    before: EnvPrecedence | undefined,
  ) {
    const { layers, environment, options, predefined, isCopy } = context;
    const contents = layers.map(({ tree }) => tree as Variables);
    const isOwn = (name: string) => !environment.taken.has(name) && !environment.written.has(name);
    const isGiven = (name: string) => environment.predefined[name] !== undefined;
    const namesBefore = [...(before?.named ?? [])];
    const names = contents.flatMap((content) => Object.keys(content));
    this.lines = linesIn(contents);
    this.named = new Set([...names, ...namesBefore.filter(isGiven)].filter(isOwn));
    const isShadowed = (name: string) =>
      isOwn(name) &&
      predefined[name] !== undefined &&
      predefined[name] !== this.lines.get(name) &&
      !isCopy(name);
    this.shadowed = new Set(options.override ? [] : [...this.lines.keys()].filter(isShadowed));
    const isEdited = (name: string) =>
      before?.shadowed.has(name) && before.lines.get(name) !== this.lines.get(name);
    this.editedInVain = [...this.shadowed].filter(isEdited);
    this.removedToEnvironment = namesBefore.filter(
      (name) =>
        before?.lines.has(name) &&
        !before.shadowed.has(name) &&
        !this.lines.has(name) &&
        this.named.has(name),
    );
  }

  /** Locates a variable where its value comes from: the first file that has it, else the environment. */
  locate(path: readonly string[], part?: OriginPart): ConfigOrigin | undefined {
    const [name = ''] = path;
    if (this.#isFromEnvironment(name)) return { source: 'environment', variable: name };
    return this.locateLine(path, part) ?? originInEnvironment(name);
  }

  /** Locates a value that the app reads. What neither a file nor the environment has is a default of the validation. */
  locateValue(path: readonly string[], part?: OriginPart): ConfigOrigin | undefined {
    const [name = ''] = path;
    const { predefined } = this.context.environment;
    const isGiven = this.lines.has(name) || predefined[name] !== undefined;
    return isGiven || name === '' ? this.locate(path, part) : { source: DEFAULT_SOURCE };
  }

  /** Locates the line of a variable. */
  locateLine(path: readonly string[], part?: OriginPart): ConfigOrigin | undefined {
    const [name = ''] = path;
    return this.context.layers.find(({ tree }) => Object.hasOwn(tree, name))?.locate(path, part);
  }

  /** Returns the values that do not count: of the files, and of the environment if a file replaces it. */
  shadowedAt(path: readonly string[]): ShadowedByLayer[] {
    const { layers, environment, replaced, options } = this.context;
    const [name = ''] = path;
    const found: ShadowedByLayer[] = [];
    for (const layer of layers) {
      const value = valueAt(layer.tree, path);
      if (value === undefined) continue;
      const origin = layer.locate(path);
      found.push({ value, ...(origin && { origin }) });
    }
    if (!this.#isFromEnvironment(name)) found.shift(); // the one that counts
    const given = environment.predefined[name];
    const isReplaced = Object.hasOwn(replaced, name) || (options.override === true && this.lines.has(name));
    if (path.length === 1 && isReplaced && given !== undefined && given !== this.lines.get(name))
      found.push({ value: given, origin: originInEnvironment(name) });
    return found;
  }

  /** Checks whether `get()` reads a variable from the environment although a file has it. */
  #isFromEnvironment(name: string): boolean {
    return this.shadowed.has(name) && !this.context.readsFiles;
  }
}

function originInEnvironment(name: string): ConfigOrigin {
  const source = 'environment';
  return name === '' ? { source } : { source, variable: name };
}
