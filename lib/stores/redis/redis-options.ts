import { type SecretPlace, secretPlace } from '../../connection/secret-place.js';
import { requireTls, type TlsOptions, tlsOption } from '../../connection/tls-options.js';
import { ConfigOptionsError } from '../../errors/config.errors.js';
import { arrayOf, checkDelay, isString, string } from '../../options/checks.js';
import { strictObject } from '../../options/strict-object.js';
import { checkKey } from '../contract/check-key.js';

/**
 * Options of `redisStore()`: `url`, or `sentinels` and `master`.
 *
 * @publicApi
 */
export interface RedisStoreOptions {
  /** Address of the server, without credentials: `rediss://cache.example:6379`, or with the number of a database: `/2`. */
  readonly url?: string;
  /** Addresses of the Redis Sentinels, as `host:port`. They are asked for the server of each new connection. */
  readonly sentinels?: readonly string[];
  /** Name of the master, as the Sentinels know it. */
  readonly master?: string;
  /** Put before each key. Default `hot-config/`. */
  readonly prefix?: string;
  /** Default: the user `default` of Redis. */
  readonly username?: string;
  /** Place of the password. It is read for each new connection, so that a new one is used without a restart. */
  readonly password?: SecretPlace;
  /** Place of the password of the Sentinels. */
  readonly sentinelPassword?: SecretPlace;
  /**
   * Files for TLS, or `false` to allow a connection without TLS to another machine. With `sentinels`, which may name any
   * machine, one of both must be set: `{}` is TLS with the authorities that Node trusts.
   */
  readonly tls?: TlsOptions | false;
  /** Maximum time of one call, in ms. Default 5,000. */
  readonly timeout?: number;
}

/** Where the server is. */
export type RedisPlace =
  HostAndPort | { readonly sentinels: readonly HostAndPort[]; readonly master: string };

interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** The options, checked and with their defaults. */
export interface RedisSettings extends Pick<RedisStoreOptions, 'username' | 'password' | 'sentinelPassword'> {
  readonly name: string;
  readonly place: RedisPlace;
  readonly database: number;
  readonly tls: TlsOptions | undefined;
  readonly prefix: string;
  readonly timeout: number;
}

const timeout = (value: unknown) => void checkDelay('timeout', value as number);

const check = strictObject<RedisStoreOptions>({
  url: string,
  sentinels: arrayOf('addresses such as "sentinel-1.example:26379"', isString),
  master: string,
  prefix: string,
  username: string,
  password: secretPlace,
  sentinelPassword: secretPlace,
  tls: tlsOption,
  timeout,
});

/** @throws ConfigOptionsError if an option is not valid */
export function toSettings(options: RedisStoreOptions): RedisSettings {
  check(options, '', 'redisStore()');
  const { username, password, sentinelPassword, prefix = 'hot-config/', timeout = 5_000 } = options;
  checkKey(prefix, 'prefix');
  return {
    ...(options.url === undefined ? fromSentinels(options) : fromUrl(options.url, options)),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(sentinelPassword !== undefined && { sentinelPassword }),
    prefix,
    timeout,
  };
}

type Located = Pick<RedisSettings, 'name' | 'place' | 'database' | 'tls'>;

function fromUrl(address: string, { sentinels, master, sentinelPassword, tls }: RedisStoreOptions): Located {
  if (sentinels !== undefined || master !== undefined || sentinelPassword !== undefined)
    throw wrong('has both "url" and options for Sentinel: remove one of them');
  const url = URL.canParse(address) ? new URL(address) : undefined;
  // Not quoted: it may have a password.
  if (url === undefined || !['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '')
    throw wrong('has a "url" that is not an address such as "rediss://cache.example:6379"');
  if (url.username !== '' || url.password !== '')
    throw wrong(
      'has credentials in its "url", where they get into logs: set { username, password: { file } } or { env }',
    );
  if (!/^(?:|\/|\/\d{1,9})$/.test(url.pathname) || url.search !== '' || url.hash !== '')
    throw wrong('has a "url" with more than the number of a database after its host');
  const isSecure = url.protocol === 'rediss:';
  if (!isSecure && tls) throw wrong('has the option "tls", but its "url" is without TLS: write rediss://');
  requireTls(url.hostname, isSecure, tls, `rediss://${url.host}`);
  const place = { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port || 6379) };
  const database = Number(url.pathname.slice(1));
  const name = `redis ${url.hostname}:${place.port}${database === 0 ? '' : `/${database}`}`;
  return { name, place, database, tls: isSecure ? tls || {} : undefined };
}

function fromSentinels({ sentinels, master, tls }: RedisStoreOptions): Located {
  if (sentinels === undefined || sentinels.length === 0 || master === undefined || master === '')
    throw wrong('needs the option "url", or "sentinels" and "master"');
  if (tls === undefined)
    throw wrong('needs the option "tls", because the Sentinels may name any machine: {} for TLS, or false');
  const place = { sentinels: sentinels.map(toHostAndPort), master };
  return { name: `redis ${master}`, place, database: 0, tls: tls || undefined };
}

function toHostAndPort(address: string): HostAndPort {
  const [, host, port] = /^\[?([\w.:-]+?)\]?:(\d{1,5})$/.exec(address) ?? [];
  if (host !== undefined) return { host, port: Number(port) };
  throw wrong('has a Sentinel whose address is not like "sentinel-1.example:26379"');
}

function wrong(problem: string): ConfigOptionsError {
  return new ConfigOptionsError(`redisStore() ${problem}`);
}
