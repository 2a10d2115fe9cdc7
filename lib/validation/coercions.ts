import type { StandardSchemaV1 } from '@standard-schema/spec';
import { copyData, isPlainObject } from '../util/branches.js';
import type { ConversionReport } from './conversion-report.js';
import { convert, isMeaningless } from './conversion-table.js';
import { childrenOf, type ReadNode, type SchemaNode } from './schema-node.js';

/** A schema with more parts makes new ones each time that it is read; then its conversions are searched in each check. */
const MAX_PARTS = 100_000;

/**
 * Finds the values that a schema converts by itself, such as `z.coerce.boolean()`, along the schema. The table decides by
 * the value of the source alone, so no result is needed.
 */
export class Coercions {
  readonly #converting = new WeakMap<object, boolean>();

  constructor(
    private readonly schema: unknown,
    private readonly read: ReadNode,
  ) {}

  find(tree: unknown, report: ConversionReport): void {
    if (this.#converts(this.schema)) this.#visit(this.schema, tree, [], report);
  }

  #visit(schema: unknown, value: unknown, path: readonly string[], report: ConversionReport): void {
    const node = this.read(schema);
    if (node === undefined || node.leaves?.(value) === true) return;
    if (node.target !== undefined) {
      const made = convert(value, node.target);
      // The library refuses these, or has a default for them.
      if (!isMeaningless(made) && isGiven(value, made)) report.compare(path, value, made);
    }
    for (const each of node.all ?? []) this.#visit(each, value, path, report);
    const chosen = node.firstOf && this.#chosen(node.firstOf, value);
    if (chosen !== undefined) this.#visit(chosen, value, path, report);
    if (Array.isArray(value)) this.#elements(node, value, path, report);
    else if (isPlainObject(value)) this.#members(node, value, path, report);
  }

  #members(
    { shape = {}, rest }: SchemaNode,
    value: object,
    path: readonly string[],
    report: ConversionReport,
  ) {
    const members = value as Readonly<Record<string, unknown>>;
    for (const key of new Set([...Object.keys(shape), ...Object.keys(rest === undefined ? {} : members)])) {
      const schema = Object.hasOwn(shape, key) ? shape[key] : rest;
      const member = Object.hasOwn(members, key) ? members[key] : undefined;
      if (schema !== undefined) this.#visit(schema, member, [...path, key], report);
    }
  }

  #elements(
    { items = [], restItems }: SchemaNode,
    value: readonly unknown[],
    path: readonly string[],
    report: ConversionReport,
  ): void {
    if (items.length === 0 && restItems === undefined) return;
    value.forEach((element, at) => {
      this.#visit(at < items.length ? items[at] : restItems, element, [...path, String(at)], report);
    });
  }

  /** Returns the schema of a union that makes its result; undefined if that is unknown, or none of them converts. */
  #chosen(schemas: readonly unknown[], value: unknown): unknown {
    if (!schemas.some((schema) => this.#converts(schema))) return undefined;
    return schemas.find((schema) => accepts(schema, value));
  }

  #converts(schema: unknown): boolean {
    if (typeof schema !== 'object' || schema === null) return false;
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
      if (node.target !== undefined || seen.size > MAX_PARTS) return true;
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
