import { inspect, type InspectOptions } from 'node:util';
import type { ReloadCause } from '../model/reload-stage.js';
import type { ConfigSnapshot } from '../model/config-snapshot.interface.js';
import { tryParsePath, valueAt } from '../model/paths.js';
import { SecretPolicy } from '../secrets/secret-policy.js';

/** Paths remembered per snapshot. Far more than an app has; less than somebody can send. */
const LOOKUP_LIMIT = 10_000;

/** Paths remembered that lead nowhere, and their length: these anybody can make up. */
const MISSING_LIMIT = 1_000;
const MISSING_LENGTH = 200;

/** What a snapshot is made of. `value` must be frozen already. */
export interface SnapshotContent<T> {
  readonly version: number;
  readonly hash: string;
  readonly time: Date;
  readonly cause: ReloadCause;
  readonly value: T;
  /** What is hidden where the snapshot is printed or serialised. Default: what is called like a secret. */
  readonly secrets?: SecretPolicy;
}

/** The immutable, validated result of merging all layers. */
export class Snapshot<T = Record<string, unknown>> implements ConfigSnapshot<T> {
  readonly version: number;
  readonly hash: string;
  /** Set once more by the commit; from then on it stays. */
  time: Date;
  readonly cause: ReloadCause;
  declare readonly value: T;
  /** Every path read so far: reading one again is a single lookup and allocates nothing. */
  readonly #lookup = new Map<string, unknown>();
  /** Optional keys are read as often as others. */
  readonly #missing = new Set<string>();
  readonly #secrets: SecretPolicy | undefined;

  constructor(content: SnapshotContent<T>) {
    this.version = content.version;
    this.hash = content.hash;
    this.time = content.time;
    this.cause = content.cause;
    // Loggers that copy what they are given copy what is enumerable.
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

  /** The same without the secrets in it. */
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
    const value = findIn(this.value, path);
    if (value === undefined) this.#rememberMissing(path);
    else if (isConstant(value) && this.#lookup.size < LOOKUP_LIMIT) this.#lookup.set(path, value);
    return value;
  }

  #rememberMissing(path: string): void {
    if (this.#missing.size < MISSING_LIMIT && path.length <= MISSING_LENGTH) this.#missing.add(path);
  }
}

/** What an accessor of a schema class makes anew at each read is not frozen: nobody must share it. */
function isConstant(value: unknown): boolean {
  return typeof value !== 'object' || Object.isFrozen(value);
}

/** A key that holds dots wins over the path it looks like, as in `@nestjs/config`. */
function findIn(tree: unknown, path: string): unknown {
  const literal = valueAt(tree, [path]);
  if (literal !== undefined) return literal;
  const keys = tryParsePath(path);
  return keys === undefined ? undefined : valueAt(tree, keys);
}
