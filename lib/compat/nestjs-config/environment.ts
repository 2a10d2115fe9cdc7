import type { EnvironmentOptions } from './environment-options.interface.js';
import type { Layer } from '../../model/layer.interface.js';
import { DEFAULT_CONTENT_LIMITS } from '../../limits/content-limits.js';
import { isChecked } from './environment-check.js';
import { EnvironmentPart } from './environment-part.js';
import { EnvironmentSource, type MadeOf } from './environment.source.js';
import { ProcessEnvironment } from './process-environment.js';
import { combineVariables, placeable, placedIn, type Given, type Variables } from './variables.js';

/** The name of the source of overrides. */
const OVERRIDES = 'overrides';

/**
 * The environment as a part of the configuration, the way `@nestjs/config` has it: files of variables, what is to be
 * true of them, and `process.env`, which follows them.
 */
export class Environment {
  readonly process = new ProcessEnvironment();
  readonly #madeAt = performance.now();
  readonly #isSkipped: boolean;
  readonly #isCached: boolean;
  readonly source: EnvironmentSource;
  /** Variables of the process that were read, where they are to stay as they were. */
  readonly #cache = new Map<string, string>();
  /** The names that only files say, where they are not to be read. */
  #hidden: ReadonlySet<string> | undefined;

  /** What is in force, as the source says it. */
  #inForce: Readonly<Variables> = {};
  #madeOf: MadeOf | undefined;
  #placed: ReadonlyMap<string, string> = new Map();
  /** What was written, and no reload has judged yet. */
  readonly #unjudged = new Map<string, unknown>();
  /** What refers to them, until the files have been read with them. */
  readonly #followers = new Map<string, string>();

  /** @param parts what each `forRoot()` says, in the order in which they were called */
  constructor(private readonly parts: readonly EnvironmentPart[]) {
    this.source = new EnvironmentSource(parts, this.process);
    this.#isSkipped = parts.some(({ options }) => options.skipProcessEnv);
    this.#isCached = parts.some(({ options }) => options.cache);
  }

  static of(options: EnvironmentOptions): Environment {
    return new Environment([new EnvironmentPart(options)]);
  }

  /** Those of several `forRoot()` as one: a variable that two of them place is the one of the first. */
  static joined(environments: readonly Environment[]): Environment {
    const [only] = environments;
    if (environments.length === 1 && only !== undefined) return only;
    const inOrder = environments.toSorted((one, other) => one.#madeAt - other.#madeAt);
    const joined = new Environment(inOrder.flatMap(({ parts }) => parts));
    for (const each of inOrder) joined.process.adopt(each.process);
    return joined;
  }

  /**
   * Reads the files, and places what they say, before there is an app: the modules it is made of may read `process.env`.
   * At once, unless a schema takes its time. What is wrong is told by the first load, which reads it all again.
   */
  async begin(): Promise<void> {
    for (const part of this.parts) {
      const reading = part.readNow(this.process.given());
      const read = reading instanceof Promise ? await reading : reading;
      if (read !== undefined) this.process.place(read.placed);
    }
  }

  /** What stands in the process's environment where configuration says nothing. */
  variable(name: string): string | undefined {
    if (this.#isSkipped && !this.parts.some(({ rules }) => rules.handsOnEnvironment)) return undefined;
    if (!this.#isCached) return process.env[name];
    const value = this.#cache.get(name) ?? process.env[name];
    if (value !== undefined) this.#cache.set(name, value);
    return value;
  }

  /** Whether a path is not to be read, though a file says it: with `skipProcessEnv`, what is not checked is not. */
  hides(path: string): boolean {
    return this.#hidden?.has(path) ?? false;
  }

  /** Runs what makes configuration out of variables, as if those of this layer were placed. */
  during<R>(layer: Layer, fn: () => Promise<R>): Promise<R> {
    return this.process.during(this.#placedBy(layer), fn);
  }

  /**
   * Sets a variable at once, in `process.env` too. Gives the variables that refer to it, as they are with it.
   */
  write(name: string, value: unknown): ReadonlyMap<string, string> {
    const before = this.#fromFiles();
    const text = textOf(value);
    this.#unjudged.set(name, value);
    this.process.write(name, text);
    this.#cache.delete(name);
    const after = this.#fromFiles();
    const follows = new Map([...after].filter(([key, said]) => key !== name && before.get(key) !== said));
    for (const [key, said] of follows) this.#followers.set(key, said);
    this.#place();
    return follows;
  }

  /** What was written has become part of the configuration, or has been refused. */
  judged(name: string, value: unknown, isAccepted: boolean): void {
    if (this.#unjudged.get(name) !== value) return; // written again since
    this.#unjudged.delete(name);
    if (!isAccepted) this.process.write(name, undefined);
  }

  /** What refers to a written variable follows it from the files now, or no more. */
  letGo(followers: Iterable<string>): void {
    for (const name of followers) this.#followers.delete(name);
    this.#place();
  }

  /** From now on these layers are in force: `process.env` follows. */
  follow(layers: readonly Layer[]): void {
    const own = layers.find((layer) => layer.source === this.source.name);
    this.#cache.clear();
    const tree = own?.tree ?? {};
    this.#inForce = tree;
    this.#madeOf = this.source.madeOf(own);
    this.#placed = own === undefined ? new Map() : this.#placedBy(own);
    this.#followOverrides(layers.find((layer) => layer.source === OVERRIDES)?.tree ?? {});
    this.#place();
    if (!this.#isSkipped || this.parts.some(({ options }) => isChecked(options))) return;
    const elsewhere = new Set(
      layers.filter((layer) => layer !== own).flatMap((layer) => Object.keys(layer.tree)),
    );
    this.#hidden = new Set(Object.keys(tree).filter((name) => !elsewhere.has(name)));
  }

  /** What was written lasts as long as the override that it became. */
  #followOverrides(overridden: Readonly<Variables>): void {
    for (const name of this.process.written) {
      if (!this.#unjudged.has(name)) this.process.write(name, textOf(overridden[name]));
    }
  }

  /** What the files say of variables, each part knowing what those before it place. */
  #fromFiles(): Map<string, string> {
    const { maxFileSize } = DEFAULT_CONTENT_LIMITS;
    const found = new Map<string, string>();
    let given: Given = this.process.given();
    for (const [at, said] of (this.#madeOf?.said ?? []).entries()) {
      const { options } = this.parts[at]!; // each part has said something
      const { variables, expanded } = combineVariables(said, given, options, maxFileSize);
      const placed = placeable({ ...this.#inForce, ...variables }, expanded, given, options);
      for (const [name, value] of placed) found.set(name, value);
      given = placedIn(given, placed);
    }
    return found;
  }

  #place(): void {
    this.process.place(new Map([...this.#placed, ...this.#followers]));
  }

  /** Of a layer that comes from disk, only the tree is known. */
  #placedBy(layer: Layer): ReadonlyMap<string, string> {
    const override = this.parts.some(({ options }) => options.override);
    return this.source.madeOf(layer)?.placed ?? placeable(layer.tree, {}, this.process.given(), { override });
  }
}

/** As `process.env` holds it; undefined where it cannot. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? `${value}` : undefined;
}
