import { copyData } from '../util/branches.js';
import { ConfigOptionsError } from '../errors/config.errors.js';
import type { ConfigValue } from '../model/config-tree.js';
import type { SecretPolicy } from '../secrets/secret-policy.js';
import { formatPath, tryParsePath, valueAt } from '../model/paths.js';
import type { ContentLimits } from '../limits/content-limits.js';
import { inspectTree } from '../limits/inspect-tree.js';
import {
  type Override,
  type OverridesSource,
  withOverride,
  withoutOverride,
} from '../sources/overrides.source.js';

import { summarizeNames } from '../util/summarize-names.js';
import { type Duration, durationMs, LONGEST_DELAY } from '../options/duration.js';
import type { ReloadJob } from './reload-job.js';
import type { ReloadResult } from '../model/reload-result.interface.js';

/** An override that could not end (what is below it is not valid) is tried again after this time, in ms. */
const RETRY_AFTER = 60_000;

/**
 * How `HotConfigManager.set()` sets.
 *
 * @publicApi
 */
export interface SetOptions {
  /** After what time it ends by itself, in ms or as `'15m'`. Default: never. */
  readonly ttl?: Duration;
  /** Why, for the log, the status and the history. */
  readonly reason?: string;
  /** Who. */
  readonly actor?: string;
}

/**
 * An override as `HotConfigManager.status()` lists it; without its value.
 *
 * @publicApi
 */
export type OverrideStatus = Pick<Override, 'path' | 'since' | 'expiresAt' | 'reason' | 'actor'>;

/** What overrides need to know of the rest. */
export interface OverridesContext {
  readonly source: OverridesSource;
  readonly limits: ContentLimits;
  readonly reload: (order: ReloadJob) => Promise<ReloadResult>;
  /** What is in force, as a whole. */
  readonly value: () => unknown;
  /** Of what must not be told as a reason. */
  readonly secrets: SecretPolicy;
}

/** Values that are set while the app runs, on top of what the sources say. Each change is a reload. */
export class Overrides {
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** When those that should have ended, and could not yet, are to end again. */
  readonly #retries = new WeakMap<Override, number>();

  constructor(private readonly context: OverridesContext) {}

  /** What is set, without values: safe to show. */
  status(): OverrideStatus[] {
    return this.context.source.entries.map(({ segments: _segments, value: _value, ...status }) => status);
  }

  /** @throws ConfigOptionsError where path, value or ttl are none */
  async set(path: string, value: unknown, { ttl, reason, actor }: SetOptions): Promise<ReloadResult> {
    const segments = this.#segmentsOf(path);
    const lifetime = ttl === undefined ? undefined : durationMs('ttl', ttl);
    const copied = copyData(this.#checked(segments, value)) as ConfigValue;
    const { secrets } = this.context;
    secrets.remember(copied, segments);
    const about = {
      ...(reason !== undefined && { reason: secrets.redactText(reason) }),
      ...(actor !== undefined && { actor: secrets.redactText(actor) }),
    };
    return this.#change(
      (entries) => {
        const since = new Date();
        const expiresAt = lifetime === undefined ? {} : { expiresAt: new Date(+since + lifetime) };
        return withOverride(entries, {
          path: formatPath(segments),
          segments,
          value: copied,
          since,
          ...expiresAt,
          ...about,
        });
      },
      { reason: `${formatPath(segments)} set`, ...about },
    );
  }

  /** @throws ConfigOptionsError where the path is none */
  async unset(path: string, { reason, actor }: Omit<SetOptions, 'ttl'>): Promise<ReloadResult> {
    const segments = this.#segmentsOf(path);
    return this.#change((entries) => withoutOverride(entries, segments), {
      reason: reason ?? `${formatPath(segments)} unset`,
      ...(actor !== undefined && { actor }),
    });
  }

  /** Waits for the next override to end. To be called when they may have changed. */
  scheduleExpiry(): void {
    clearTimeout(this.#timer);
    const next = this.context.source.entries.reduce(
      (least, entry) => Math.min(least, this.#dueAt(entry)),
      Infinity,
    );
    if (this.#closed || next === Infinity) return;
    // What came due while a reload ran has waited long enough.
    const left = Math.max(next - Date.now(), 0);
    this.#timer = setTimeout(() => void this.#expire(), Math.min(left, LONGEST_DELAY)).unref();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #expire(): Promise<void> {
    const now = Date.now();
    const over = new Set(this.context.source.entries.filter((entry) => this.#dueAt(entry) <= now));
    if (over.size === 0) return this.scheduleExpiry();
    for (const entry of over) this.#retries.set(entry, now + RETRY_AFTER);
    await this.#change((entries) => entries.filter((entry) => !over.has(entry)), {
      reason: `the time of ${summarizeNames(Array.from(over, ({ path }) => path))} is over`,
    });
  }

  /** When an override is to end, in ms since 1970; one that cannot keeps none of the others from it. */
  #dueAt(entry: Override): number {
    return this.#retries.get(entry) ?? Number(entry.expiresAt ?? Infinity);
  }

  #change(
    change: (entries: readonly Override[]) => readonly Override[],
    about: Pick<ReloadJob, 'reason' | 'actor'>,
  ): Promise<ReloadResult> {
    return this.context.reload({ cause: 'override', ...about, input: { kind: 'overrides', change } });
  }

  #segmentsOf(path: string): string[] {
    const segments = typeof path === 'string' ? tryParsePath(path) : undefined;
    if (segments === undefined)
      throw new ConfigOptionsError(`'${String(path)}' is not a path such as 'llm.model'`);
    const list = segments.findIndex((_key, index) =>
      Array.isArray(valueAt(this.context.value(), segments.slice(0, index))),
    );
    if (list === -1) return segments;
    const above = formatPath(segments.slice(0, list));
    throw new ConfigOptionsError(
      `The path ${path} leads into a list, which is one value: set ${above} as a whole`,
    );
  }

  #checked(segments: readonly string[], value: unknown): ConfigValue {
    if (value === undefined) throw new ConfigOptionsError('A value is needed; unset() takes one away');
    const tree = segments.reduceRight<unknown>((below, key) => plain(key, below), value);
    const [problem] = inspectTree(tree, this.context.limits).problems;
    if (problem !== undefined)
      throw new ConfigOptionsError(`Cannot set ${formatPath(problem.path)}: the value ${problem.message}`);
    return value as ConfigValue;
  }
}

/** Not assigned: a key may be `__proto__`, which is refused by its name. */
function plain(key: string, value: unknown): ConfigTree {
  return { [key]: value } as ConfigTree;
}
