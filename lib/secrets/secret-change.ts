import { inspect, type InspectOptions } from 'node:util';
import type { Change } from '../model/change.interface.js';
import { changeText, ValueChange } from '../model/value-change.js';
import { redact } from './redact.js';
import type { PlacedValue } from './secret-policy.js';
import type { SecretScope } from './secret-precedence.js';

/**
 * A change of a value that is, or contains, a secret. Code reads `previous` and `current` as of any other change; but
 * they are not own properties, so that copies, logs and JSON show that the value changed and not its content.
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

  /** The scope that decides which parts of the values are redacted. */
  get scope(): SecretScope {
    return this.#scope;
  }

  /** Returns the change with redacted values. */
  toJSON(): Change {
    const { path, segments, kind } = this;
    const previous = redact(this.#previous, this.#scope);
    const current = redact(this.#current, this.#scope);
    return new ValueChange(path, segments, kind, previous, current);
  }

  toString(): string {
    return changeText(this.toJSON());
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    return inspect(this.toJSON(), options);
  }
}

/** Returns the change itself if its values hold no secret, else a `SecretChange`. */
export function protectSecrets(change: Change, scope: SecretScope): Change {
  const isOpen =
    redact(change.previous, scope) === change.previous && redact(change.current, scope) === change.current;
  return isOpen ? change : new SecretChange(change, scope);
}

/** Returns the new values of the changes whose values are, or contain, secrets. */
export function secretsIn(changes: readonly Change[]): readonly PlacedValue[] {
  return changes
    .filter((change) => change instanceof SecretChange)
    .map(({ current, segments }) => ({ value: current, segments }));
}
