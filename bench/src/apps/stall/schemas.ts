import { z } from 'zod';
import { IsDefined, IsString, Type, ValidateNested } from '../../../peers.js';
import type { Tree } from '../../harness/trees.js';

/** Makes a schema in which each key of the tree is declared. */
export function zodSchemaOf(tree: Tree): z.ZodObject {
  // The changing leaf is a number, and all others are strings.
  const section = z.object(
    fieldsOf(Object.keys(tree['module0']!['section0']!), z.union([z.string(), z.number()])),
  );
  const module = z.object(fieldsOf(Object.keys(tree['module0']!), section));
  return z.object(fieldsOf(Object.keys(tree), module));
}

/** Makes a class with a decorator of class-validator for each key of the tree. */
export function classSchemaOf(tree: Tree): new () => object {
  class Section {}
  for (const key of Object.keys(tree['module0']!['section0']!))
    (key === 'key0' ? IsDefined() : IsString())(Section.prototype, key);
  class Module {}
  nest(Module, Object.keys(tree['module0']!), Section);
  class Root {}
  nest(Root, Object.keys(tree), Module);
  return Root;
}

function fieldsOf<T>(keys: readonly string[], field: T): Record<string, T> {
  return Object.fromEntries(keys.map((key) => [key, field]));
}

function nest(parent: new () => object, keys: readonly string[], child: new () => object): void {
  for (const key of keys) {
    ValidateNested()(parent.prototype as object, key);
    Type(() => child)(parent.prototype as object, key);
  }
}
