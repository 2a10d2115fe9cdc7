import { ConfigOptionsError, ConfigParseError, ConfigSourceError } from '../errors/config.errors.js';
import type { ConfigFormat } from '../formats/config-format.interface.js';
import { FormatRegistry } from '../formats/format-registry.js';
import { type ContentLimits, DEFAULT_CONTENT_LIMITS } from '../limits/content-limits.js';
import { CHECKS_ITS_KEYS } from '../limits/forbidden-keys.js';
import type { Layer } from '../model/layer.interface.js';
import { checkDelay, invalidOption } from '../options/checks.js';
import { chooseFormat } from '../sources/content/choose-format.js';
import { type ContentLocation, isContent, sha256 } from '../sources/content/parse-content.js';
import { parseFile } from '../sources/content/parse-file.js';
import type {
  ConfigSource,
  SourceChecks,
  SourceLoadContext,
  SourceWatchContext,
} from '../sources/contract/config-source.interface.js';
import { contentLayer } from '../sources/contract/content-layer.js';
import { parseMount } from '../sources/contract/mount.js';
import { FileSource } from '../sources/file.source.js';
import { isObjectBranch } from '../util/branches.js';
import { isInstance } from '../util/is-instance.js';
import { reasonOf } from '../util/reason-of.js';
import type { WatchHandle } from '../watch/file-watch.interface.js';
import { ProbeLoop } from './probe-loop.js';
import { NotAsked } from './contract/not-asked.js';
import type { Remote, RemoteContent } from './contract/remote.interface.js';
import type { RemoteSourceOptions } from './remote-source-options.js';

/** Default of `interval`, in ms. */
const INTERVAL = 30_000;

/** The shortest `interval`, in ms: a server that is asked without a pause has nothing else to do. */
const SHORTEST_INTERVAL = 10;

/** Default of `Remote.timeout`, in ms. */
const TIMEOUT = 30_000;

/** Time beyond the deadline of a remote after which it does not keep it, in ms. */
const PATIENCE = 5_000;

/**
 * A source over a network. While it is watched, it asks the server on its own, and each reload gets the last answer from
 * memory: a server that hangs holds up nothing but a manual reload.
 */
export class RemoteSource implements ConfigSource {
  readonly [CHECKS_ITS_KEYS] = this;
  readonly kind = 'remote';
  readonly name: string;
  readonly onError: 'reject' | 'keep';
  readonly loadTimeout: number;
  /** Reads the file to start with; undefined without one. */
  readonly seed?: (context: SourceLoadContext) => Promise<Layer>;
  readonly #place: ContentLocation;
  readonly #interval: number;
  /** The last good answer. */
  #answer: RemoteContent | 'absent' | undefined;
  /** Numbers of the requests, by which an answer that another one has overtaken is known. */
  #asked = 0;
  #answered = 0;
  #loop: ProbeLoop | undefined;
  /** The error of a load that has failed, until an answer is reported: a reload waits for that. */
  #loadFailure: ConfigSourceError | undefined;
  /** The hash of the layer that was made of an answer: other sources change more often than this one. */
  #hash: { readonly answer: RemoteContent; readonly format: ConfigFormat; readonly hash: string } | undefined;
  #limits: Pick<ContentLimits, 'maxFileSize' | 'maxKeys'> = DEFAULT_CONTENT_LIMITS;
  #checks: SourceChecks = { count: 0, failures: 0 };

  /** @throws ConfigOptionsError if the options do not go together */
  constructor(
    private readonly remote: Remote,
    private readonly options: RemoteSourceOptions,
  ) {
    const { name = remote.name, mount, format, onError = 'keep', seed, interval = INTERVAL } = options;
    this.name = name;
    this.onError = onError;
    this.#place = { source: name, file: remote.name, mount: parseMount(mount, name) };
    this.#interval = checkDelay('interval', interval);
    if (interval < SHORTEST_INTERVAL)
      throw invalidOption('interval', `at least ${SHORTEST_INTERVAL} ms`, interval);
    this.loadTimeout = Math.max(TIMEOUT, (remote.timeout ?? 0) + PATIENCE);
    if (seed === undefined) return;
    if (onError === 'reject')
      throw new ConfigOptionsError(`${name}: a seed is used with { onError: 'keep' } only`);
    const how = {
      ...(mount !== undefined && { mount }),
      ...(format !== undefined && { format }),
    };
    const file = new FileSource(seed, how);
    // A rollback must not write to the file, and nobody must guess secrets from the hash of its content.
    const place = { source: name, files: [], revision: 'seed' };
    this.seed = async (context) => ({ ...(await file.load(context)), ...place });
  }

