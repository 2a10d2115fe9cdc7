/** `${expression}` or `$NAME`, unless a backslash precedes it. */
const REFERENCE = /(?<!\\)\$\{([^{}]+)\}|(?<!\\)\$([A-Za-z_]\w*)/;

/** `NAME`, optionally followed by `:-default`, `-default`, `:+alternative` or `+alternative`. */
const EXPRESSION = /^(?<name>.*?)(?:(?<operator>:\+|\+|:-|-)(?<operand>.*))?$/s;

/** Characters that may be searched for references, per character that the file may have. */
const SEARCH_FACTOR = 4;

/** The expanded values, and the problem of the first variable that could not be expanded. */
export interface ExpandedVariables {
  readonly values: Record<string, string>;
  readonly problems: readonly { readonly key: string; readonly message: string }[];
}

/**
 * Replaces `$NAME`, `${NAME}` and `${NAME:-default}` like dotenv-expand does: by variables of the environment, then by
 * those further up in the file.
 *
 * @param maxLength Length that all results together must not exceed.
 * @param fixed Variables whose values are taken unchanged, whatever the file contains.
 */
export function expandVariables(
  variables: Readonly<Record<string, string>>,
  environment: NodeJS.ProcessEnv,
  maxLength: number,
  fixed: Readonly<Record<string, string>> = {},
): ExpandedVariables {
  const values: Record<string, string> = {};
  const scope: ExpansionScope = {
    valueOf: (name) => own(environment, name) ?? own(values, name),
    above: values,
    maxLength,
    searchBudget: SEARCH_FACTOR * maxLength,
  };
  let length = 0;
  for (const [key, string] of Object.entries(variables)) {
    const expansion = Object.hasOwn(fixed, key) ? { value: fixed[key]! } : expandString(string, scope);
    if ('cycle' in expansion) {
      const message = `${key} cannot be expanded: it refers to itself through ${expansion.cycle.join(', ')}`;
      return { values, problems: [{ key, message }] };
    }
    length += expansion.value?.length ?? 0;
    if (expansion.value === undefined || length > maxLength) {
      const message = `${key} makes the file longer than ${maxLength} bytes (limit maxFileSize); shorten it`;
      return { values, problems: [{ key, message }] };
    }
    values[key] = expansion.value;
  }
  return { values, problems: [] };
}

function own(variables: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  return Object.hasOwn(variables, name) ? variables[name] : undefined;
}

interface ExpansionScope {
  readonly valueOf: (name: string) => string | undefined;
  /** Values of the lines above. */
  readonly above: Readonly<Record<string, string>>;
  readonly maxLength: number;
  /** Characters that may still be searched. Each step uses some of it up. */
  searchBudget: number;
}

/** The expanded string, `undefined` if it is too long; or the variables that refer to each other without end. */
type Expansion = { readonly value: string | undefined } | { readonly cycle: readonly string[] };

/**
 * Replaces references one by one until there are none left, like dotenv-expand: inserted values are searched too,
 * except if the whole string is the value of a line above. That library is not used, because it has no limit: two
 * variables that refer to each other make it loop forever.
 */
function expandString(string: string, scope: ExpansionScope): Expansion {
  const { valueOf, above, maxLength } = scope;
  const seen = new Set<string>();
  const names = new Set<string>();
  let repeated = 0;
  let result = string;
  for (;;) {
    const found = REFERENCE.exec(result);
    if (found === null) return { value: unescapeDollars(result) };
    repeated = seen.has(result) ? repeated + 1 : 0;
    seen.add(result);
    const parts = EXPRESSION.exec(found[1] ?? found[2]!)?.groups; // one of the two has matched
    const { name = '', operator = '', operand = '' } = parts ?? {};
    // As in `replace`: `$$` in the inserted value is one `$`, and `$&` is the reference itself.
    result = result.replace(found[0], insertion(valueOf(name), operator, operand, seen));
    if (Object.hasOwn(above, name) && result === above[name]) return { value: unescapeDollars(result) };
    names.add(name);
    scope.searchBudget -= result.length;
    if (result.length > maxLength) return { value: undefined };
    // Each step depends only on the string and on the strings seen before, so these repeat forever.
    if (repeated > seen.size || scope.searchBudget < 0) return { cycle: [...names] };
  }
}

function insertion(
  value: string | undefined,
  operator: string,
  operand: string,
  seen: ReadonlySet<string>,
): string {
  if (operator.endsWith('+')) return value ? operand : '';
  // A variable that refers to itself counts as empty.
  return value && !seen.has(value) ? value : operand;
}

function unescapeDollars(string: string): string {
  return string.replaceAll('\\$', '$');
}
