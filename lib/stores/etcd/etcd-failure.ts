import { describeNetworkError } from '../../connection/network-error.js';
import { BodyTooLarge } from '../../connection/send-request.js';
import { isInstance } from '../../util/is-instance.js';
import { reasonOf } from '../../util/reason-of.js';
import type { ConfigStoreFailure } from '../contract/config-store.error.js';
import { WRONG_PASSWORD } from '../contract/problems.js';
import { NO_SESSION } from '../contract/store-sessions.js';

/** Why etcd has not done what it was asked for. */
export interface Failure {
  /** Continues a sentence that starts with the name of the store. */
  readonly problem: string;
  readonly failure: ConfigStoreFailure;
  /** `true` if it is certain that nothing was written. */
  readonly isCertain: boolean;
  /** `true` if another member may do it. */
  readonly isOfMember?: boolean;
  /** `true` if it may be done with a new token. */
  readonly isOfToken?: boolean;
}

/** Inside of this folder only: the store makes a `ConfigStoreError` of it. */
export class EtcdFailure extends Error {
  constructor(readonly reason: Failure) {
    super(reason.problem);
  }
}

const CERTAIN = { isCertain: true } as const;

/** The texts of etcd 3.4. The first one that is found counts. */
const FAILURES: readonly (readonly [text: RegExp, failure: Failure])[] = [
  [
    /invalid auth token|revision of auth store is old/,
    { problem: 'does not accept its own token', failure: 'denied', isOfToken: true, ...CERTAIN },
  ],
  [
    /user name is empty/,
    {
      problem: 'requires a user: set "username" and "password", or "tls.cert"',
      failure: 'denied',
      isOfToken: true,
      ...CERTAIN,
    },
  ],
  [/invalid user ID or password/, { problem: WRONG_PASSWORD, failure: 'denied', ...CERTAIN }],
  [
    /permission denied/,
    {
      problem: 'does not permit this: grant a role of the user "readwrite" on the prefix of the store',
      failure: 'denied',
      ...CERTAIN,
    },
  ],
  [
    /database space exceeded/,
    {
      problem: 'has no space: compact and defragment it, then end the alarm with "etcdctl alarm disarm"',
      failure: 'full',
      ...CERTAIN,
    },
  ],
  [
    /request is too large|message larger than max/,
    {
      problem: 'does not accept so much at once: shorten the value, or raise its --max-request-bytes',
      failure: 'unusable',
      ...CERTAIN,
    },
  ],
  [/lease not found/, { problem: NO_SESSION, failure: 'refused', ...CERTAIN }],
  [/too many requests/, { problem: 'has too much to do: try again later', failure: 'refused', ...CERTAIN }],
  [
    /no leader|leader changed|timed out|server stopped|deadline exceeded|unavailable|transport is closing/i,
    {
      problem: 'has no leader, or has lost it: start most of its members',
      failure: 'unreachable',
      isCertain: false,
      isOfMember: true,
    },
  ],
];

/** Codes of gRPC for a call that was refused before it was done. */
const CERTAIN_CODES: readonly unknown[] = [3, 5, 6, 9, 11, 12];

/** Converts an error of etcd: its message, and its gRPC code if that is known. */
export function toFailure(message: string, code?: unknown): Failure {
  const known = FAILURES.find(([text]) => text.test(message));
  if (known !== undefined) return known[1];
  // The texts of etcd itself have no values in them.
  const shown = /^etcdserver: [\w ,-]{1,100}$/.test(message) ? message : 'an error that it does not explain';
  return {
    problem: `has refused this: ${shown}`,
    failure: 'refused',
    isCertain: CERTAIN_CODES.includes(code),
  };
}

/** Converts the error of a file, or of a variable, of the options. */
export function unreadable(error: unknown): EtcdFailure {
  return new EtcdFailure({
    problem: `cannot be asked: ${reasonOf(error)}`,
    failure: 'denied',
    isCertain: true,
  });
}

/** Converts an error of a connection. */
export function toEtcdFailure(error: unknown, isCertain: boolean): EtcdFailure {
  if (isInstance(error, BodyTooLarge))
    return new EtcdFailure({ problem: 'has sent too much at once', failure: 'unusable', isCertain });
  return new EtcdFailure({
    problem: describeNetworkError(error),
    failure: 'unreachable',
    isCertain,
    isOfMember: true,
  });
}

export function noAnswer(timeout: number, isCertain: boolean): EtcdFailure {
  const problem = `has not answered within ${Math.round(timeout)} ms`;
  return new EtcdFailure({ problem, failure: 'timeout', isCertain, isOfMember: true });
}

export function closed(isCertain: boolean): EtcdFailure {
  return new EtcdFailure({ problem: 'was closed', failure: 'closed', isCertain });
}
