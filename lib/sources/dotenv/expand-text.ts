/** `${expression}` or `$NAME`, unless a backslash stands before it. */
const REFERENCE = /(?<!\\)\$\{([^{}]+)\}|(?<!\\)\$([A-Za-z_]\w*)/;

/** `NAME`, and what may follow: `:-default`, `-default`, `:+alternative`, `+alternative`. */
const EXPRESSION = /^(?<name>.*?)(?:(?<operator>:\+|\+|:-|-)(?<operand>.*))?$/s;

/** Where values are looked for, and how long that may take. */
export interface ExpansionScope {
  readonly valueOf: (name: string) => string | undefined;
  /** What the lines above say. */
  readonly above: Readonly<Record<string, string>>;
  /** How long a text may become. */
  readonly maxLength: number;
  /** How many characters may still be looked through; used up by each step. */
  patience: number;
}

/** A text without references; or why it cannot be had, and which variables that is by way of. */
export type Expansion =
  | { readonly text: string; readonly problem?: undefined; readonly through?: undefined }
  | {
      readonly text?: undefined;
      readonly problem: 'too long' | 'endless';
      readonly through: readonly string[];
    };

/**
 * Replaces references until there are none, as dotenv-expand does, step by step: what is inserted is looked through as
 * well, save where the whole text is what a line above says. That library is not called for it, for it has no limit: two
 * variables that refer to each other keep it busy for ever.
 */
export function expandText(text: string, scope: ExpansionScope): Expansion {
  const { valueOf, above, maxLength } = scope;
  const before = new Set<string>();
  const through = new Set<string>();
  let repeated = 0;
  let result = text;
  for (;;) {
    const found = REFERENCE.exec(result);
    if (found === null) return { text: unescaped(result) };
    repeated = before.has(result) ? repeated + 1 : 0;
    before.add(result);
    const { name, operator, operand } = partsOf(found[1] ?? found[2]!); // one of them has matched
    // As `replace` has it: `$$` in what is inserted is one `$`, and `$&` is the reference itself.
    result = result.replace(found[0], insertion(valueOf(name), operator, operand, before));
    if (Object.hasOwn(above, name) && result === above[name]) return { text: unescaped(result) };
    through.add(name);
    scope.patience -= result.length;
    if (result.length > maxLength) return { problem: 'too long', through: [...through] };
    // Each step follows from the text alone, and only from such as were seen: it goes in a circle.
    if (repeated > before.size || scope.patience < 0) return { problem: 'endless', through: [...through] };
  }
}

function partsOf(expression: string): { name: string; operator: string; operand: string } {
  const { name = '', operator = '', operand = '' } = EXPRESSION.exec(expression)?.groups ?? {};
  return { name, operator, operand };
}

function insertion(
  value: string | undefined,
  operator: string,
  operand: string,
  before: ReadonlySet<string>,
): string {
  if (operator.endsWith('+')) return value ? operand : '';
  // What stands for itself has no value.
  return value && !before.has(value) ? value : operand;
}

function unescaped(text: string): string {
  return text.replaceAll('\\$', '$');
}
