import { Registry } from '../util/listeners.js';
import type { Candidate, Participant, PreparedPart } from './participant.interface.js';

/** Asks all participants about a candidate, one after the other: nothing is built for one that was refused. */
export class Participants {
  readonly #participants = new Registry<Participant>();

  /** @param onError called with the error of a participant that threw at the commit, which cannot be stopped any more */
  constructor(
    participants: readonly Participant[],
    private readonly onError: (error: unknown) => void,
  ) {
    for (const participant of participants) this.add(participant);
  }

  /** Adds a participant, which is asked after the others. Returns a function that removes it. */
  add(participant: Participant): () => void {
    return this.#participants.add(participant);
  }

  /**
   * What the earlier ones have prepared is discarded if a later one fails.
   *
   * @throws HotConfigError of the participant that refuses the candidate
   */
  async prepare(candidate: Candidate): Promise<PreparedPart> {
    const asked = [...this.#participants];
    const prepared: PreparedPart[] = [];
    const discard = async () => {
      for (const part of prepared.toReversed()) await part.discard();
    };
    try {
      for (const participant of asked) prepared.push(await participant.prepare(candidate));
    } catch (error) {
      await discard();
      throw error;
    }
    return {
      isCurrent: () =>
        prepared.every((part) => part.isCurrent()) &&
        [...this.#participants].every((participant) => asked.includes(participant)),
      commit: () => {
        for (const part of prepared) this.#commit(part);
      },
      discard,
    };
  }

  #commit(part: PreparedPart): void {
    try {
      part.commit();
    } catch (error) {
      this.onError(error);
    }
  }
}
