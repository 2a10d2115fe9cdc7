import type { PathIssue } from '../../validation/validator.interface.js';

/** A name that is no word of a sentence: `DB_PORT`, `dbPort`, but not `port`. */
const NAME = /[A-Z_]/;

/** The words of a message that may be names of variables. */
const WORDS = /\w+/g;

/**
 * Returns a message of app code as issues with the variables that it names, so that each gets the place of its variable. A
 * line that names one begins an issue, which is about the first one of the line.
 *
 * @param names the variables that are known
 */
export function issuesByName(message: string, names: ReadonlySet<string>): PathIssue[] {
  const issues: { path: readonly string[]; lines: string[] }[] = [];
  for (const line of message.split(/\r?\n/)) {
    const name = line.match(WORDS)?.find((word) => NAME.test(word) && names.has(word));
    const last = issues.at(-1);
    if (name === undefined && last !== undefined) last.lines.push(line);
    else issues.push({ path: name === undefined ? [] : [name], lines: [line] });
  }
  return issues.map(({ path, lines }) => ({ path, message: lines.join('\n').trim() }));
}
