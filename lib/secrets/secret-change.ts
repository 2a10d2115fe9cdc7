import { inspect, type InspectOptions } from 'node:util';
import type { Change } from '../model/change.interface.js';
import { redact } from './redact.js';
import type { SecretScope } from './secret-scope.js';

/**
 * A change of a value that is, or holds, a secret. Code reads `previous` and `current` as of any other; they are no
 * properties of its own, so that what copies, prints or serialises it shows that it changed, and not from what to what.
 */
export class SecretChange implements Change {
  readonly path: string;
  readonly segments: readonly string[];
  readonly kind: Change['kind'];
  readonly #previous: unknown;
  readonly #current: unknown;
  readonly #scope: SecretScope;

  constructor({ path, segments, kind, previous, current }: Change, scope: SecretScope) {
    this.path = path;
    this.segments = segments;
    this.kind = kind;
    this.#previous = previous;
    this.#current = current;
    this.#scope = scope;
  }

  get previous(): unknown {
    return this.#previous;
  }

  get current(): unknown {
    return this.#current;
  }

  /** How the value is hidden. */
  get scope(): SecretScope {
    return this.#scope;
  }

  /** The same, as it may be shown. */
  toJSON(): Change {
    const { path, segments, kind } = this;
    const previous = redact(this.#previous, this.#scope);
    const current = redact(this.#current, this.#scope);
    return { path, segments, kind, previous, current };
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    return inspect(this.toJSON(), options);
  }
}

/** The change as it is told: one that holds a secret shows none. */
export function guarded(change: Change, scope: SecretScope): Change {
  const isOpen =
    redact(change.previous, scope) === change.previous && redact(change.current, scope) === change.current;
  return isOpen ? change : new SecretChange(change, scope);
}
