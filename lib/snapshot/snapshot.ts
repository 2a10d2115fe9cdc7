import { inspect, type InspectOptions } from 'node:util';
import type { ReloadCause } from '../model/reload-stage.js';
import type { ConfigValueOf } from '../model/config-value.types.js';
import type { ConfigSnapshot } from '../model/config-snapshot.interface.js';
import { tryParsePath, valueAt } from '../model/paths.js';
import { ambiguityOf, resolvePath } from '../model/resolve-path.js';
import { SecretPolicy } from '../secrets/secret-policy.js';

/** Maximum number of paths remembered per snapshot: more than an app has, less than a client can send. */
const MAX_PATHS = 10_000;

/** Maximum number and length of remembered paths without a value; a client can send any number of these. */
const MAX_MISSING_PATHS = 1_000;
const MAX_MISSING_PATH_LENGTH = 200;

/** The parts of a snapshot. `value` must already be frozen. */
export interface SnapshotContent<T> {
  readonly version: number;
  readonly hash: string;
  readonly time: Date;
  readonly cause: ReloadCause;
  readonly value: T;
  /** Redacts the snapshot when it is printed or serialised. Default: a policy by the names of keys. */
  readonly secrets?: SecretPolicy;
}

/** The immutable, validated result of merging all layers. */
export class Snapshot<T = Record<string, unknown>> implements ConfigSnapshot<T> {
  readonly version: number;
  readonly hash: string;
  /** Set again by the commit, and never after it. */
  time: Date;
  readonly cause: ReloadCause;
  declare readonly value: ConfigValueOf<T>;
  /** Every path read so far: reading one again is a single look-up and allocates nothing. */
  readonly #lookup = new Map<string, unknown>();
  /** The keys of paths that are not written as the tree has them: `models.gpt-4.1` without its quotes. */
  readonly #joined = new Map<string, readonly string[]>();
  /** Their values, except those of accessors. */
  readonly #joinedValues = new Map<string, unknown>();
  /** Paths without a value: optional keys are read as often as others. */
  readonly #missing = new Set<string>();
  readonly #secrets: SecretPolicy | undefined;

  constructor(content: SnapshotContent<T>) {
    this.version = content.version;
    this.hash = content.hash;
    this.time = content.time;
    this.cause = content.cause;
    // Not enumerable: loggers copy enumerable properties, and the value may hold secrets.
    Object.defineProperty(this, 'value', { value: content.value });
    this.#secrets = content.secrets;
  }

  get(path: string): unknown {
    const known = this.#lookup.get(path);
    return known === undefined ? this.#find(path) : known;
  }

  has(path: string): boolean {
    return this.get(path) !== undefined;
  }

  /** Returns the value at `path` as it is written, as `@nestjs/config` finds it. */
  getExact(path: string): unknown {
    const known = this.#lookup.get(path);
    if (known !== undefined || this.#missing.has(path) || this.#joined.has(path)) return known;
    const value = this.#findExact(path);
    if (value === undefined) this.#findJoined(path); // only to remember it
    return value;
  }

  /** Returns the keys of the value at `path`; undefined if it has none. */
  keysOf(path: string): readonly string[] | undefined {
    const resolved = resolvePath(this.value, path);
    return resolved !== undefined && 'keys' in resolved ? resolved.keys : undefined;
  }

  /** Returns why `path` has no value although parts of it exist: it has several readings. Undefined if it has not. */
  ambiguityOf(path: string): string | undefined {
    const resolved = resolvePath(this.value, path);
    return resolved !== undefined && 'readings' in resolved
      ? ambiguityOf(path, resolved.readings)
      : undefined;
  }

  /** Returns the snapshot with redacted values. */
  toJSON(): Omit<SnapshotContent<unknown>, 'secrets'> {
    const { version, hash, time, cause } = this;
    const value = (this.#secrets ?? new SecretPolicy()).redact(this.value);
    return { version, hash, time, cause, value };
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    return `ConfigSnapshot ${inspect(this.toJSON(), options)}`;
  }

  #find(path: string): unknown {
    if (this.#missing.has(path)) return undefined;
    const joined = this.#joined.get(path);
    if (joined !== undefined) return this.#joinedValues.get(path) ?? valueAt(this.value, joined);
    const exact = this.#findExact(path);
    return exact === undefined ? this.#findJoined(path) : exact;
  }

  #findExact(path: string): unknown {
    const value = findIn(this.value, path);
    if (value !== undefined && isConstant(value) && this.#lookup.size < MAX_PATHS)
      this.#lookup.set(path, value);
    return value;
  }

  #findJoined(path: string): unknown {
    const keys = this.keysOf(path);
    if (keys === undefined) this.#rememberMissing(path);
    const value = keys && valueAt(this.value, keys);
    if (keys !== undefined && this.#joined.size < MAX_PATHS) {
      this.#joined.set(path, keys);
      if (isConstant(value)) this.#joinedValues.set(path, value);
    }
    return value;
  }

  #rememberMissing(path: string): void {
    if (this.#missing.size < MAX_MISSING_PATHS && path.length <= MAX_MISSING_PATH_LENGTH)
      this.#missing.add(path);
  }
}

/** An accessor of a schema class creates a new value at each read, which is not frozen and must not be shared. */
function isConstant(value: unknown): boolean {
  return typeof value !== 'object' || Object.isFrozen(value);
}

/** A key that contains dots wins over the path it looks like, as in `@nestjs/config`. */
function findIn(tree: unknown, path: string): unknown {
  const literal = valueAt(tree, [path]);
  if (literal !== undefined) return literal;
  const keys = tryParsePath(path);
  return keys === undefined ? undefined : valueAt(tree, keys);
}
