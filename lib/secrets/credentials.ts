import { closingQuote, valueEnd } from './credential-values.js';
import { isSecretName, REDACTED } from './secret-names.js';

/** Credentials in a text, from `start` up to, and without, `end`. */
interface Credential {
  readonly start: number;
  readonly end: number;
  /** What other code may quote without the rest: the password. */
  readonly secret: string;
}

/** The longest name before a `=` that is looked at. */
const LONGEST_NAME = 64;

const NAME_CHARACTER = /[\w.$-]/;

/** The most blanks around a `=`. */
const MOST_BLANKS = 3;

/** What is before the user info of an address; the driver of Oracle writes `jdbc:oracle:thin:user/password@host`. */
const BEFORE_USER_INFO = /:\/\/|\bjdbc:oracle:\w{1,16}:/gi;

/** Values of a query that are credentials although their names do not say so: `?sig=…` of Azure, `?code=…`. */
const SECRET_IN_QUERY = /^(?:(?:x-(?:amz|goog)-)?signature|sig|sas|_?auth|jwt|pw|code|otp|pin)$/i;

/** The same for parameters that are no query: messages have `code=…`. */
const SECRET_PARAMETER = /^(?:signature|sig|_auth|jwt|pw)$/i;

/** `Server=h;Password=my words`: values end at a semicolon, and may contain blanks. */
const SEMICOLON_LIST = /;[ \t]{0,3}\w[\w .-]{0,63}=|;[ \t]{0,3}$/;

/** A reference to another value is not that value. */
const REFERENCE = /^\$\{[^}]*\}$/;

/** The schemes of `Authorization` whose parameter is a secret. */
const AUTHORIZATION = /\b(bearer|basic)[ \t]{1,3}([\w.~+/=-]{8,})/gi;

/** A quick look that most texts end with. */
const MAY_AUTHORIZE = /\b(?:bearer|basic)[ \t]/i;

/** Sentences have `Bearer authentication`; a token has digits, or is longer than a word. */
const TOKEN = /\d|^.{20}/;

/**
 * Returns a text without the credentials in it: the user info of addresses, parameters of queries and of connection
 * strings whose names are those of secrets, and `Authorization` headers. Its cost follows the length of the text.
 *
 * @example
 * redactCredentials('jdbc:postgresql://db/app?user=u&password=correct-horse');
 * // → 'jdbc:postgresql://db/app?user=u&password=[hidden]'
 */
export function redactCredentials(text: string): string {
  const found = credentialsIn(text);
  if (found.length === 0) return text;
  found.sort((a, b) => a.start - b.start);
  let redacted = '';
  let from = 0;
  for (const { start, end } of found) {
    // One may be part of another one: a password in the user info with a `=`.
    if (start >= from) redacted += text.slice(from, start) + REDACTED;
    from = Math.max(from, end);
  }
  return redacted + text.slice(from);
}

/** Returns the passwords, keys and tokens in the credentials of a text: client libraries quote them without the rest. */
export function passwordsIn(text: string): ReadonlySet<string> {
  const passwords = new Set<string>();
  for (const { secret } of credentialsIn(text)) if (secret !== REDACTED) passwords.add(secret);
  return passwords;
}

/** Returns the places of the credentials in a text. */
export function credentialsIn(text: string): Credential[] {
  const found: Credential[][] = [];
  if (text.includes('@')) found.push([...userInfos(text)]);
  if (text.includes('=')) found.push([...parameters(text)]);
  if (MAY_AUTHORIZE.test(text)) found.push([...authorizations(text)]);
  return found.flat();
}

/** `scheme://user:password@`, up to the last `@` of the word: a password may contain any character. */
function* userInfos(text: string): Iterable<Credential> {
  let from = 0;
  for (const { index, 0: before } of text.matchAll(BEFORE_USER_INFO)) {
    if (index < from) continue; // the same word
    const start = index + before.length;
    from = valueEnd(text, start, 'address');
    const userInfo = text.slice(start, from);
    const length = userInfo.lastIndexOf('@');
    if (length > 0) yield { start, end: start + length, secret: passwordOf(userInfo.slice(0, length)) };
  }
}

