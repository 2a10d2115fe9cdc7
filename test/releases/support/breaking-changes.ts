import { isPlainObject } from '../../../lib/util/branches.js';

/** Members whose values programs compare: another value in the same situation breaks them. */
const NAMES: ReadonlySet<string> = new Set(['outcome', 'cause', 'stage', 'kind', 'health', 'code', 'op']);

/**
 * Compares an answer of this release with a recorded one. Returns a line for each member that is missing or has another
 * type. New members are no breaking changes. Of a list, the elements that both have are compared.
 */
export function breakingChanges(recorded: unknown, now: unknown, at: string): string[] {
  if (typeOf(recorded) !== typeOf(now)) return [`${at} was ${typeOf(recorded)}, and is ${typeOf(now)}`];
  if (Array.isArray(recorded)) {
    const list = now as readonly unknown[];
    if (recorded.length > 0 && list.length === 0) return [`${at} had elements, and is empty`];
    return list.flatMap((element, index) =>
      index < recorded.length ? breakingChanges(recorded[index], element, `${at}[${index}]`) : [],
    );
  }
  if (!isPlainObject(recorded)) return [];
  return Object.entries(recorded).flatMap(([name, value]) => {
    const member = (now as Record<string, unknown>)[name];
    if (NAMES.has(name) && member !== value)
      return [`${at}.${name} was ${JSON.stringify(value)}, and is ${JSON.stringify(member)}`];
    return breakingChanges(value, member, `${at}.${name}`);
  });
}

function typeOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}
