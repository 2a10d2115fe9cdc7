import { Subject } from 'rxjs';
import { reasonOf } from '../../util/reason-of.js';
import type { Pin } from '../../pinning/pin.js';
import type { SafeLogger } from '../../logging/safe-logger.js';
import type { Pins } from '../../pinning/pins.js';
import type { Overrides } from '../../reload/overrides.js';
import type { Reload } from '../../reload/reload-job.js';
import type { Part } from '../../model/part.interface.js';
import { isObjectBranch } from '../../util/branches.js';
import type { ConfigTree, ConfigValue } from '../../model/config-tree.js';
import type { Change } from '../../model/change.interface.js';
import { ValueChange } from '../../model/value-change.js';
import { protectSecrets } from '../../secrets/secret-change.js';
import type { SecretPolicy } from '../../secrets/secret-policy.js';
import { parsePathOrKey, tryParsePath, valueAt, withValueAt } from '../../model/paths.js';
import type { EnvironmentVariables } from './environment-variables.js';

/** The parts that `ConfigServiceWrites` depends on. */
export interface ConfigServiceWritesContext {
  readonly environment: EnvironmentVariables;
  readonly secrets: SecretPolicy;
  readonly logger: SafeLogger;
  readonly pins: Pins;
  readonly overrides: Overrides;
  readonly reload: Reload;
  /** `true` if a path is taken as it is written, as `@nestjs/config` does. */
  readonly readsAsWritten: boolean;
}

interface Write {
  readonly path: string;
  readonly segments: readonly string[];
  readonly value: unknown;
  /** `true` if `changes$` has emitted it. A variable that refers to the written one is emitted by the commit. */
  readonly isEmitted: boolean;
}

/**
 * The values set with `ConfigService.set()`. As with `@nestjs/config`, a value can be read immediately. Then a reload
 * makes it an override; if that is rejected, the value is removed again.
 */
export class ConfigServiceWrites implements Part {
  /** Emits each written value. */
  readonly changes$ = new Subject<Change>();
  /** Values whose reload has not ended, the newest last. */
  #pending: readonly Write[] = [];
  /** Values that a pinned context wrote itself: it continues to read them, although its snapshot does not change. */
  readonly #byPin = new WeakMap<Pin, readonly Write[]>();
  #isUsed = false;
  readonly #confirming = new Set<Promise<void>>();

  constructor(private readonly context: ConfigServiceWritesContext) {}

  /** Returns `value`, the one at `path`, with the written values that are not part of the snapshot yet. */
  applyTo(path: string, value: unknown): unknown {
    if (!this.#isUsed) return value;
    const pin = this.context.pins.active;
    const writes = pin?.snapshot === undefined ? this.#pending : (this.#byPin.get(pin) ?? []);
    if (writes.length === 0) return value;
    const keys = parsePathOrKey(path);
    return writes.reduce((before, write) => withWrite(before, keys, write), value);
  }

  /** Checks whether `changes$` has already emitted what a commit changes. */
  hasEmitted({ segments, current }: Change): boolean {
    return this.#pending.some(({ isEmitted, value, segments: written }) => {
      const isBelow = written.every((segment, at) => segment === segments[at]);
      return isEmitted && isBelow && Object.is(valueAt(value, segments.slice(written.length)), current);
    });
  }

  write(path: string, value: unknown, previous: unknown): void {
    const segments = parsePathOrKey(path);
    const { environment, pins } = this.context;
    const dependents = segments.length === 1 ? environment.write(path, value) : new Map<string, string>();
    const follow = [...dependents].map(([name, value]) => ({
      path: name,
      segments: [name],
      value,
      isEmitted: false,
    }));
    const writes: readonly Write[] = [{ path, segments, value, isEmitted: true }, ...follow];
    this.#isUsed = true;
    this.#pending = [...this.#pending, ...writes];
    const own = pins.active;
    if (own?.snapshot !== undefined) this.#byPin.set(own, [...(this.#byPin.get(own) ?? []), ...writes]);
    const kind = previous === undefined ? 'added' : 'changed';
    const change = new ValueChange(path, segments, kind, previous, value);
    this.changes$.next(protectSecrets(change, this.context.secrets.scopeAt(segments)));
    const confirming = this.#confirm(writes, own).finally(() => this.#confirming.delete(confirming));
    this.#confirming.add(confirming);
  }

  /** Resolves when every written value is part of the configuration, or has been removed. */
  async idle(): Promise<void> {
    await Promise.all(this.#confirming);
  }

  async #confirm(writes: readonly Write[], pin: Pin | undefined): Promise<void> {
    const [{ path, value }, ...dependents] = writes as [Write, ...Write[]];
    const rejection = await this.#override(path, value);
    this.context.environment.confirmWrite(path, value, rejection === undefined);
    if (rejection === undefined && dependents.length > 0)
      await this.context.reload({ cause: 'override', reason: `${path} is part of other variables` });
    this.context.environment.releaseDependents(dependents.map((each) => each.path));
    const others = (all: readonly Write[]) => all.filter((each) => !writes.includes(each));
    this.#pending = others(this.#pending);
    if (rejection === undefined) return;
    const own = pin && this.#byPin.get(pin);
    if (own) this.#byPin.set(pin, others(own));
    this.context.logger.warn(`The value of ConfigService.set('${path}') was removed again: ${rejection}`);
  }

  /** Returns the reason for a rejection, undefined if there was none. */
  async #override(path: string, value: unknown): Promise<string | undefined> {
    const { overrides, readsAsWritten } = this.context;
    const by = { actor: 'ConfigService.set()' };
    const keys = readsAsWritten ? tryParsePath(path) : undefined;
    try {
      const result = await (keys ? overrides.setAt(keys, value, by) : overrides.set(path, value, by));
      return result.outcome === 'rejected' ? result.error.message : undefined;
    } catch (error) {
      return reasonOf(error);
    }
  }
}

/** Returns `value`, found at `keys`, with what was written at, above or below it. */
function withWrite(value: unknown, keys: readonly string[], { segments, value: written }: Write): unknown {
  const shared = Math.min(keys.length, segments.length);
  for (let index = 0; index < shared; index += 1) if (keys[index] !== segments[index]) return value;
  if (keys.length >= segments.length) return valueAt(written, keys.slice(segments.length));
  const around = isObjectBranch(value) ? (value as ConfigTree) : {};
  return withValueAt(around, segments.slice(keys.length), written as ConfigValue);
}
