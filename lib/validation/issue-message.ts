import { formatPath } from '../model/paths.js';
import { describeValue } from '../secrets/describe-value.js';
import { REDACTED } from '../secrets/secret-names.js';

/** Returns whether the value at a path is secret. */
export type IsSecret = (path: readonly string[]) => boolean;

/** A value that an issue is about. */
export interface SourceValue {
  /** The value, as the source has it. */
  readonly source: unknown;
  /** Returns its characters if it is a number of a file, for example `4.10`. */
  readonly text?: () => string | undefined;
}

/** The words that class-validator writes before the name of a property. */
const BEFORE_NAME = /^(each value in )?(nested property )?/;

/**
 * Turns `temperature must not …` of class-validator into `llm.temperature must not … (was 7)`.
 *
 * @param values the value of the source, its characters, and the value that class-validator has checked: class-transformer
 * may have converted it
 */
export function classIssueMessage(
  message: string,
  property: string,
  path: readonly string[],
  values: SourceValue & { readonly checked: unknown },
  isSecret: IsSecret,
): string {
  const fullPath = formatPath(path);
  const { source, text, checked } = values;
  if (isSecret(path) && (repeatsValue(message, checked) || repeatsValue(message, source)))
    return `${fullPath} is not valid (was ${REDACTED})`;
  const [before, each = ''] = BEFORE_NAME.exec(message)!; // matches any string
  const rest = message.slice(before.length);
  const sentence = rest.startsWith(`${property} `)
    ? each + fullPath + rest.slice(property.length)
    : `${fullPath}: ${message}`;
  return withAdvice(
    withValue(sentence, path, source === undefined ? { source: checked } : values, isSecret),
    { source, ...(text && { text }) },
    path,
    isSecret,
  );
}

/**
 * Adds the path and the value to the message of a schema library if it lacks them. Libraries write `Invalid input: …`,
 * `"llm.temperature" must …` (Joi) or `llm.temperature must … (was …)` (ArkType).
 *
 * @param place the path that the library knows, and the path of all that it checks
 */
export function schemaIssueMessage(
  libraryMessage: string,
  place: { readonly path: readonly string[]; readonly base: readonly string[] },
  found: SourceValue,
  isSecret: IsSecret,
): string {
  const value = found.source;
  const path = [...place.base, ...place.path];
  const message = withoutMade(libraryMessage, value);
  if (path.length === 0) return message;
  const fullPath = formatPath(path);
  const ownPath = formatPath(place.path);
  if (isSecret(path) && repeatsValue(message, value)) return `${fullPath} is not valid (was ${REDACTED})`;
  const isNamed = ownPath !== '' && message.startsWith(`${ownPath} `);
  const named = isNamed
    ? fullPath + message.slice(ownPath.length)
    : message.replace(/^"[^"]*" /, `${fullPath} `);
  const hasPath = named.startsWith(`${fullPath} `) || named !== message;
  const sentence = hasPath ? named : withPath(message, fullPath, ownPath);
  const hasValue = /\(was |received (?!string|number|boolean|undefined|null)/.test(named);
  const whole = hasValue ? sentence : withValue(sentence, path, found, isSecret);
  return withAdvice(whole, found, path, isSecret);
}

/** Null in a message. In YAML, nothing is written there. */
const NULL = 'null, no value';

/** Describes a value of a source for a message. */
export function describeSource(path: readonly string[], value: unknown, isSecret: IsSecret): string {
  return value === null ? NULL : describeValue(path, value, isSecret);
}

/** Values that no file has. */
const MADE = /(?:[,:]? (?:but )?received (?:NaN|Date|"?Invalid Date"?)| \(was NaN\))(?= |$)/gi;

const RECEIVED_NULL = /(?:[,:]? (?:but )?received null| \(was null\))(?= |$)/gi;

/** Removes what the library says about the value if the message says it better: what the source has. */
function withoutMade(message: string, value: unknown): string {
  if (value === null) return message.replace(RECEIVED_NULL, '');
  return typeof value === 'object' ? message : message.replace(MADE, '');
}

/** Words that were booleans in YAML 1.1, and quoted booleans. */
const SWITCH_WORD = /^\s*(?:(true|false)|on|off|yes|no|y|n)\s*$/i;

/** The messages of the libraries about a value that must be a string. */
const EXPECTS_STRING = /\b(?:be|expected) (?:a )?string\b/i;

/** Adds what to write instead of a string such as `off` where a boolean is required, or of a number where a string is. */
function withAdvice(
  sentence: string,
  found: SourceValue,
  path: readonly string[],
  isSecret: IsSecret,
): string {
  if (isSecret(path)) return sentence;
  if (charactersOf(found) !== undefined)
    return EXPECTS_STRING.test(sentence) ? `${sentence}; put it in quotes` : sentence;
  if (typeof found.source !== 'string' || !/\bboolean\b/i.test(sentence)) return sentence;
  const word = SWITCH_WORD.exec(found.source);
  if (word === null) return sentence;
  return `${sentence}; write true or false${word[1] === undefined ? '' : ' without quotes'}`;
}

/** Returns the characters of a number; undefined if they are not known, or if the number was made of another value. */
function charactersOf({ source, text }: SourceValue): string | undefined {
  const characters = typeof source === 'number' ? text?.() : undefined;
  const isSame = characters !== undefined && Number(characters.replaceAll('_', '')) === source;
  return isSame && characters.length <= MAX_CHARACTERS ? characters : undefined;
}

/** Longer numbers are shown as JavaScript writes them. */
const MAX_CHARACTERS = 60;

/** ArkType writes paths as `servers[0] must …`. */
function withPath(message: string, fullPath: string, ownPath: string): string {
  const [first = ''] = message.split(' ', 1);
  const isPath = first.includes('[') && first.replaceAll(/\[(\d+)\]/g, '.$1') === ownPath;
  return isPath ? fullPath + message.slice(first.length) : `${fullPath}: ${message}`;
}

function withValue(
  sentence: string,
  path: readonly string[],
  found: SourceValue,
  isSecret: IsSecret,
): string {
  if (found.source === undefined) return `${sentence} (it is missing)`;
  const characters = isSecret(path) ? undefined : charactersOf(found);
  return `${sentence} (was ${characters ?? describeSource(path, found.source, isSecret)})`;
}

/** Checks whether a message contains the value (`message: 'not $value'`), or one of the values in it. */
export function repeatsValue(message: string, value: unknown): boolean {
  if (typeof value === 'string') return value !== '' && message.includes(value);
  if (typeof value === 'object' && value !== null)
    return Object.values(value).some((member) => repeatsValue(message, member));
  if (typeof value === 'boolean') return message.split(/\W+/).includes(String(value));
  return ['number', 'bigint'].includes(typeof value) && message.split(/[^\d.-]+/).includes(String(value));
}
