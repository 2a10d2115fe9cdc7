import { Registry } from '../util/listeners.js';
import { reasonOf } from '../util/reason-of.js';
import { withTimeout } from '../util/timeouts.js';
import type { Change } from '../model/change.interface.js';
import { ConfigVetoError } from '../errors/config.errors.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { ConfigSnapshot } from '../model/config-snapshot.interface.js';
import type { Locate } from '../model/origin.interface.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { ReloadCause } from '../model/reload-stage.js';

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

/** A candidate and its differences from the snapshot in force. */
export type CandidateChange = Omit<BeforeConfigChangeEvent, 'signal'>;

/** Components built for a candidate; `commit` puts them into service. */
export interface Prepared {
  commit(): void;
}

/** Builds the components of a candidate before the commit. Leaves nothing behind if that fails. */
export type BuildComponents = (candidate: Snapshot, changes: readonly Change[]) => Promise<Prepared>;

/**
 * The `prepare` stage: calls all vetoes at the same time, and builds components only if none refused. One refusal is
 * enough.
 */
export class Preparation {
  readonly #vetoes = new Registry<Veto>();

  constructor(private readonly build: BuildComponents) {}

  /** Adds a veto. Returns a function that removes it. */
  add(veto: Veto): () => void {
    return this.#vetoes.add(veto);
  }

  /** Returns the labels of the vetoes that these changes concern. */
  concernedBy(changes: readonly Change[]): string[] {
    return [...this.#vetoes].filter((veto) => veto.select(changes).length > 0).map(({ label }) => label);
  }

  /**
   * @throws ConfigVetoError that names every veto that refused
   * @throws ConfigRefreshError that names the component that could not be built
   */
  async run(candidate: CandidateChange, locate: Locate): Promise<Prepared> {
    const outcomes = await Promise.all([...this.#vetoes].map((veto) => callVeto(veto, candidate, locate)));
    const refusals = outcomes.filter((refusal) => refusal !== undefined);
    if (refusals.length > 0) throw new ConfigVetoError('The change was refused', refusals);
    return this.build(candidate.candidate as Snapshot, candidate.changes);
  }
}

/** Returns the refusal of a veto; undefined if it accepts the candidate, or no change concerns it. */
async function callVeto(
  veto: Veto,
  candidate: CandidateChange,
  locate: Locate,
): Promise<ConfigIssue | undefined> {
  const changes = veto.select(candidate.changes);
  const [first] = changes;
  if (first === undefined) return undefined;
  try {
    await withTimeout(veto.timeout, (signal) => veto.call({ ...candidate, changes, signal } as never));
    return undefined;
  } catch (error) {
    const origin = locate(first.segments);
    const message = `${veto.label} refused the change of ${first.path}: ${reasonOf(error)}`;
    return { path: first.path, message, ...(origin && { origin }) };
  }
}
