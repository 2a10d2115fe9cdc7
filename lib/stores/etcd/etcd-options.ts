import { type SecretPlace, secretPlace } from '../../connection/secret-place.js';
import { requireTls, type TlsOptions, tlsOption } from '../../connection/tls-options.js';
import { ConfigOptionsError } from '../../errors/config.errors.js';
import { arrayOf, checkDelay, isString, string } from '../../options/checks.js';
import { strictObject } from '../../options/strict-object.js';
import { checkKey } from '../contract/check-key.js';

/**
 * Options of `etcdStore()`.
 *
 * @publicApi
 */
export interface EtcdStoreOptions {
  /**
   * Addresses of the members of one cluster, without credentials: `['https://etcd-1.example:2379']`. One that answers is
   * used until it fails, then the next one.
   */
  readonly urls: readonly string[];
  /** Put before each key. Default `hot-config/`. */
  readonly prefix?: string;
  /** User of etcd. Default: none, for a cluster without authentication, or one that takes the name from `tls.cert`. */
  readonly username?: string;
  /** Place of the password. It is read for each new token, so that a new one is used without a restart. */
  readonly password?: SecretPlace;
  /** Files for TLS, or `false` to allow connections without TLS to other machines. */
  readonly tls?: TlsOptions | false;
  /** Maximum time of one call, in ms, for all addresses together. Default 5,000. */
  readonly timeout?: number;
}

/** The options, checked and with their defaults. */
export interface EtcdSettings {
  readonly name: string;
  readonly urls: readonly URL[];
  readonly prefix: string;
  readonly user: EtcdUser | undefined;
  readonly tls: TlsOptions;
  readonly timeout: number;
}

export interface EtcdUser {
  readonly name: string;
  readonly password: SecretPlace;
}

const check = strictObject<EtcdStoreOptions>(
  {
    urls: arrayOf('addresses such as "https://etcd.example:2379"', isString),
    prefix: string,
    username: string,
    password: secretPlace,
    tls: tlsOption,
    timeout: (value) => void checkDelay('timeout', value as number),
  },
  ['urls'],
);

/** @throws ConfigOptionsError if an option is not valid */
export function toSettings(options: EtcdStoreOptions): EtcdSettings {
  check(options, '', 'etcdStore()');
  const { prefix = 'hot-config/', tls, timeout = 5_000 } = options;
  checkKey(prefix, 'prefix');
  const urls = options.urls.map((address) => toUrl(address, tls));
  if (urls.length === 0) throw wrong('needs an address in "urls"');
  if (new Set(urls.map(({ protocol }) => protocol)).size > 1)
    throw wrong('has addresses with and without TLS in "urls": write https:// for all of them');
  const name = `etcd ${urls.map(toName).join(',')}`;
  return { name, urls, prefix, user: toUser(options), tls: tls || {}, timeout };
}

function toUrl(address: string, tls: TlsOptions | false | undefined): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  // Not quoted: it may have a password.
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    throw wrong('has an element of "urls" that is not an address such as "https://etcd.example:2379"');
  if (url.username !== '' || url.password !== '')
    throw wrong(
      'has credentials in "urls", where they get into logs: set { username, password: { file } } or { env }',
    );
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    throw wrong('has an element of "urls" with more than a host and a port');
  const isSecure = url.protocol === 'https:';
  if (!isSecure && tls) throw wrong('has the option "tls", but an address without TLS: write https://');
  requireTls(url.hostname, isSecure, tls, `https://${url.host}`);
  // As all programs of etcd do.
  if (!/:\d+\/?$/.test(address)) url.port = '2379';
  return url;
}

/** A URL leaves out the port that its protocol has by default. */
function toName({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
}

function toUser({ username, password }: EtcdStoreOptions): EtcdUser | undefined {
  if ((username === undefined) !== (password === undefined))
    throw wrong('needs both "username" and "password", or none of them');
  return username === undefined || password === undefined ? undefined : { name: username, password };
}

function wrong(problem: string): ConfigOptionsError {
  return new ConfigOptionsError(`etcdStore() ${problem}`);
}
