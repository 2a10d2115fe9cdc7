/** `${expression}` or `$NAME`, unless a backslash precedes it. */
const REFERENCE = /(?<!\\)\$\{([^{}]+)\}|(?<!\\)\$([A-Za-z_]\w*)/;

/** `NAME`, optionally followed by `:-default`, `-default`, `:+alternative` or `+alternative`. */
const EXPRESSION = /^(?<name>.*?)(?:(?<operator>:\+|\+|:-|-)(?<operand>.*))?$/s;

/** Characters that may be searched for references, per character that the file may have. */
const SEARCH_FACTOR = 4;

/** Characters that `String.replace()`, and so dotenv-expand, changes in an inserted value: `$$` becomes `$`. */
const REPLACEMENT_PATTERN = /\$[$&`']/;

/** Treatment of an inserted value for the references in it: text that stays, or text to search, as for dotenv-expand. */
export type Insertion = 'verbatim' | 'searched';

/** Something to report about the expansion of one variable. It quotes no part of the value. */
export interface ExpansionNote {
  readonly key: string;
  readonly message: string;
}

/** The expanded values, and the problem of the first variable that could not be expanded. */
export interface ExpandedVariables {
  readonly values: Record<string, string>;
  readonly problems: readonly ExpansionNote[];
  /** Variables that have lost a part of their value. */
  readonly warnings: readonly ExpansionNote[];
}

/**
 * Replaces `$NAME`, `${NAME}` and `${NAME:-default}` like dotenv-expand does: by variables of the environment, then by
 * those further up in the file.
 *
 * @param maxLength Length that all results together must not exceed.
 * @param fixed Variables whose values are taken unchanged, whatever the file contains.
 * @param insertion With `verbatim`, a `$` in an inserted value stays. dotenv-expand searches inserted values again.
 */
export function expandVariables(
  variables: Readonly<Record<string, string>>,
  environment: NodeJS.ProcessEnv,
  maxLength: number,
  fixed: Readonly<Record<string, string>> = {},
  insertion: Insertion = 'searched',
): ExpandedVariables {
  const values: Record<string, string> = {};
  const warnings: ExpansionNote[] = [];
  const scope: ExpansionScope = {
    valueOf: (name) => own(environment, name) ?? own(values, name),
    above: values,
    lines: variables,
    insertion,
    maxLength,
    searchBudget: SEARCH_FACTOR * maxLength,
    losses: new Set(),
  };
  let length = 0;
  for (const [key, string] of Object.entries(variables)) {
    scope.losses.clear();
    const expansion = Object.hasOwn(fixed, key) ? { value: fixed[key]! } : expandString(string, scope);
    if ('cycle' in expansion) {
      const message = `${key} cannot be expanded: it refers to itself${throughOf(expansion.cycle)}`;
      return { values, problems: [{ key, message }], warnings };
    }
    length += expansion.value?.length ?? 0;
    if (expansion.value === undefined || length > maxLength) {
      const message = `${key} makes the file longer than ${maxLength} bytes (limit maxFileSize); shorten it`;
      return { values, problems: [{ key, message }], warnings };
    }
    values[key] = expansion.value;
    for (const loss of scope.losses) warnings.push({ key, message: `${key} ${LOSSES[loss]}` });
  }
  return { values, problems: [], warnings };
}

/** The way in which a value loses a part. The name in a reference is not quoted: in `pa$word`, it is a part of a password. */
const LOSSES = {
  unset:
    'has a $ before a name that neither the environment nor a line above sets, so that part of the value is empty; ' +
    'write \\$ for the character, or ${NAME:-} for a variable that may be missing',
  searched:
    'refers to a variable whose value contains a $ before a name or a sign. As with @nestjs/config, that is expanded ' +
    'again, so a part of the value may be missing; read the other variable by itself',
} as const;

function throughOf(names: readonly string[]): string {
  return names.length === 0 ? '' : ` through ${names.join(', ')}`;
}

function own(variables: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  return Object.hasOwn(variables, name) ? variables[name] : undefined;
}

interface ExpansionScope {
  readonly valueOf: (name: string) => string | undefined;
  /** Values of the lines above. */
  readonly above: Readonly<Record<string, string>>;
  /** The variables of the file, not expanded. */
  readonly lines: Readonly<Record<string, string>>;
  readonly insertion: Insertion;
  readonly maxLength: number;
  /** Characters that may still be searched. Each step uses some of it up. */
  searchBudget: number;
  /** Losses of the variable that is expanded now. */
  readonly losses: Set<keyof typeof LOSSES>;
}

/** The expanded string, `undefined` if it is too long; or the variables that refer to each other without end. */
type Expansion = { readonly value: string | undefined } | { readonly cycle: readonly string[] };

/**
 * Replaces references one by one until there are none left, like dotenv-expand: inserted values are searched too,
 * except if the whole string is the value of a line above. That library is not used, because it has no limit: two
 * variables that refer to each other make it loop forever.
 */
function expandString(string: string, scope: ExpansionScope): Expansion {
  const { above, lines, maxLength, valueOf } = scope;
  const seen = new Set<string>();
  const names = new Set<string>();
  let repeated = 0;
  let result = string;
  for (;;) {
    const found = REFERENCE.exec(result);
    if (found === null) return { value: unmask(unescapeDollars(result)) };
    repeated = seen.has(result) ? repeated + 1 : 0;
    seen.add(result);
    const parts = EXPRESSION.exec(found[1] ?? found[2]!)?.groups; // one of the two has matched
    const { name = '', operator = '', operand = '' } = parts ?? {};
    const inserted = insertedFor(valueToInsert(name, operator, scope), operator, operand, seen);
    if (scope.insertion === 'verbatim')
      result = result.slice(0, found.index) + inserted + result.slice(found.index + found[0].length);
    else {
      if (REPLACEMENT_PATTERN.test(inserted)) scope.losses.add('searched');
      // As in `replace`: `$$` in the inserted value is one `$`, and `$&` is the reference itself.
      result = result.replace(found[0], inserted);
    }
    if (scope.insertion === 'searched' && Object.hasOwn(above, name) && result === above[name])
      return { value: unescapeDollars(result) };
    // Another name is nothing but a part of the value, which a message must not quote.
    if (Object.hasOwn(lines, name) || valueOf(name) !== undefined) names.add(name);
    scope.searchBudget -= result.length;
    if (result.length > maxLength) return { value: undefined };
    // Each step depends only on the string and on the strings seen before, so these repeat forever.
    if (repeated > seen.size || scope.searchBudget < 0) return { cycle: [...names] };
  }
}

/** Returns the value of a variable, and records if the result loses a part of what the file and the variable say. */
function valueToInsert(name: string, operator: string, scope: ExpansionScope): string | undefined {
  const { valueOf, lines, insertion, losses } = scope;
  const value = valueOf(name);
  if (value === undefined && operator === '') losses.add('unset');
  if (value === undefined || operator.endsWith('+')) return value;
  if (insertion === 'verbatim') return mask(value);
  // `node --env-file` sets the line as it is: that is meant to be expanded.
  const isLine = Object.hasOwn(lines, name) && value === lines[name];
  if (!isLine && REFERENCE.test(value)) losses.add('searched');
  return value;
}

function insertedFor(
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

/** The characters that have a meaning for references. */
const MARKS = '$\\{}';

/** Replacements for them: lone surrogates, which no decoded file or variable contains. */
const MASKS = '\uD800\uD801\uD802\uD803';

const MARK = /[$\\{}]/g;

const MASK = /[\uD800-\uD803](?![\uDC00-\uDFFF])/g;

/** Hides the characters of an inserted value that would count as references. */
function mask(value: string): string {
  return value.replace(MARK, (mark) => MASKS[MARKS.indexOf(mark)]!); // MARK matches only these
}

function unmask(string: string): string {
  return string.replace(MASK, (mask) => MARKS[MASKS.indexOf(mask)]!); // MASK matches only these
}
