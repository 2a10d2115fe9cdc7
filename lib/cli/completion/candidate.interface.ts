/** What a word may be completed to. */
export interface Candidate {
  readonly value: string;
  /** Shown beside it, where the shell can; may be empty. */
  readonly description: string;
}
