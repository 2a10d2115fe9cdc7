import { expand } from 'dotenv-expand';

/** What `expandVariables` gives: the values, and what is wrong with those that could not be expanded. */
export interface ExpandedVariables {
  readonly values: Record<string, string>;
  readonly problems: readonly { readonly key: string; readonly message: string }[];
}

/**
 * Replaces `$NAME`, `${NAME}` and `${NAME:-default}` as dotenv-expand does: by variables of the environment, then by those
 * further up in the file. What is inserted must hold no `$` of its own, and the result must not be longer than
 * `maxLength`: dotenv-expand would go round for ever on the one, and take all memory for the other.
 */
export function expandVariables(
  variables: Readonly<Record<string, string>>,
  environment: NodeJS.ProcessEnv,
  maxLength: number,
): ExpandedVariables {
  const values: Record<string, string> = {};
  const problems: ExpandedVariables['problems'][number][] = [];
  let length = 0;
  for (const [key, text] of Object.entries(variables)) {
    const known = text.includes('$') ? namedIn(text, environment, values) : {};
    const unsafe = Object.keys(known).find((name) => known[name]!.includes('$') && refersTo(text, name));
    length += text.length + text.split('$').length * longest(known);
    if (unsafe !== undefined) {
      problems.push({ key, message: `${key} refers to ${unsafe}, whose value holds a $ itself` });
    } else if (length > maxLength) {
      problems.push({ key, message: `${key} would make the file longer than ${maxLength} bytes` });
      return { values, problems };
    } else {
      values[key] = text.includes('$') ? expanded(key, text, known) : text;
    }
  }
  return { values, problems };
}

/** The variables that may be meant: only these are copied, however many there are. */
function namedIn(
  text: string,
  environment: NodeJS.ProcessEnv,
  above: Readonly<Record<string, string>>,
): Record<string, string> {
  const names = new Set(text.match(/[\w.]+/g));
  return Object.fromEntries(
    [...names].flatMap((name) => {
      const value = environment[name] ?? (Object.hasOwn(above, name) ? above[name] : undefined);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function refersTo(text: string, name: string): boolean {
  return new RegExp(`\\$\\{?${name.replaceAll('.', '\\.')}(?![\\w.])`).test(text);
}

function longest(known: Readonly<Record<string, string>>): number {
  return Math.max(0, ...Object.values(known).map((value) => value.length));
}

/** With a name that no variable has: dotenv-expand prefers what the environment says of the variable itself. */
function expanded(key: string, text: string, known: Readonly<Record<string, string>>): string {
  const safe = Object.entries(known).filter(([, value]) => !value.includes('$'));
  const result = expand({ parsed: { [` ${key}`]: text }, processEnv: Object.fromEntries(safe) });
  return result.parsed?.[` ${key}`] ?? text;
}
