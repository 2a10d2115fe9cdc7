import { Subject } from 'rxjs';
import type { Change } from '../../model/change.interface.js';
import { reasonOf } from '../../util/reason-of.js';
import type { Pin } from '../../pinning/pin.js';
import type { ConfigLogger } from '../../model/config-logger.interface.js';
import type { SetOptions } from '../../reload/overrides.js';
import type { ReloadJob } from '../../reload/reload-job.js';
import type { ReloadResult } from '../../model/reload-result.interface.js';
import { isObjectBranch } from '../../util/branches.js';
import type { ConfigTree, ConfigValue } from '../../model/config-tree.js';
import { guarded } from '../../secrets/secret-change.js';
import type { SecretPolicy } from '../../secrets/secret-policy.js';
import { setAt } from '../../snapshot/set-at.js';
import { parsePathOrKey, valueAt } from '../../model/paths.js';
import type { Environment } from './environment.js';

/** What written values need to know of the rest. */
export interface WrittenValuesContext {
  readonly environment: Environment;
  readonly secrets: SecretPolicy;
  readonly logger: ConfigLogger;
  /** The pin that the running code is in. */
  readonly pin: () => Pin | undefined;
  readonly override: (path: string, value: unknown, options: SetOptions) => Promise<ReloadResult>;
  readonly reload: (order: ReloadJob) => Promise<ReloadResult>;
}

interface Written {
  readonly path: string;
  readonly segments: readonly string[];
  readonly value: unknown;
  /** Whether `changes$` has told it; what follows from it is told by the commit. */
  readonly told: boolean;
}

/**
 * What `ConfigService.set()` wrote. As with `@nestjs/config`, it is there at once; then it becomes an override, by a
 * reload that may refuse it, which takes it back.
 */
export class WrittenValues {
  /** What was written, as `changes$` tells it. */
  readonly written$ = new Subject<Change>();
  /** What no reload has judged yet, the newest last. */
  #pending: readonly Written[] = [];
  /** What a pinned context wrote itself: it goes on to read that, though its snapshot stays. */
  readonly #byPin = new WeakMap<Pin, readonly Written[]>();
  #isUsed = false;
  readonly #confirming = new Set<Promise<void>>();

  constructor(private readonly context: WrittenValuesContext) {}

  /** `value`, the one of `path`, with what was written and is not part of the snapshot yet. */
  on(path: string, value: unknown): unknown {
    if (!this.#isUsed) return value;
    const pin = this.context.pin();
    const written = pin?.snapshot === undefined ? this.#pending : (this.#byPin.get(pin) ?? []);
    if (written.length === 0) return value;
    const keys = parsePathOrKey(path);
    return written.reduce((below, each) => covered(below, keys, each), value);
  }

  /** Whether a commit tells what `written$` told already. */
  isTold({ segments, current }: Change): boolean {
    return this.#pending.some(({ told, value, segments: written }) => {
      const isBelow = written.every((segment, at) => segment === segments[at]);
      return told && isBelow && Object.is(valueAt(value, segments.slice(written.length)), current);
    });
  }

  write(path: string, value: unknown, previous: unknown): void {
    const segments = parsePathOrKey(path);
    const written: Written[] = [{ path, segments, value, told: true }];
    const { environment, pin } = this.context;
    const follows = segments.length === 1 ? environment.write(path, value) : new Map<string, string>();
    for (const [name, text] of follows)
      written.push({ path: name, segments: [name], value: text, told: false });
    this.#isUsed = true;
    this.#pending = [...this.#pending, ...written];
    const own = pin();
    if (own?.snapshot !== undefined) this.#byPin.set(own, [...(this.#byPin.get(own) ?? []), ...written]);
    const kind = previous === undefined ? 'added' : 'changed';
    const change: Change = { path, segments, kind, previous, current: value };
    this.written$.next(guarded(change, this.context.secrets.scopeAt(segments)));
    const confirming = this.#confirm(written, follows.size > 0, own).finally(() =>
      this.#confirming.delete(confirming),
    );
    this.#confirming.add(confirming);
  }

  /** Resolves when all of it is part of the configuration, or taken back. */
  async settled(): Promise<void> {
    await Promise.all(this.#confirming);
  }

  async #confirm(written: readonly Written[], hasFollowers: boolean, pin: Pin | undefined): Promise<void> {
    const [{ path, value }] = written as [Written];
    const refused = await this.#override(path, value);
    this.context.environment.judged(path, value, refused === undefined);
    if (refused === undefined && hasFollowers)
      await this.context.reload({ cause: 'override', reason: `${path} is part of other variables` });
    this.context.environment.letGo(written.slice(1).map((each) => each.path));
    this.#pending = this.#pending.filter((each) => !written.includes(each));
    if (refused === undefined) return;
    const own = pin && this.#byPin.get(pin);
    if (own)
      this.#byPin.set(
        pin,
        own.filter((each) => !written.includes(each)),
      );
    this.context.logger.warn(`ConfigService.set('${path}') was taken back: ${refused}`);
  }

  /** Why it was refused; undefined where it was not. */
  async #override(path: string, value: unknown): Promise<string | undefined> {
    try {
      const result = await this.context.override(path, value, { actor: 'ConfigService.set()' });
      return result.outcome === 'rejected' ? result.error.message : undefined;
    } catch (error) {
      return reasonOf(error);
    }
  }
}

/** `value`, found at `keys`, with what was written at, above or below it. */
function covered(value: unknown, keys: readonly string[], { segments, value: written }: Written): unknown {
  const shared = Math.min(keys.length, segments.length);
  for (let index = 0; index < shared; index += 1) if (keys[index] !== segments[index]) return value;
  if (keys.length >= segments.length) return valueAt(written, keys.slice(segments.length));
  const around = isObjectBranch(value) ? (value as ConfigTree) : {};
  return setAt(around, segments.slice(keys.length), written as ConfigValue);
}
