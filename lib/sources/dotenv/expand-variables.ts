import { type Expansion, expandText, type ExpansionScope } from './expand-text.js';

/** How many characters may be looked through, for each that the file may hold. */
const PATIENCE = 4;

/** What `expandVariables` gives: the values, and what is wrong with the first that could not be expanded. */
export interface ExpandedVariables {
  readonly values: Record<string, string>;
  readonly problems: readonly { readonly key: string; readonly message: string }[];
}

/**
 * Replaces `$NAME`, `${NAME}` and `${NAME:-default}` as dotenv-expand does: by variables of the environment, then by those
 * further up in the file. What is `standing` has its value whatever the file says. All results together must not be longer
 * than `maxLength`.
 */
export function expandVariables(
  variables: Readonly<Record<string, string>>,
  environment: NodeJS.ProcessEnv,
  maxLength: number,
  standing: Readonly<Record<string, string>> = {},
): ExpandedVariables {
  const values: Record<string, string> = {};
  const scope: ExpansionScope = {
    valueOf: (name) => own(environment, name) ?? own(values, name),
    above: values,
    maxLength,
    patience: PATIENCE * maxLength,
  };
  let length = 0;
  for (const [key, text] of Object.entries(variables)) {
    const expansion: Expansion = Object.hasOwn(standing, key)
      ? { text: standing[key]! }
      : expandText(text, scope);
    length += expansion.text?.length ?? 0;
    const problem = length > maxLength ? 'too long' : expansion.problem;
    if (problem !== undefined) {
      const message =
        problem === 'too long'
          ? `${key} would make the file longer than ${maxLength} bytes`
          : `${key} has no end: it goes in circles by way of ${expansion.through?.join(', ')}`;
      return { values, problems: [{ key, message }] };
    }
    values[key] = expansion.text!; // there is a text, or a problem
  }
  return { values, problems: [] };
}

function own(variables: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  return Object.hasOwn(variables, name) ? variables[name] : undefined;
}
