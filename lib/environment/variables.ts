import { expandVariables } from '../sources/dotenv/expand-variables.js';
import type { EnvironmentOptions } from '../interfaces/environment-options.interface.js';

/** Variables as files say them: texts, and whatever else a parser of the app's own gives. */
export type Variables = Record<string, unknown>;

/** What files say together, and what cannot be expanded. */
export interface CombinedVariables {
  readonly variables: Variables;
  readonly problems: readonly { readonly key: string; readonly message: string }[];
}

/**
 * What env files say together: an earlier file wins. With `expandVariables`, `$NAME` in a value is what the environment
 * says, then a file before it, then a line above.
 */
export function combineVariables(
  files: readonly Variables[],
  given: Readonly<Record<string, string | undefined>>,
  { expandVariables: expand, override }: EnvironmentOptions,
  maxLength: number,
): CombinedVariables {
  const problems: CombinedVariables['problems'][number][] = [];
  let variables: Variables = {};
  const environment = typeof expand === 'object' ? (expand.processEnv ?? given) : given;
  for (const file of files) {
    let said = file;
    if (expand) {
      // Where files override the environment, what is meant by a name is what the file says of it.
      const outer = override ? without(environment, file) : environment;
      const texts = textsIn(file);
      const expanded = expandVariables(texts, { ...outer, ...textsIn(variables) }, maxLength);
      problems.push(...expanded.problems);
      said = { ...file, ...expanded.values };
    }
    variables = { ...said, ...variables };
  }
  return { variables, problems };
}

/** What of a tree belongs into `process.env`, as text: what was given stays, unless files override it. */
export function placeable(
  tree: Readonly<Variables>,
  given: Readonly<Record<string, string | undefined>>,
  override: boolean | undefined,
): Map<string, string> {
  const variables = new Map<string, string>();
  for (const [name, value] of Object.entries(tree)) {
    if (!override && name in given) continue;
    if (typeof value === 'string') variables.set(name, value);
    else if (typeof value === 'boolean' || typeof value === 'number') variables.set(name, `${value}`);
  }
  return variables;
}

function textsIn(variables: Variables): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function without(
  environment: Readonly<Record<string, string | undefined>>,
  file: Variables,
): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !(name in file)));
}
