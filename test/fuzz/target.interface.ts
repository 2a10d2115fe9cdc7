/** Code that must keep its promises for any bytes. */
export interface FuzzTarget {
  readonly name: string;
  /** Words of its language, which mutations insert. */
  readonly words: readonly string[];
  /**
   * Most branches that an input may run, for each of its bytes: about ten times what real inputs need. Work that grows
   * with the square of the length exceeds it. Undefined if the work does not follow the length.
   */
  readonly workPerByte?: number;
  /** Runs the code. Throws, or rejects, if it breaks a promise. */
  run(input: Buffer): void | Promise<void>;
}
