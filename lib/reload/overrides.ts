import { copyData } from '../util/branches.js';
import { ConfigOptionsError } from '../errors/config.errors.js';
import type { ConfigValue } from '../model/config-tree.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import { formatPath, tryParsePath, valueAt } from '../model/paths.js';
import { ambiguityOf, resolveForWriting } from '../model/resolve-path.js';
import type { ContentLimits } from '../limits/content-limits.js';
import { inspectTree } from '../limits/inspect-tree.js';
import {
  type Override,
  type OverrideStatus,
  withOverride,
  withoutOverride,
} from '../sources/overrides.source.js';
import { summarizeNames } from '../util/summarize-names.js';
import { type Duration, durationMs, LONGEST_DELAY } from '../options/duration.js';
import type { CommitStore } from './commit.js';
import type { Reload, ReloadJob } from './reload-job.js';
import type { ReloadObserver } from './reload-observer.interface.js';
import type { Part } from '../model/part.interface.js';
import type { ReloadResult } from '../model/reload-result.interface.js';

/** Delay before an expired override is removed again, in ms, if the content below it was not valid. */
const RETRY_DELAY = 60_000;

/**
 * Options of `HotConfigManager.set()`.
 *
 * @publicApi
 */
export interface SetOptions {
  /** Time after which the override is removed, in ms or as `'15m'`. Default: never. */
  readonly ttl?: Duration;
  /** Reason, shown in the log, the status and the history. */
  readonly reason?: string;
  /** Person or program that sets it, shown in the same places. */
  readonly actor?: string;
}

/** The overrides in `HotConfigManager.status()`. */
export interface OverridesStatus {
  /** Overrides set with `HotConfigManager.set()`, without their values. */
  readonly overrides: readonly OverrideStatus[];
}

/** Everything that overrides need. */
export interface OverridesContext {
  readonly store: CommitStore;
  readonly limits: ContentLimits;
  readonly reload: Reload;
  readonly secrets: SecretPolicy;
}

/** Values that are set while the app runs, on top of the content of the sources. Each change of them is a reload. */
export class Overrides implements Part, ReloadObserver {
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** The time of the last override that was set, in ms since 1970. */
  #lastSet = 0;
  /** The next attempt to remove expired overrides that could not be removed, in ms since 1970. */
  readonly #retries = new WeakMap<Override, number>();

  constructor(private readonly context: OverridesContext) {}

  /** Lists the overrides without their values, so that the list is safe to show. */
  status(): OverridesStatus {
    return { overrides: this.#entries.map(({ segments: _segments, value: _value, ...status }) => status) };
  }

  /** @throws ConfigOptionsError if path, value or ttl are not valid */
  async set(path: string, value: unknown, options: SetOptions): Promise<ReloadResult> {
    return this.setAt(this.#resolved(path), value, options);
  }

  /**
   * Sets the value at exactly these keys.
   *
   * @throws ConfigOptionsError if path, value or ttl are not valid
   */
  async setAt(
    segments: readonly string[],
    value: unknown,
    { ttl, reason, actor }: SetOptions,
  ): Promise<ReloadResult> {
    this.#refuseElements(segments);
    const lifetime = ttl === undefined ? undefined : durationMs('ttl', ttl);
    const copied = copyData(this.#checked(segments, value)) as ConfigValue;
    const { secrets } = this.context;
    secrets.remember(copied, segments);
    const note = {
      ...(reason !== undefined && { reason: secrets.redactNote(reason) }),
      ...(actor !== undefined && { actor: secrets.redactNote(actor) }),
    };
    return this.#change(
      (entries) => {
        const now = Date.now();
        const expiresAt = lifetime === undefined ? {} : { expiresAt: new Date(now + lifetime) };
        // No two have the same time, by which they are told apart.
        this.#lastSet = Math.max(now, this.#lastSet + 1);
        return withOverride(entries, {
          path: formatPath(segments),
          segments,
          value: copied,
          since: new Date(this.#lastSet),
          ...expiresAt,
          ...note,
        });
      },
      { reason: `${formatPath(segments)} set`, ...note, trial: true },
    );
  }

  /** @throws ConfigOptionsError if the path is not valid */
  async unset(path: string, { reason, actor }: Omit<SetOptions, 'ttl'>): Promise<ReloadResult> {
    const segments = this.#overrideAt(path) ?? this.#resolved(path);
    this.#refuseElements(segments);
    return this.#change((entries) => withoutOverride(entries, segments), {
      reason: reason ?? `${formatPath(segments)} unset`,
      ...(actor !== undefined && { actor }),
    });
  }

  ended(): void {
    this.#scheduleExpiry();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  get #entries(): readonly Override[] {
    return this.context.store.inForce.overrides;
  }

  /** Starts the timer for the next override that expires. */
  #scheduleExpiry(): void {
    clearTimeout(this.#timer);
    const next = this.#entries.reduce(
      (earliest, entry) => Math.min(earliest, this.#expiryOf(entry)),
      Infinity,
    );
    if (this.#closed || next === Infinity) return;
    const left = Math.max(next - Date.now(), 0);
    this.#timer = setTimeout(() => void this.#expire(), Math.min(left, LONGEST_DELAY)).unref();
  }

  async #expire(): Promise<void> {
    const now = Date.now();
    const expired = new Set(this.#entries.filter((entry) => this.#expiryOf(entry) <= now));
    if (expired.size === 0) return this.#scheduleExpiry();
    for (const entry of expired) this.#retries.set(entry, now + RETRY_DELAY);
    await this.#change((entries) => entries.filter((entry) => !expired.has(entry)), {
      reason: `${summarizeNames(Array.from(expired, ({ path }) => path))} expired`,
    });
  }