/** Of a user info without a password, all of it: `https://TOKEN@host`. */
function passwordOf(userInfo: string): string {
  return userInfo.slice(userInfo.search(/[:/]/) + 1);
}

/** `name=value` in queries, in connection strings (`password='it''s'`, `Server=h;Password=P`), and anywhere else. */
function* parameters(text: string): Iterable<Credential> {
  const isSecret = rememberedNames();
  const isList = rememberedLines(text);
  const unclosed = new Set<string>();
  let from = 0;
  for (let at = text.indexOf('='); at >= 0; at = text.indexOf('=', Math.max(from, at + 1))) {
    const nameEnd = skipBlanksBefore(text, at, from);
    const nameStart = startOfName(text, nameEnd, from);
    const inQuery = nameStart > 0 && '?&'.includes(text.charAt(nameStart - 1));
    if (isComparison(text, nameEnd, at) || !isSecret(text.slice(nameStart, nameEnd), inQuery)) continue;
    const start = skipBlanksAfter(text, at + 1);
    const quoted = closingQuote(text, start, unclosed);
    from = quoted ?? valueEnd(text, start, inQuery ? 'query' : isList(at) ? 'list' : 'word');
    const secret =
      quoted === undefined ? text.slice(start, from).trimEnd() : unquoted(text.slice(start, from));
    if (secret !== '' && !REFERENCE.test(secret)) yield { start, end: from, secret };
  }
}

function* authorizations(text: string): Iterable<Credential> {
  for (const match of text.matchAll(AUTHORIZATION)) {
    const [all, scheme = '', secret = ''] = match;
    const isCredential =
      scheme.toLowerCase() === 'basic' ? Buffer.from(secret, 'base64').includes(':') : TOKEN.test(secret);
    const end = match.index + all.length;
    if (isCredential) yield { start: end - secret.length, end, secret };
  }
}

/** Returns whether a name is that of a secret. A text with many parameters repeats their names. */
function rememberedNames(): (name: string, inQuery: boolean) => boolean {
  const known = { query: new Map<string, boolean>(), other: new Map<string, boolean>() };
  return (name, inQuery) => {
    const names = inQuery ? known.query : known.other;
    let isSecret = names.get(name);
    if (isSecret === undefined) {
      isSecret = (inQuery ? SECRET_IN_QUERY : SECRET_PARAMETER).test(name) || isSecretName(name);
      names.set(name, isSecret);
    }
    return isSecret;
  };
}

/** Returns whether the line around a place is a list with semicolons. The places must ascend. */
function rememberedLines(text: string): (at: number) => boolean {
  let end = -1;
  let isList = false;
  return (at) => {
    if (at > end) {
      const next = text.indexOf('\n', at);
      const start = text.lastIndexOf('\n', at) + 1;
      end = next === -1 ? text.length : next;
      isList = SEMICOLON_LIST.test(text.slice(start, end));
    }
    return isList;
  };
}

/** `token == null`, `key => value`. */
function isComparison(text: string, nameEnd: number, at: number): boolean {
  return nameEnd < at && '=>'.includes(text.charAt(at + 1));
}

function skipBlanksBefore(text: string, at: number, from: number): number {
  let end = at;
  while (end > from && at - end < MOST_BLANKS && isBlank(text, end - 1)) end -= 1;
  return end;
}

function skipBlanksAfter(text: string, at: number): number {
  let start = at;
  while (start - at < MOST_BLANKS && isBlank(text, start)) start += 1;
  return start;
}

function startOfName(text: string, end: number, from: number): number {
  let start = end;
  while (start > from && end - start < LONGEST_NAME && NAME_CHARACTER.test(text.charAt(start - 1)))
    start -= 1;
  return start;
}

function isBlank(text: string, at: number): boolean {
  const character = text.charAt(at);
  return character === ' ' || character === '\t';
}

/** Without the quotes, and with one quote for each that is written twice or after a backslash. */
function unquoted(quoted: string): string {
  const inner = quoted.startsWith('\\') ? quoted.slice(2, -2) : quoted.slice(1, -1);
  return inner.replace(/\\(.)|(['"}])\2/gs, '$1$2');
}
