import { formatPath } from '../model/paths.js';
import { describeValue, REDACTED } from '../secrets/secret-names.js';

/** Returns whether the value at a path is secret. */
export type IsSecret = (path: readonly string[]) => boolean;

/** What class-validator writes before the name of a property. */
const BEFORE_NAME = /^(each value in )?(nested property )?/;

/**
 * Turns `temperature must not …` of class-validator into `llm.temperature must not … (was 7)`.
 *
 * @param values the value of the source, and the one that class-validator has checked: class-transformer may have
 * converted it
 */
export function classIssueMessage(
  message: string,
  property: string,
  path: readonly string[],
  values: { readonly source: unknown; readonly checked: unknown },
  isSecret: IsSecret,
): string {
  const fullPath = formatPath(path);
  const { source, checked } = values;
  if (isSecret(path) && (repeatsValue(message, checked) || repeatsValue(message, source)))
    return `${fullPath} is not valid (was ${REDACTED})`;
  const [before, each = ''] = BEFORE_NAME.exec(message)!; // matches any string
  const rest = message.slice(before.length);
  const sentence = rest.startsWith(`${property} `)
    ? each + fullPath + rest.slice(property.length)
    : `${fullPath}: ${message}`;
  return withAdvice(
    withValue(sentence, path, source === undefined ? checked : source, isSecret),
    source,
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
  value: unknown,
  isSecret: IsSecret,
): string {
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
  const whole = hasValue ? sentence : withValue(sentence, path, value, isSecret);
  return withAdvice(whole, value, path, isSecret);
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

/** Adds what to write instead of a string such as `off` to an issue that requires a boolean. */
function withAdvice(sentence: string, value: unknown, path: readonly string[], isSecret: IsSecret): string {
  if (typeof value !== 'string' || !/\bboolean\b/i.test(sentence) || isSecret(path)) return sentence;
  const word = SWITCH_WORD.exec(value);
  if (word === null) return sentence;
  return `${sentence}; write true or false${word[1] === undefined ? '' : ' without quotes'}`;
}

/** ArkType writes paths as `servers[0] must …`. */
function withPath(message: string, fullPath: string, ownPath: string): string {
  const [first = ''] = message.split(' ', 1);
  const isPath = first.includes('[') && first.replaceAll(/\[(\d+)\]/g, '.$1') === ownPath;
  return isPath ? fullPath + message.slice(first.length) : `${fullPath}: ${message}`;
}

function withValue(sentence: string, path: readonly string[], value: unknown, isSecret: IsSecret): string {
  return value === undefined
    ? `${sentence} (it is missing)`
    : `${sentence} (was ${describeSource(path, value, isSecret)})`;
}

/** Checks whether a message contains the value (`message: 'not $value'`), or one of the values in it. */
export function repeatsValue(message: string, value: unknown): boolean {
  if (typeof value === 'string') return value !== '' && message.includes(value);
  if (typeof value === 'object' && value !== null)
    return Object.values(value).some((member) => repeatsValue(message, member));
  return typeof value === 'number' && message.split(/[^\d.-]+/).includes(String(value));
}
