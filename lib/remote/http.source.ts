import { strictObject } from '../options/strict-object.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import { HTTP_REQUEST_CHECKS, type HttpRequestOptions } from './http/http-options.js';
import { HttpRemote } from './http/http.remote.js';
import { REMOTE_SOURCE_CHECKS, type RemoteSourceOptions } from './remote-source-options.js';
import { RemoteSource } from './remote.source.js';

/**
 * Options of `http()`.
 *
 * @publicApi
 */
export interface HttpOptions extends RemoteSourceOptions, HttpRequestOptions {}

/**
 * Reads configuration from a web server, and asks it again from time to time: with the `ETag` or `Last-Modified` of the last
 * answer, if it has one. The status shows this as the revision: if a server makes its `ETag` from the content alone, a short
 * secret in it can be guessed. The format is the one that the `Content-Type` names, else that of the extension of the address.
 *
 * @param address a URL with `https://`, or with `http://` if it is on this machine, without a user and a password
 * @throws ConfigOptionsError if the address cannot be used, or an option is unknown or invalid.
 *
 * @example
 * ```ts
 * const sources = [file('config/app.yaml'), http('https://config.example/app.yaml', { token: { file: '/run/secrets/token' } })];
 * ```
 *
 * @publicApi
 */
export function http(address: string, options: HttpOptions = {}): ConfigSource {
  checkOptions(options, '', 'http()');
  return new RemoteSource(new HttpRemote(address, options), options);
}

const checkOptions = strictObject<HttpOptions>({ ...REMOTE_SOURCE_CHECKS, ...HTTP_REQUEST_CHECKS });
