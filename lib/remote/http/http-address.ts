import { requireTls, type TlsOptions } from '../../connection/tls-options.js';
import { ConfigOptionsError } from '../../errors/config.errors.js';

/**
 * Parses the address of `http()`.
 *
 * @throws ConfigOptionsError without the address, which may have a password
 */
export function parseAddress(address: unknown, tls: TlsOptions | false | undefined): URL {
  const url = typeof address === 'string' && URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    throw new ConfigOptionsError('The address of http() must be a URL that starts with https:// or http://');
  const shown = shownAddress(url);
  if (url.username !== '' || url.password !== '')
    throw new ConfigOptionsError(
      `The address ${shown} has a user or a password: remove it, and set the option "token" or "headers"`,
    );
  const isSecure = url.protocol === 'https:';
  if (!isSecure && typeof tls === 'object')
    throw new ConfigOptionsError(`The option "tls" is only for https://, but the address is ${shown}`);
  requireTls(url.hostname, isSecure, tls, shown.replace(/^http:/, 'https:'));
  url.hash = '';
  return url;
}

/** Returns an address for logs and errors: with the names of its parameters, without their values, which may be tokens. */
export function shownAddress({ origin, pathname, search }: URL): string {
  const names = search
    .slice(1)
    .split('&')
    .map((parameter) => parameter.replace(/=.+/s, '=…'));
  return origin + pathname + (search === '' ? '' : `?${names.join('&')}`);
}