  /** The time at which to remove an override, in ms since 1970. */
  #expiryOf(entry: Override): number {
    return this.#retries.get(entry) ?? Number(entry.expiresAt ?? Infinity);
  }

  #change(
    change: (entries: readonly Override[]) => readonly Override[],
    note: Pick<ReloadJob, 'reason' | 'actor' | 'trial'>,
  ): Promise<ReloadResult> {
    return this.context.reload({ cause: 'override', ...note, input: { kind: 'overrides', change } });
  }

  /** Returns the keys of the value that `path` names, or of the one that it adds. */
  #resolved(path: string): readonly string[] {
    const { inForce, current } = this.context.store;
    const trees = [inForce.tree, current.value];
    const resolved = typeof path === 'string' ? resolveForWriting(trees, path) : undefined;
    if (resolved === undefined)
      throw new ConfigOptionsError(`'${String(path)}' is not a path such as 'llm.model'`);
    if ('readings' in resolved)
      throw new ConfigOptionsError(`The path ${ambiguityOf(path, resolved.readings)}`);
    return resolved.keys;
  }

  /** Returns the keys of the override with this path, which may lead to nothing by now. */
  #overrideAt(path: string): readonly string[] | undefined {
    const keys = typeof path === 'string' ? tryParsePath(path) : undefined;
    return keys && this.#entries.find((entry) => entry.path === formatPath(keys))?.segments;
  }

  #refuseElements(segments: readonly string[]): void {
    const list = segments.findIndex((_key, index) =>
      Array.isArray(valueAt(this.context.store.current.value, segments.slice(0, index))),
    );
    if (list === -1) return;
    const listPath = formatPath(segments.slice(0, list));
    throw new ConfigOptionsError(
      `The path ${formatPath(segments)} leads into a list, and elements cannot be set: set the whole list ${listPath}`,
    );
  }

  #checked(segments: readonly string[], value: unknown): ConfigValue {
    if (value === undefined)
      throw new ConfigOptionsError('set() needs a value; use unset() to remove an override');
    // Not by assignment: a key may be `__proto__`, which inspectTree() refuses by its name.
    const tree = segments.reduceRight<unknown>((below, key) => ({ [key]: below }), value);
    const [problem] = inspectTree(tree, this.context.limits).problems;
    if (problem !== undefined)
      throw new ConfigOptionsError(`Cannot set ${formatPath(problem.path)}: the value ${problem.message}`);
    return value as ConfigValue;
  }
}
