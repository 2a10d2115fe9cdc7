import type { StandardSchemaV1 } from '@standard-schema/spec';
import { copyData, getOwn, isPlainObject } from '../util/branches.js';
import type { ConversionReport } from './conversion-report.js';
import { convert, isMeaningless } from './conversion-table.js';
import { childrenOf, type ReadNode, type SchemaNode } from './schema-node.js';

/** A schema with more parts may make new ones each time that it is read (`z.lazy()`); then all of a tree is visited. */
const MAX_PARTS = 10_000;

/** A node of a schema with only those parts that convert. */
interface ConvertingNode extends SchemaNode {
  /** `shape` as a list. */
  readonly members: readonly (readonly [key: string, schema: unknown])[];
}

/** A node with nothing to visit. */
const KEEPS_ALL: ConvertingNode = Object.freeze({ members: [] });

/**
 * Finds the values that a schema converts by itself, such as `z.coerce.boolean()`, along the schema. The table decides by
 * the value of the source alone, so no result is needed.
 */
export class Coercions {
  readonly #converting = new WeakMap<object, boolean>();
  readonly #nodes = new WeakMap<object, ConvertingNode>();
  /** `true` if the schema has too many parts to search all of them. */
  #isEndless = false;

  constructor(
    private readonly schema: unknown,
    private readonly read: ReadNode,
  ) {}

  find(tree: unknown, report: ConversionReport): void {
    this.#visit(this.schema, tree, [], report);
  }

  #visit(schema: unknown, value: unknown, path: string[], report: ConversionReport): void {
    const node = this.#nodeOf(schema);
    if (node === KEEPS_ALL || node.leaves?.(value) === true) return;
    if (node.target !== undefined) {
      const made = convert(value, node.target);
      // The library refuses the meaningless ones, or has a default for them.
      if (made !== value && !isMeaningless(made) && isGiven(value, made)) report.compare(path, value, made);
    }
    if (node.all !== undefined) for (const each of node.all) this.#visit(each, value, path, report);
    const chosen = node.firstOf?.find((each) => accepts(each, value));
    if (chosen !== undefined) this.#visit(chosen, value, path, report);
    if (typeof value !== 'object') return;
    if (Array.isArray(value)) this.#elements(node, value, path, report);
    else if (isPlainObject(value)) this.#members(node, value, path, report);
  }

  #members(
    { members, names, rest }: ConvertingNode,
    value: Readonly<Record<string, unknown>>,
    path: string[],
    report: ConversionReport,
  ): void {
    for (const [key, schema] of members) {
      path.push(key);
      this.#visit(schema, getOwn(value, key), path, report);
      path.pop();
    }
    if (rest === undefined) return;
    for (const key of Object.keys(value)) {
      if (names?.has(key) === true) continue;
      path.push(key);
      this.#visit(rest, value[key], path, report);
      path.pop();
    }
  }

  #elements(
    { items = [], restItems }: SchemaNode,
    value: readonly unknown[],
    path: string[],
    report: ConversionReport,
  ): void {
    if (items.length === 0 && restItems === undefined) return;
    value.forEach((element, at) => {
      path.push(String(at));
      this.#visit(at < items.length ? items[at] : restItems, element, path, report);
      path.pop();
    });
  }

  /** Most schemas convert nothing, or little: the rest of a tree is not visited. */
  #nodeOf(schema: unknown): ConvertingNode {
    if (typeof schema !== 'object' || schema === null) return KEEPS_ALL;
    let node = this.#nodes.get(schema);
    if (node === undefined) this.#nodes.set(schema, (node = this.#reduced(schema)));
    return node;
  }

  #reduced(schema: object): ConvertingNode {
    const node = this.#converts(schema) ? this.read(schema) : undefined;
    if (node === undefined) return KEEPS_ALL;
    const { shape = {}, rest, firstOf = [] } = node;
    return {
      ...node,
      members: Object.entries(shape).filter(([, member]) => this.#converts(member)),
      names: node.names ?? new Set(Object.keys(shape)),
      rest: this.#converts(rest) ? rest : undefined,
      firstOf: firstOf.some((each) => this.#converts(each)) ? firstOf : [],
    };
  }

  #converts(schema: unknown): boolean {
    if (typeof schema !== 'object' || schema === null) return false;
    if (this.#isEndless) return true;
    let converts = this.#converting.get(schema);
    if (converts === undefined) this.#converting.set(schema, (converts = this.#hasTarget(schema)));
    return converts;
  }

  #hasTarget(root: object): boolean {
    const seen = new Set<unknown>([root]);
    // The set grows while it is read: schemas may contain themselves.
    for (const schema of seen) {
      const node = this.read(schema);
      if (node === undefined) continue;
      this.#isEndless ||= seen.size > MAX_PARTS;
      if (node.target !== undefined || this.#isEndless) return true;
      for (const child of childrenOf(node)) seen.add(child);
    }
    return false;
  }
}

/** A missing value only becomes a value if it becomes the string "undefined": an absent switch may be off. */
function isGiven(value: unknown, made: unknown): boolean {
  return value !== undefined || typeof made === 'string';
}

function accepts(schema: unknown, value: unknown): boolean {
  try {
    const result = (schema as StandardSchemaV1)['~standard'].validate(copyData(value));
    // With asynchronous code it is unknown.
    return !(result instanceof Promise) && result.issues === undefined;
  } catch {
    return false;
  }
}
