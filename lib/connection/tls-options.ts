import { ConfigOptionsError } from '../errors/config.errors.js';
import { literalOr, string } from '../options/checks.js';
import { strictObject } from '../options/strict-object.js';
import { isLoopback } from './is-loopback.js';
import { readOptionFile } from './option-file.js';

/**
 * Files and name for TLS. The files are read for each new connection, so that new certificates are used without a restart.
 *
 * @publicApi
 */
export interface TlsOptions {
  /** Path of the certificates of the authorities to trust, in PEM. Default: those that Node trusts. */
  readonly ca?: string;
  /** Path of the certificate of this client, in PEM. Default: none is shown to the server. */
  readonly cert?: string;
  /** Path of the private key of `cert`, in PEM. */
  readonly key?: string;
  /** Name that the certificate of the server must have. Default: the host of its address. */
  readonly servername?: string;
}

/** Accepts the option `tls`. */
export const tlsOption = literalOr(
  [false],
  strictObject<TlsOptions>({ ca: string, cert: string, key: string, servername: string }),
);

/** The content of the files, as Node's `tls.connect()` takes it. */
export interface TlsFiles {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly servername?: string;
}

/** @throws ConfigOptionsError if a file cannot be read */
export async function readTlsFiles({ ca, cert, key, servername }: TlsOptions = {}): Promise<TlsFiles> {
  return {
    ...(ca !== undefined && { ca: await readOptionFile(ca, 'tls.ca') }),
    ...(cert !== undefined && { cert: await readOptionFile(cert, 'tls.cert') }),
    ...(key !== undefined && { key: await readOptionFile(key, 'tls.key') }),
    ...(servername !== undefined && { servername }),
  };
}

/**
 * Refuses a connection without TLS to another machine, unless the app has said that it wants one with `tls: false`: others
 * could read the configuration, and change it.
 *
 * @param secure an address with TLS, for the error, such as `rediss://cache.example`
 */
export function requireTls(
  host: string,
  hasTls: boolean,
  tls: TlsOptions | false | undefined,
  secure: string,
): void {
  if (hasTls || tls === false || isLoopback(host)) return;
  throw new ConfigOptionsError(
    `The connection to ${host} would not be encrypted: use ${secure}, or set { tls: false } if nobody else can reach ` +
      'the network between',
  );
}
