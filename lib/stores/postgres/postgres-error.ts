import { describeNetworkError } from '../../connection/network-error.js';
import { HotConfigError } from '../../model/hot-config.error.js';
import { isInstance } from '../../util/is-instance.js';
import { ConfigStoreError, type ConfigStoreFailure } from '../contract/config-store.error.js';
import { WRONG_PASSWORD } from '../contract/problems.js';
import { NO_SESSION } from '../contract/store-sessions.js';

type Reason = readonly [ConfigStoreFailure, string];

const DENIED: Readonly<Reason> = ['denied', WRONG_PASSWORD];
const STOPS: Readonly<Reason> = ['unreachable', 'is being stopped or started'];
const NO_SPACE: Readonly<Reason> = ['full', 'has no space left: free some on its disk'];
const CONFLICT: Readonly<Reason> = ['refused', 'has stopped it because of another transaction: try again'];
const NO_CONNECTION: Readonly<Reason> = [
  'unreachable',
  'has no connection left ("max_connections"): raise it, or put PgBouncer between',
];
const NOT_STORABLE: Readonly<Reason> = [
  'unusable',
  'cannot keep a character of it: use a database with the encoding UTF8',
];

/** Errors of PostgreSQL by their SQLSTATE, or by the first two characters of it. Each text continues the name of the store. */
const REASONS: Readonly<Record<string, Reason>> = {
  '08': ['unreachable', 'has lost the connection, or PgBouncer has: see the log of both'],
  '23503': ['refused', NO_SESSION],
  '25006': [
    'refused',
    'accepts no writes, because it is a replica or "read only": use the address of the primary',
  ],
  '28000': ['denied', 'does not accept this user from here: correct the user, or pg_hba.conf'],
  '28P01': DENIED,
  '40': CONFLICT,
  '3D000': ['refused', 'does not have this database: create it, or correct the address'],
  '42501': ['denied', 'does not allow this user what the store needs: grant it'],
  '53': ['full', 'has no memory or another resource left: see its log'],
  '53100': NO_SPACE,
  '53300': NO_CONNECTION,
  '54': ['unusable', 'cannot keep it: it is too long'],
  '55P03': ['refused', 'waits for another transaction, which keeps the table locked: end that'],
  '57014': ['refused', 'has stopped it after its "statement_timeout"'],
  '57P': STOPS,
  '22021': NOT_STORABLE,
  '22P05': NOT_STORABLE,
};

/** States of a table that is missing, or is another one. */
const NO_TABLE: readonly string[] = ['42P01', '3F000', '42703', '42883', '42P10'];

/** The name of the store and its table, for errors. */
export interface Named {
  readonly name: string;
  readonly tables: { readonly table: string };
}

/**
 * Returns the error that a caller is told, without what PostgreSQL or the driver wrote: it may have a value or a credential.
 */
export function toStoreError(error: unknown, { name, tables: { table } }: Named): ConfigStoreError {
  if (isInstance(error, ConfigStoreError)) return error;
  // A file with a password or a certificate that cannot be read.
  if (isInstance(error, HotConfigError))
    return new ConfigStoreError(`${name} cannot be asked: ${error.message}`, 'denied');
  const state = stateOf(error);
  if (state === undefined) return new ConfigStoreError(`${name} ${describe(error)}`, 'unreachable');
  if (NO_TABLE.includes(state))
    return new ConfigStoreError(
      `${name} has no table ${table} of this store: call ensureSchema(), or run the migration`,
      'refused',
    );
  const [failure, text] = REASONS[state] ??
    REASONS[state.slice(0, 3)] ??
    REASONS[state.slice(0, 2)] ?? ['refused', `does not do it, and answers ${state}`];
  return new ConfigStoreError(`${name} ${text}`, failure);
}

/** Not by the form of the code alone: `EPIPE` has five characters too. */
function stateOf(error: unknown): string | undefined {
  const { severity, code } = error as { severity?: unknown; code?: unknown };
  return typeof severity === 'string' && typeof code === 'string' ? code : undefined;
}

function describe(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  if (message === 'The server does not support SSL connections')
    return 'does not speak TLS: turn it on there, or set { tls: false } if nobody else can reach the network between';
  // The driver writes sentences of its own about a connection that has ended.
  return code === undefined ? 'has closed the connection' : describeNetworkError(error);
}
