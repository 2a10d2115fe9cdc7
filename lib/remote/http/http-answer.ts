import { STATUS_CODES, type IncomingHttpHeaders } from 'node:http';
import type { HttpResponse } from '../../connection/send-request.js';
import type { HttpRequestOptions } from './http-options.js';

/** Returns why an answer with this status has no content, as the rest of a sentence; undefined if it has. */
export function refusalOf(response: HttpResponse, options: HttpRequestOptions): string | undefined {
  const { status } = response;
  if (status === 200 || status === 203) return undefined;
  const answer = `answers ${status} (${STATUS_CODES[status] ?? 'unknown status'})`;
  if (status === 401 || status === 403) {
    const hasCredentials = options.token !== undefined || options.headers !== undefined;
    return `${answer}; ${hasCredentials ? 'check the token' : 'set the option "token" or "headers"'}`;
  }
  if (status === 407) return `${answer}; correct the user and the password in the address of the proxy`;
  if (status === 204 || status === 205 || status === 206) return `${answer}, without the whole content`;
  if (status === 304) return `${answer}, although nothing was known; a cache between may be wrong`;
  const pause = pauseOf(response);
  if (pause > 0) return `${answer}; it is asked again after ${Math.ceil(pause / 1_000)} s, as it wants`;
  if (status >= 500 || status === 429) return answer;
  return `${answer}; check the address`;
}

/** Returns why the body of an answer cannot be used, by its headers, as the rest of a sentence; undefined if it can. */
export function bodyProblemOf({ headers }: HttpResponse): string | undefined {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() !== 'identity')
    return 'answers with a compressed body, although the request forbids that; switch its compression off';
  const { type, charset } = contentType(headers);
  if (type === 'text/html' || type === 'application/xhtml+xml')
    return `answers with HTML (${type}): a login page or a proxy?`;
  if (charset !== undefined && !/^(?:utf-?8|us-ascii)$/.test(charset))
    return 'answers in another encoding than UTF-8, as its Content-Type says; save the content as UTF-8';
  return undefined;
}

/** Formats by their media types; each may have an `x-` before, or a `+` and another name. */
const FORMATS: Readonly<Record<string, string>> = {
  json: 'JSON',
  json5: 'JSON5',
  yaml: 'YAML',
  toml: 'TOML',
};

/** Returns the name of the format by the type of the content; undefined if it does not say one, as `text/plain`. */
export function formatOf({ headers }: HttpResponse): string | undefined {
  const { type } = contentType(headers);
  const name = /^(?:application|text)\/(?:.*\+|x-|vnd\.)?(json5?|yaml|toml)$/.exec(type)?.[1];
  return name && FORMATS[name];
}

function contentType(headers: IncomingHttpHeaders): { type: string; charset: string | undefined } {
  const [type = '', ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';');
  const charset = parameters.map((each) => /^\s*charset\s*=\s*"?([^"]*?)"?\s*$/.exec(each)?.[1]);
  return { type: type.trim(), charset: charset.find((each) => each !== undefined) };
}

/** Longest pause that a server can ask for, in ms: the source must notice a change some time. */
const LONGEST_PAUSE = 60_000;

/** Returns how long a busy server asks not to be asked again (`Retry-After`), in ms; 0 if it does not. */
export function pauseOf({ status, headers }: HttpResponse): number {
  const after = headers['retry-after'];
  if (after === undefined || (status !== 429 && status !== 503)) return 0;
  // By the clock of the server: that of this machine may be wrong.
  const ms = /^\d+$/.test(after) ? Number(after) * 1_000 : Date.parse(after) - clockOf(headers);
  return Math.min(LONGEST_PAUSE, Math.max(0, ms || 0));
}

/** Least time from the last change of the content to an answer, in ms. */
export const SETTLED = 2_000;

/**
 * Returns the time of the last change if the content may change again without a sign: less than 2 s before the answer. The
 * times of many servers, and their ETags from these times, have one second, and two changes within it look equal.
 */
export function unsettledOf(headers: IncomingHttpHeaders): string | undefined {
  const { 'last-modified': modified } = headers;
  return modified !== undefined && clockOf(headers) - Date.parse(modified) < SETTLED ? modified : undefined;
}

/** Returns the headers that ask for newer content only. They are empty for content that may change without a sign. */
export function conditionsOf(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  const { etag, 'last-modified': modified } = headers;
  if (unsettledOf(headers) !== undefined) return {};
  if (etag !== undefined) return { 'if-none-match': etag };
  return modified === undefined ? {} : { 'if-modified-since': modified };
}

function clockOf({ date }: IncomingHttpHeaders): number {
  return (date && Date.parse(date)) || Date.now();
}
