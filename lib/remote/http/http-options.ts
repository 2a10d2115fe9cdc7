import { secretPlace, type SecretPlace } from '../../connection/secret-place.js';
import { tlsOption, type TlsOptions } from '../../connection/tls-options.js';
import {
  type Check,
  custom,
  delay,
  duration,
  invalidOption,
  isString,
  string,
} from '../../options/checks.js';
import type { Duration } from '../../options/duration.js';
import { type Checks, strictObject } from '../../options/strict-object.js';
import { isSecretName } from '../../secrets/secret-names.js';
import { ConfigOptionsError } from '../../errors/config.errors.js';

/**
 * Options of `http()` for its requests.
 *
 * @publicApi
 */
export interface HttpRequestOptions {
  /** Place of a token, which is sent as `Authorization: Bearer`. It is read for each request. Default: none. */
  readonly token?: SecretPlace;
  /** More headers. A secret value is a place, and is read for each request: `{ 'X-Vault-Token': { file: '/run/token' } }`. */
  readonly headers?: Readonly<Record<string, string | SecretPlace>>;
  /**
   * Own authority and client certificate. `false` allows `http://` to another machine: use it only if nobody else can reach
   * the network between. Default: `https://`, with the authorities that Node trusts; `http://` to this machine only.
   */
  readonly tls?: TlsOptions | false;
  /** Maximum duration of one request with its redirects, in ms. Default 5000. */
  readonly timeout?: number;
  /** Lets the server hold back its answer until the content changes. Default: it is asked at regular times. */
  readonly wait?: HttpWait;
  /**
   * Path of the configuration in a JSON answer that has more: `data.data` for Vault. Only changes there are changes. Default:
   * the whole answer.
   */
  readonly pick?: string;
}

/**
 * How to ask a server to hold back its answer until the content changes ("long poll"). A server that does not know this
 * answers at once, and is asked at regular times.
 *
 * @publicApi
 */
export interface HttpWait {
  /** How long the server may wait, as it is told by `parameters` or `headers`. The `timeout` is added to it. */
  readonly time: Duration;
  /** Parameters that are added to the address, such as `{ wait: '30s' }`. A secret is refused. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Headers that are added, such as `{ Prefer: 'wait=30' }`. A secret is refused: it belongs to `token` or `headers`. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Header of an answer whose value the next request has as a parameter. Default: the next request has the `ETag` of the
   * answer.
   */
  readonly index?: { readonly header: string; readonly parameter: string };
}

const strings: Check = custom(
  'an object of strings',
  (value) => typeof value === 'object' && value !== null && Object.values(value).every(isString),
);

/** Headers that requests have anyway, or that would make their answers unusable. */
const OWN_HEADERS =
  /^(?:if-.+|accept-encoding|connection|content-.+|expect|host|range|te|transfer-encoding)$/i;

const headers: Check = (value, name, owner) => {
  if (typeof value !== 'object' || value === null) throw invalidOption(name, 'an object', value);
  for (const [header, content] of Object.entries(value)) {
    if (typeof content === 'string' && !isSecretName(header)) checkHeader(header, content, name);
    else {
      checkHeader(header, '', name);
      secretPlace(content, `${name}.${header}`, owner);
    }
  }
};

/** Without secrets, which have places in the options `token` and `headers`. */
const waitHeaders: Check = (value, name, owner) => {
  openStrings(value, name, owner);
  for (const [header, content] of Object.entries(value as Readonly<Record<string, string>>))
    checkHeader(header, content, name);
};

/** Accepts strings whose names do not say that they are secret. */
const openStrings: Check = (value, name, owner) => {
  strings(value, name, owner);
  const secret = Object.keys(value as object).find(isSecretName);
  if (secret !== undefined)
    throw new ConfigOptionsError(
      `The option "${name}" must not have the secret ${JSON.stringify(secret)}: set the option "token" or "headers"`,
    );
};

function checkHeader(header: string, content: string, option: string): void {
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(header) || OWN_HEADERS.test(header))
    throw new ConfigOptionsError(`The option "${option}" must not have the header ${JSON.stringify(header)}`);
  if (!isHeaderValue(content))
    throw new ConfigOptionsError(`The option "${option}.${header}" has characters that a header cannot have`);
}

/** Checks whether a string can be the value of a header. */
export function isHeaderValue(value: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

/** The checks of these options, for `strictObject()`. */
export const HTTP_REQUEST_CHECKS: Readonly<Checks<HttpRequestOptions>> = {
  token: secretPlace,
  headers,
  tls: tlsOption,
  timeout: delay,
  wait: strictObject<HttpWait>(
    {
      time: duration,
      parameters: openStrings,
      headers: waitHeaders,
      index: strictObject<NonNullable<HttpWait['index']>>({ header: string, parameter: string }, [
        'header',
        'parameter',
      ]),
    },
    ['time'],
  ),
  pick: string,
};
