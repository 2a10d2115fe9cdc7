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
 * What a `@BeforeConfigChange` method receives.
 *
 * @publicApi
 */
export interface BeforeConfigChangeEvent<T = Record<string, unknown>> {
  /** The changes that the method's patterns select. Never empty. */
  readonly changes: readonly Change[];
  /** The snapshot in force; also what `HotConfigService` reads while the method runs. */
  readonly current: ConfigSnapshot<T>;
  /** The snapshot that takes its place if nobody objects. */
  readonly candidate: ConfigSnapshot<T>;
  /** What set the reload off. */
  readonly cause: ReloadCause;
  /** Aborted when the method's timeout is over. */
  readonly signal: AbortSignal;
}

/** Somebody who may refuse a candidate. */
export interface Veto {
  /** Who, for people: `LlmService.checkBudget`. */
  readonly label: string;
  /** In ms. */
  readonly timeout: number;
  /** The changes that concern it. */
  select(changes: readonly Change[]): readonly Change[];
  /** Refuses by throwing. */
  ask(event: BeforeConfigChangeEvent<never>): unknown;
}

/** What a preparation is about. */
export type CandidateChange = Omit<BeforeConfigChangeEvent, 'signal'>;

/** What was built for a candidate: taken into service with the commit, or undone. */
export interface Prepared {
  commit(): void;
}

/** Builds what a candidate needs before it is committed; leaves nothing behind where that fails. */
export type BuildComponents = (candidate: Snapshot, changes: readonly Change[]) => Promise<Prepared>;

/**
 * Everybody who may refuse a candidate, and what is to be built for it. All are asked, at the same time; one refusal is
 * enough. Only a candidate that nobody refused is built for.
 */
export class Preparation {
  readonly #vetoes = new Set<Veto>();

  constructor(private readonly build: BuildComponents) {}

  /** Adds one; the answer removes it. */
  add(veto: Veto): () => void {
    this.#vetoes.add(veto);
    return () => this.#vetoes.delete(veto);
  }

  /** Who would be asked about these changes. */
  concernedBy(changes: readonly Change[]): string[] {
    return [...this.#vetoes].filter((veto) => veto.select(changes).length > 0).map(({ label }) => label);
  }

  /**
   * @throws ConfigVetoError that names everybody who refused
   * @throws ConfigRefreshError that names the component that could not be built
   */
  async run(candidate: CandidateChange, locate: Locate): Promise<Prepared> {
    const answers = await Promise.all([...this.#vetoes].map((veto) => ask(veto, candidate, locate)));
    const refusals = answers.filter((answer) => answer !== undefined);
    if (refusals.length > 0) throw new ConfigVetoError('The change was refused', refusals);
    return this.build(candidate.candidate as Snapshot, candidate.changes);
  }
}

async function ask(veto: Veto, candidate: CandidateChange, locate: Locate): Promise<ConfigIssue | undefined> {
  const changes = veto.select(candidate.changes);
  const [first] = changes;
  if (first === undefined) return undefined;
  try {
    await withTimeout(veto.timeout, (signal) => veto.ask({ ...candidate, changes, signal } as never));
    return undefined;
  } catch (error) {
    const why = reasonOf(error);
    const origin = locate(first.segments);
    const message = `${veto.label} refused the change of ${first.path}: ${why}`;
    return { path: first.path, message, ...(origin && { origin }) };
  }
}
