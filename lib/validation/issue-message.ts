import { formatPath } from '../model/paths.js';
import { describeValue, REDACTED } from '../secrets/secret-names.js';

/** Whether the value at a path is secret. */
export type IsSecret = (path: readonly string[]) => boolean;

/** What class-validator puts before the name of a property. */
const BEFORE_NAME = /^(each value in )?(nested property )?/;

/** class-validator says `temperature must not …`; people want to read `llm.temperature must not … (was 7)`. */
export function classIssueMessage(
  message: string,
  property: string,
  path: readonly string[],
  value: unknown,
  isSecret: IsSecret,
): string {
  const full = formatPath(path);
  if (isSecret(path) && repeats(message, value)) return `${full} is not valid (was ${REDACTED})`;
  const [before, each = ''] = BEFORE_NAME.exec(message)!; // matches anything
  const said = message.slice(before.length);
  const about = said.startsWith(`${property} `)
    ? each + full + said.slice(property.length)
    : `${full}: ${message}`;
  return value === undefined
    ? `${about} (it is missing)`
    : `${about} (was ${describeValue(path, value, isSecret)})`;
}

/**
 * The schema libraries say `Invalid input: …`, `"llm.temperature" must …` (Joi) or `llm.temperature must … (was …)`
 * (ArkType); what they leave out is added.
 */
export function schemaIssueMessage(
  message: string,
  path: readonly string[],
  value: unknown,
  isSecret: IsSecret,
): string {
  if (path.length === 0) return message;
  const full = formatPath(path);
  if (isSecret(path) && repeats(message, value)) return `${full} is not valid (was ${REDACTED})`;
  const said = message.replace(/^"[^"]*" /, `${full} `);
  const about = said.startsWith(`${full} `) || said !== message ? said : namedBefore(full, message);
  if (/\(was |received (?!string|number|boolean|undefined|null)/.test(said)) return about;
  return value === undefined
    ? `${about} (it is missing)`
    : `${about} (was ${describeValue(path, value, isSecret)})`;
}

/** ArkType spells paths in its own way: `servers[0] must …`. */
function namedBefore(full: string, message: string): string {
  const [first = ''] = message.split(' ', 1);
  const isPath = first.includes('[') && first.replaceAll(/\[(\d+)\]/g, '.$1') === full;
  return isPath ? full + message.slice(first.length) : `${full}: ${message}`;
}

/** Whether a message tells the value (`message: 'not $value'`), or one of the values in it. */
function repeats(message: string, value: unknown): boolean {
  if (typeof value === 'string') return value !== '' && message.includes(value);
  if (typeof value === 'object' && value !== null)
    return Object.values(value).some((member) => repeats(message, member));
  return typeof value === 'number' && message.split(/[^\d.-]+/).includes(String(value));
}
