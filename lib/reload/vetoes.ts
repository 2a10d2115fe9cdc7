import { ConfigVetoError } from '../errors/config.errors.js';
import type { AppCalls } from '../model/app-call.js';
import type { Change } from '../model/change.interface.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { ConfigSnapshot } from '../model/config-snapshot.interface.js';
import type { ReloadCause } from '../model/reload-stage.js';
import { Registry } from '../util/listeners.js';
import { reasonOf } from '../util/reason-of.js';
import { withTimeout } from '../util/timeouts.js';
import type { Candidate, Participant, PreparedPart } from './participant.interface.js';

/**
 * Argument of a `@BeforeConfigChange` method.
 *
 * @publicApi
 */
export interface BeforeConfigChangeEvent<T = Record<string, unknown>> {
  /** The changes that the method's patterns select. Never empty. */
  readonly changes: readonly Change[];
  /** The snapshot in force; `HotConfigService` reads it too while the method runs. */
  readonly current: ConfigSnapshot<T>;
  /** The snapshot that replaces it if no method refuses. */
  readonly candidate: ConfigSnapshot<T>;
  /** Trigger of the reload. */
  readonly cause: ReloadCause;
  /** Aborted when the method's timeout is over. */
  readonly signal: AbortSignal;
}

/** A check that may refuse a candidate. */
export interface Veto {
  /** Its name in messages, for example `LlmService.checkBudget`. */
  readonly label: string;
  /** In ms. */
  readonly timeout: number;
  /** Returns the changes that concern it. */
  select(changes: readonly Change[]): readonly Change[];
  /** Throws or rejects to refuse. */
  call(event: BeforeConfigChangeEvent<never>): unknown;
}

/** The vetoes of the app. All are called at the same time; one refusal is enough. */
export class Vetoes implements Participant {
  readonly #vetoes = new Registry<Veto>();

  constructor(private readonly calls: AppCalls) {}

  /** Adds a veto. Returns a function that removes it. */
  add(veto: Veto): () => void {
    return this.#vetoes.add(veto);
  }

  concernedBy(changes: readonly Change[]): string[] {
    return this.#concernedBy(changes).map(({ label }) => label);
  }

  /** @throws ConfigVetoError that names every veto that refused */
  async prepare(candidate: Candidate): Promise<PreparedPart> {
    const called = new Set(this.#concernedBy(candidate.changes));
    const outcomes = await Promise.all([...called].map((veto) => callVeto(veto, candidate, this.calls)));
    const refusals = outcomes.filter((refusal) => refusal !== undefined);
    if (refusals.length > 0) throw new ConfigVetoError('The change was refused', refusals);
    return {
      // A veto of a module that was loaded since has not been called.
      isCurrent: () => this.#concernedBy(candidate.changes).every((veto) => called.has(veto)),
      commit: () => undefined,
      discard: async () => undefined,
    };
  }

  #concernedBy(changes: readonly Change[]): Veto[] {
    return [...this.#vetoes].filter((veto) => veto.select(changes).length > 0);
  }
}

/** Returns the refusal of a veto; undefined if it accepts the candidate. */
async function callVeto(
  veto: Veto,
  { changes: all, current, candidate, cause, locate }: Candidate,
  calls: AppCalls,
): Promise<ConfigIssue | undefined> {
  const changes = veto.select(all);
  const first = changes[0]!; // it is called only if a change concerns it
  try {
    await calls.run(`the veto ${veto.label}`, ['reload', 'settled'], () =>
      withTimeout(veto.timeout, (signal) =>
        calls.measure(veto.label, () => veto.call({ changes, current, candidate, cause, signal } as never)),
      ),
    );
    return undefined;
  } catch (error) {
    const origin = locate(first.segments);
    const message = `${veto.label} refused the change of ${first.path}: ${reasonOf(error)}`;
    return { path: first.path, message, ...(origin && { origin }) };
  }
}
