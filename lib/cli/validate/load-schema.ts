import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { reasonOf } from '../../util/reason-of.js';
import type { HotConfigModuleOptions } from '../../runtime/module-options.interface.js';
import { schemaOf } from '../../validation/schema-of.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import { isTypeScript, NO_DECORATORS, parseReference } from './module-reference.js';

/** A value for the option `schema` of the module. */
export type SchemaOption = NonNullable<HotConfigModuleOptions['schema']>;

/**
 * Loads the schema `MODULE#EXPORT`: an export of a file or a package. Without `#EXPORT`, it is the default export, or
 * the only one. Rejects with a `CliError` if it does not exist or is not a schema.
 */
export async function loadSchema(reference: string): Promise<SchemaOption> {
  const { module, name: chosen } = parseReference(reference);
  if (module === '') throw noSchema('The value of --schema has no module.', EXAMPLE);
  const exports = await importModule(module);
  const name = chosen ?? onlyExport(exports);
  const schema = exports[name];
  const names = Object.keys(exports).sort().join(', ') || 'nothing';
  const next = `Its exports are: ${names}. Choose one with --schema ${module}#NAME`;
  if (schema === undefined || schema === null)
    throw noSchema(`${module} has no ${name === 'default' ? 'default export' : `export ${name}`}.`, next);
  try {
    schemaOf(schema as SchemaOption);
  } catch (error) {
    throw noSchema(`${module}#${name} is not a schema: ${reasonOf(error)}.`, next);
  }
  return schema as SchemaOption;
}

function onlyExport(exports: Record<string, unknown>): string {
  const names = Object.keys(exports);
  return names.length === 1 ? names[0]! : 'default';
}

async function importModule(module: string): Promise<Record<string, unknown>> {
  const path = locate(module);
  // The decorators of schema classes need it. In an app, Nest has imported it.
  await import('reflect-metadata');
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    throw noSchema(
      `Cannot load the schema module ${module}: ${reasonOf(error)}`,
      isTypeScript(module) ? COMPILE_FIRST : `For details, load it with Node: node ${module}`,
    );
  }
}

const COMPILE_FIRST = `Use the compiled file, for example dist/app.config.js#AppConfig. ${NO_DECORATORS}`;

const EXAMPLE = 'Example: --schema dist/app.config.js#AppConfig';

/** Resolves a file, relative to the working directory, or a package that is installed there. */
function locate(module: string): string {
  const path = resolve(module);
  if (existsSync(path)) return path;
  try {
    return createRequire(resolve('package.json')).resolve(module);
  } catch {
    throw noSchema(
      `The schema module ${module} was found neither as a file nor as a package, from the working directory.`,
      `If it is part of the app, compile the app first. ${EXAMPLE}`,
    );
  }
}

function noSchema(message: string, next: string): CliError {
  return new CliError(ExitCode.Usage, 'NO_SCHEMA', message, next);
}
