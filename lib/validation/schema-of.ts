import type { StandardSchemaV1 } from '@standard-schema/spec';
import { ConfigOptionsError } from '../errors/config.errors.js';
import { hasRules, importClassLibraries } from './class-libraries.js';
import { ClassSchema, type SchemaClass } from './class-schema.js';
import type { IsSecret } from './issue-message.js';
import { FunctionSchema, type SchemaFunction } from './function-schema.js';
import { SeveralSchemas } from './several-schemas.js';
import { isStandardSchema, StandardSchema } from './standard-schema.js';
import { AcceptingSchema } from './undeclared-keys.js';
import type { Schema } from './validator.interface.js';

/**
 * Describes valid configuration and its defaults: a class with class-validator decorators; a schema of zod, Valibot,
 * ArkType, Joi or any other library that follows [Standard Schema](https://standardschema.dev); or a function that
 * returns the configuration, or throws.
 *
 * @publicApi
 */
export type ConfigSchema<T extends object = object> =
  SchemaClass<T> | StandardSchemaV1<unknown, T> | SchemaFunction<T>;

/**
 * Creates the schema for the `schema` option: one schema, or several as one.
 *
 * @param base path of the values that it describes: its messages name whole paths
 */
export function schemaOf(
  schema: ConfigSchema | readonly ConfigSchema[],
  isSecret?: IsSecret,
  base?: readonly string[],
): Schema {
  return isList(schema)
    ? new SeveralSchemas(schema.map((each) => single(each, isSecret, base)))
    : single(schema, isSecret, base);
}

function isList(schema: ConfigSchema | readonly ConfigSchema[]): schema is readonly ConfigSchema[] {
  return Array.isArray(schema);
}

function single(schema: ConfigSchema, isSecret?: IsSecret, base?: readonly string[]): Schema {
  checkSchema(schema);
  // First: the schemas of ArkType are functions.
  if (isStandardSchema(schema)) return new AcceptingSchema(new StandardSchema(schema, isSecret, base));
  if (isClass(schema)) return new ClassSchema(schema, isSecret, base);
  return new AcceptingSchema(new FunctionSchema(schema as SchemaFunction, isSecret, base));
}

/** @throws ConfigOptionsError if it is neither a schema nor a list of schemas */
export function checkSchema(schema: ConfigSchema | readonly ConfigSchema[]): void {
  if (isList(schema)) return schema.forEach(checkSchema);
  if (typeof schema === 'function' || isStandardSchema(schema)) return;
  throw new ConfigOptionsError(
    'The option "schema" must be a class, a Standard Schema (zod, Valibot, ArkType, Joi 18), a function, or a list of them',
  );
}

/** Imports what these schemas need, before they are read. */
export async function importLibrariesFor(
  schemas: readonly (ConfigSchema | readonly ConfigSchema[])[],
): Promise<void> {
  if (schemas.flat().some((schema) => !isStandardSchema(schema) && isClass(schema)))
    await importClassLibraries();
}

/** Checks whether a function is a class, or a compiled class that has decorators. */
export function isClass(schema: unknown): schema is SchemaClass {
  if (typeof schema !== 'function') return false;
  const prototype = Object.getOwnPropertyDescriptor(schema, 'prototype');
  if (prototype === undefined) return false;
  return prototype.writable === false || hasRules(schema);
}
