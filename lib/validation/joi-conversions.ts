import { isObjectBranch, isPlainObject } from '../util/branches.js';
import type { ConversionReport } from './conversion-report.js';
import { type JoiBranch, type JoiDescription, joiDescriptionOf } from './joi-description.js';

/**
 * Finds what Joi converts by itself (`convert`, on by default): it reads `"0644"` as 644, and rolls impossible dates over.
 * Joi's result has the keys of its input, so both are compared along the schema, which shows where the app has code of its
 * own: `custom()`, `external()`, `cast()`, `truthy()`, `unsafe()`.
 */
export class JoiConversions {
  readonly #description: JoiDescription | undefined;

  constructor(schema: unknown) {
    this.#description = joiDescriptionOf(schema);
  }

  find(tree: unknown, made: unknown, report: ConversionReport): void {
    if (this.#description !== undefined) visit(this.#description, tree, made, [], report);
  }
}

function visit(
  node: JoiDescription,
  source: unknown,
  made: unknown,
  path: readonly string[],
  report: ConversionReport,
): void {
  if (source === undefined || source === made || hasOwnCode(node)) return;
  const branches = [...(node.matches ?? []), ...(node.whens ?? [])].flatMap(schemasOf);
  if (Array.isArray(source)) {
    if (!Array.isArray(made) || made.length !== source.length) return;
    source.forEach((element, at) => {
      const schemas = [node.ordered?.[at], ...(node.items ?? [])].filter((each) => each !== undefined);
      visit(
        { matches: schemas.map((schema) => ({ schema })) },
        element,
        made[at],
        [...path, String(at)],
        report,
      );
    });
    for (const branch of branches) visit(branch, source, made, path, report);
  } else if (isPlainObject(source)) {
    if (!isObjectBranch(made)) return;
    visitMembers(node, source, made, path, report);
    for (const branch of branches) visit(branch, source, made, path, report);
  } else if (isConverted(made) && !isEmpty(node, source) && !branches.some(hasOwnCodeAnywhere)) {
    report.compare(path, source, made);
  }
}

function visitMembers(
  { keys = {}, patterns = [] }: JoiDescription,
  source: Record<string, unknown>,
  made: Record<string, unknown>,
  path: readonly string[],
  report: ConversionReport,
): void {
  const rest = { matches: patterns.map(({ rule }) => ({ ...(rule && { schema: rule }) })) };
  for (const key of Object.keys(source)) {
    if (source[key] === made[key]) continue;
    const node = Object.hasOwn(keys, key) ? keys[key]! : rest; // own, so it exists
    if (Object.hasOwn(made, key) && (node !== rest || patterns.length > 0))
      visit(node, source[key], made[key], [...path, key], report);
  }
}

/** Joi changes strings only by rules that the app names, such as `trim()`. */
function isConverted(made: unknown): boolean {
  return typeof made === 'number' || typeof made === 'boolean' || made instanceof Date;
}

/** With `empty('')` a blank string is absent, and the result is the default. */
function isEmpty({ flags = {} }: JoiDescription, source: unknown): boolean {
  return (
    flags['empty'] !== undefined && (source === null || (typeof source === 'string' && source.trim() === ''))
  );
}

const OWN_FLAGS: readonly string[] = ['cast', 'unsafe', 'failover', 'format'];

function hasOwnCode({ flags = {}, rules = [], externals, truthy, falsy }: JoiDescription): boolean {
  // The ISO format only requires what the table requires too.
  if (OWN_FLAGS.some((name) => Object.hasOwn(flags, name) && flags[name] !== 'iso')) return true;
  if (externals !== undefined || truthy !== undefined || falsy !== undefined) return true;
  return rules.some(({ name }) => name === 'custom' || name === 'precision');
}

function hasOwnCodeAnywhere(node: JoiDescription): boolean {
  const branches = [...(node.matches ?? []), ...(node.whens ?? [])].flatMap(schemasOf);
  return hasOwnCode(node) || branches.some(hasOwnCodeAnywhere);
}

function schemasOf({ schema, then, otherwise, switch: cases = [] }: JoiBranch): JoiDescription[] {
  const own = [schema, then, otherwise].filter((each) => each !== undefined);
  return [...own, ...cases.flatMap(schemasOf)];
}