  /**
   * Returns the last answer; asks the server at boot, in a manual reload, and while nothing watches it.
   *
   * @throws ConfigSourceError if there is no answer, ConfigParseError if its text is malformed.
   */
  async load(context: SourceLoadContext): Promise<Layer> {
    this.#limits = context.limits;
    const isWatched = this.#loop !== undefined && !context.fresh;
    // An answer from memory would say that the server is back.
    if (isWatched && this.#loadFailure !== undefined) throw this.#loadFailure;
    if (!isWatched || this.#answer === undefined) {
      try {
        await this.#ask(false, context.signal);
      } catch (error) {
        this.#loadFailure = this.#error(reasonOf(error), { cause: error });
        this.#loop?.interrupted();
        throw this.#loadFailure;
      }
    }
    return this.#layerOf(this.#answer!, context);
  }

  watch(context: SourceWatchContext): WatchHandle {
    const { remote } = this;
    let hasFailed = false;
    let known = this.#answer;
    let loop: ProbeLoop | undefined;
    const hints = remote.watch?.({
      changed: () => loop?.hinted(),
      lost: () => loop?.interrupted(),
      restored: () => loop?.interrupted(),
    });
    loop = new ProbeLoop({
      interval: this.#interval,
      timeout: (remote.timeout ?? TIMEOUT) + (remote.waitTime ?? 0) + PATIENCE,
      canWait: remote.canWait === true,
      probe: (signal) => this.#ask(true, signal),
      nextAfter: () => remote.nextReadAfter,
      ended: (error) => {
        if (error !== undefined) {
          hasFailed = true;
          return context.failed(error);
        }
        const isNew = known !== this.#answer || this.#loadFailure !== undefined;
        known = this.#answer;
        this.#loadFailure = undefined;
        if (isNew) context.changed();
        else if (hasFailed) context.recovered();
        hasFailed = false;
      },
    });
    this.#loop = loop;
    return {
      close: () => {
        loop.close();
        if (this.#loop === loop) this.#loop = undefined;
        return hints?.close();
      },
    };
  }

  checks(): SourceChecks {
    return this.#checks;
  }

  async close(): Promise<void> {
    await this.remote.close?.();
  }

  /** Resolves to `true` if the content is new. */
  async #ask(wait: boolean, signal: AbortSignal): Promise<boolean> {
    this.#asked += 1;
    const number = this.#asked;
    const known = typeof this.#answer === 'object' ? this.#answer.revision : undefined;
    try {
      const { maxFileSize: maxBytes, maxKeys } = this.#limits;
      const answer = await this.remote.read({ known, wait, maxBytes, maxKeys, signal });
      if (answer === 'absent' && this.options.optional !== true)
        throw new Error('does not exist; create it, correct its address, or set { optional: true }');
      this.#checks = { ...this.#checks, count: this.#checks.count + 1, last: new Date() };
      // An answer to a later request may be newer; if it is not, the next one will tell.
      if (number < this.#answered || answer === 'unchanged' || answer === this.#answer) return false;
      this.#answered = number;
      this.#answer = answer;
      return true;
    } catch (error) {
      if (!signal.aborted && !isInstance(error, NotAsked))
        this.#checks = {
          ...this.#checks,
          count: this.#checks.count + 1,
          failures: this.#checks.failures + 1,
        };
      throw error;
    }
  }

  async #layerOf(answer: RemoteContent | 'absent', context: SourceLoadContext): Promise<Layer> {
    if (answer === 'absent') {
      const hash = sha256('no such content');
      return context.known.find((layer) => layer.hash === hash) ?? contentLayer(this.#place, hash, undefined);
    }
    const { bytes, revision } = answer;
    const { remote, options } = this;
    const formats = context.formats ?? new FormatRegistry();
    const { path = remote.name } = remote;
    const format = this.#choose(() => chooseFormat(path, options.format ?? answer.format, formats));
    const hash = this.#hashOf(answer, format);
    const known = context.known.find((layer) => layer.hash === hash);
    if (known !== undefined) return known;
    const content = await parseFile(bytes, hash, format, this.#place, context);
    if (!isContent(content)) throw new ConfigParseError(content.summary, content.issues, { revision });
    const { value, isEmpty, warnings, stringsOnly } = content;
    if (isEmpty) throw this.#error('is empty', { revision });
    if (this.#place.mount.length === 0 && !isObjectBranch(value))
      throw this.#error(
        `must have keys at its top level, but is ${Array.isArray(value) ? 'a list' : 'a single value'}; ` +
          "add keys, or set { mount: 'some.path' }",
        { revision },
      );
    if (bytes.includes('$import') && hasKey(value, '$import'))
      throw this.#error('has the key $import, but only files can import files', { revision });
    return { ...contentLayer(this.#place, hash, value, content), revision, warnings, stringsOnly };
  }

  #hashOf(answer: RemoteContent, format: ConfigFormat): string {
    if (this.#hash?.answer !== answer || this.#hash.format !== format) {
      // The same text in another format is other content.
      const hash = sha256(Buffer.concat([Buffer.from(`${format.name}\n`), answer.bytes]));
      this.#hash = { answer, format, hash };
    }
    return this.#hash.hash;
  }

  #choose<R>(choose: () => R): R {
    try {
      return choose();
    } catch (error) {
      throw this.#error(reasonOf(error), { cause: error });
    }
  }

  #error(
    message: string,
    options: { readonly cause?: unknown; readonly revision?: string },
  ): ConfigSourceError {
    const { source, file } = this.#place;
    const issue = { path: this.options.mount ?? '', message, origin: { source, file } };
    return new ConfigSourceError(`${this.name} could not be read`, [issue], options);
  }
}

function hasKey(value: unknown, key: string): boolean {
  if (Array.isArray(value)) return value.some((element) => hasKey(element, key));
  if (!isObjectBranch(value)) return false;
  return Object.entries(value).some(([name, below]) => name === key || hasKey(below, key));
}
