import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { ReloadResult, ReloadResultBase } from '../model/reload-result.interface.js';

/** Marks a type. A copy of a marked object is not marked: a spread leaves private members out. */
declare class WithoutSecrets {
  private readonly withoutSecrets: true;
}

/**
 * A text or a value without secrets. Only `SecretPolicy` makes one, and the logger of the app, results, stored versions
 * and answers take nothing else: the compiler finds the output that was not redacted. It is read like a `T`; what is made
 * from it, as a template or a copy with other members, has to be redacted again.
 */
export type Redacted<T> = T & WithoutSecrets;

/** A problem whose message has no secrets. */
export interface RedactedIssue extends ConfigIssue {
  readonly message: Redacted<string>;
}

/**
 * The result of a reload whose texts have no secrets: what leaves a reload. The public type has plain strings, so that
 * users can build results in their own tests.
 */
export type RedactedResult<R extends ReloadResultBase = ReloadResult> = R & {
  readonly issues: readonly RedactedIssue[];
  readonly reason?: Redacted<string>;
  readonly actor?: Redacted<string>;
};
