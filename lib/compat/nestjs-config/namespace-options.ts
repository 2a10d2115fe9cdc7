import { strictObject } from '../../options/strict-object.js';
import { checkSchema, type ConfigSchema } from '../../validation/schema-of.js';

/**
 * Options of `registerAs()` and of `forFeature()` with a class.
 *
 * @publicApi
 */
export interface NamespaceOptions<T extends object = object> {
  /**
   * Schema of the values of the namespace, with their defaults: the same kinds as the option `schema` of `forRoot()`.
   */
  readonly schema: ConfigSchema<T> | readonly ConfigSchema[];
}

const checkOptions = strictObject<NamespaceOptions>(
  { schema: (schema) => checkSchema(schema as ConfigSchema) },
  ['schema'],
);

/** @throws ConfigOptionsError if an option is missing, unknown or invalid */
export function checkNamespaceOptions(options: unknown, owner: string): void {
  checkOptions(options, '', owner);
}
