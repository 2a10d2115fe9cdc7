/**
 * Kinds of problems with the configuration of an app, as the keys of this interface. None of them stops the app: it
 * serves with what is in force. A part outside of the core declares its own kinds here, and adds a detector for each.
 *
 * @publicApi
 */
export interface ConfigProblemKinds {
  /** The content of the sources is rejected; an earlier version is served. */
  readonly rejected: true;
  /** The app started on an earlier version, because the content of the sources could not be used. */
  readonly last_known_good: true;
  /** The content of a source was rolled back from. */
  readonly rolled_back: true;
  /** Changes that a source reports are delayed, because its content was rejected several times in a row. */
  readonly breaker_open: true;
  /** A source could not be read lately, or its changes may be missed. If that rejects the content, it is only `rejected`. */
  readonly source_stale: true;
  /** A source is down. */
  readonly source_down: true;
  /** The last call of a handler failed. */
  readonly handlers_failing: true;
  /** Versions cannot be written to `history.dir`; they are kept in memory only. */
  readonly versions_not_saved: true;
}

/**
 * A kind of problem. A later release, or a part outside of the core, may add others.
 *
 * @publicApi
 */
export type ConfigProblemKind = keyof ConfigProblemKinds;

/**
 * A problem that an operator should look at.
 *
 * @publicApi
 */
export interface ConfigProblem {
  readonly kind: ConfigProblemKind;
  /** One sentence for people, without configured values. */
  readonly message: string;
}
