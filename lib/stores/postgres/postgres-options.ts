import { isLoopback } from '../../connection/is-loopback.js';
import { type SecretPlace, secretPlace } from '../../connection/secret-place.js';
import { type TlsOptions, tlsOption } from '../../connection/tls-options.js';
import { ConfigOptionsError } from '../../errors/config.errors.js';
import { checkDelay, delay, invalidOption, string } from '../../options/checks.js';
import { strictObject } from '../../options/strict-object.js';
import { checkKey } from '../contract/check-key.js';
import { tableNames, type TableNames } from './postgres-schema.js';

/**
 * Options of `postgresStore()`.
 *
 * @publicApi
 */
export interface PostgresStoreOptions {
  /**
   * Address of the primary, without a password: `postgres://app@db.example:5432/shop`. A folder of sockets is written as
   * `postgres://app@%2Frun%2Fpostgresql/shop`. PgBouncer may be there in its place, also in transaction mode.
   */
  readonly url: string;
  /** Place of the password. It is read for each new connection, so that a new one is used without a restart. */
  readonly password?: SecretPlace;
  /**
   * Files for TLS, or `false` for connections without it. Default: TLS that checks the certificate and its name, and none
   * to this machine itself.
   */
  readonly tls?: TlsOptions | false;
  /** Maximum time of one call, in ms. Default 5,000. */
  readonly timeout?: number;
  /** Name of the table, which may have a schema: `config.hot_config`. Two more tables begin with it. Default `hot_config`. */
  readonly table?: string;
  /** Put before each key. Default: nothing, because the table has no other keys. */
  readonly prefix?: string;
  /** Maximum time between two looks for changes, in ms, at least 100. Default 5,000. */
  readonly interval?: number;
}

/** The options, checked and with their defaults. */
export interface PostgresSettings extends Required<
  Pick<PostgresStoreOptions, 'prefix' | 'timeout' | 'interval'>
> {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password: SecretPlace | undefined;
  /** `undefined` without TLS. */
  readonly tls: TlsOptions | undefined;
  readonly tables: TableNames;
}

const check = strictObject<PostgresStoreOptions>(
  {
    url: string,
    password: secretPlace,
    tls: tlsOption,
    timeout: delay,
    table: string,
    prefix: string,
    interval: delay,
  },
  ['url'],
);

/** @throws ConfigOptionsError if an option is not valid */
export function toSettings(options: PostgresStoreOptions): PostgresSettings {
  check(options, '', 'postgresStore()');
  const {
    url,
    password,
    tls,
    table = 'hot_config',
    prefix = '',
    timeout = 5_000,
    interval = 5_000,
  } = options;
  checkKey(prefix, 'prefix');
  if (checkDelay('interval', interval) < 100) throw invalidOption('interval', 'at least 100 ms', interval);
  return { ...fromUrl(url, tls), password, tables: tableNames(table), prefix, timeout, interval };
}

type Address = Pick<PostgresSettings, 'name' | 'host' | 'port' | 'user' | 'database' | 'tls'>;

// No error shows the address: it may have a password.
function fromUrl(address: string, tls: TlsOptions | false | undefined): Address {
  if (/^\w+:\/\/[^/]*,/.test(address))
    throw wrong('names several hosts: use one address that always leads to the primary');
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !['postgres:', 'postgresql:'].includes(url.protocol))
    throw wrong('is not an address such as "postgres://app@db.example:5432/shop"');
  if (url.password !== '' || url.searchParams.has('password'))
    throw wrong(
      'has a password, which gets into logs there: set the option "password" to { file: … } or { env: … }',
    );
  const [host, user, database] = [url.hostname, url.username, url.pathname.slice(1)].map(decode);
  if (!host || !user || !database)
    throw wrong('must name a user, a host and a database: "postgres://app@db.example:5432/shop"');
  const port = Number(url.port || 5432);
  const isHere = isLoopback(host) || host.startsWith('/');
  const wantsTls = checkParameters(url.searchParams);
  if (wantsTls && tls === false)
    throw wrong('asks for TLS, and { tls: false } turns TLS off: remove one of both');
  const hasTls = wantsTls || tls || !isHere;
  if (hasTls && host.startsWith('/')) throw wrong('is a folder of sockets, which have no TLS: remove it');
  return {
    name: `postgres ${host}:${port}/${database}`,
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port,
    user,
    database,
    tls: hasTls && tls !== false ? (tls ?? {}) : undefined,
  };
}

/** Returns `true` if the address asks for TLS. */
function checkParameters(parameters: URLSearchParams): boolean {
  const names = [...parameters.keys()].filter((name) => name !== 'sslmode');
  if (names.length > 0) throw wrong(`has the parameter "${names[0]}", which is not supported: remove it`);
  const mode = parameters.get('sslmode');
  if (mode === null || mode === 'verify-full') return mode !== null;
  throw wrong(
    'has another "sslmode" than verify-full, which is what this store does: remove it. Set the option "tls" to ' +
      '{ ca: "/path/ca.pem" } for an authority of your own, or to false for no TLS',
  );
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw wrong('has a % that does not begin a character: write it as %25');
  }
}

function wrong(problem: string): ConfigOptionsError {
  return new ConfigOptionsError(`The option "url" of postgresStore() ${problem}`);
}
