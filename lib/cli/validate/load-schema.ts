import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { reasonOf } from '../../util/reason-of.js';
import type { HotConfigModuleOptions } from '../../runtime/module-options.interface.js';
import { schemaOf } from '../../validation/schema-of.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';

/** What the `schema` of the module may be. */
export type SchemaOption = NonNullable<HotConfigModuleOptions['schema']>;

/**
 * The schema that `MODULE#EXPORT` names: a file or a package, and what it exports; without `#EXPORT` its default export,
 * or the only one it has. Rejects with a `CliError` where there is none.
 */
export async function loadSchema(reference: string): Promise<SchemaOption> {
  const at = reference.lastIndexOf('#');
  const module = at === -1 ? reference : reference.slice(0, at);
  if (module === '') throw noSchema('--schema names no module.', LOOKS_LIKE);
  const exports = await importModule(module);
  const name = at === -1 ? onlyExport(exports) : reference.slice(at + 1);
  const schema = exports[name];
  const names = Object.keys(exports).sort().join(', ') || 'nothing';
  const next = `It exports ${names}. Choose one: --schema ${module}#NAME`;
  if (schema === undefined || schema === null) throw noSchema(`${module} does not export ${name}.`, next);
  try {
    schemaOf(schema as SchemaOption);
  } catch (error) {
    throw noSchema(`${module}#${name} cannot be used: ${reasonOf(error)}.`, next);
  }
  return schema as SchemaOption;
}

function onlyExport(exports: Record<string, unknown>): string {
  const names = Object.keys(exports);
  return names.length === 1 ? names[0]! : 'default';
}

async function importModule(module: string): Promise<Record<string, unknown>> {
  const path = locate(module);
  // Decorators of schema classes tell their types through it; in an app, Nest has it loaded before.
  await import('reflect-metadata');
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    throw noSchema(
      `The schema module ${module} cannot be loaded: ${reasonOf(error)}`,
      isTypeScript(module) ? COMPILE_FIRST : `See what happens when it is loaded: node ${module}`,
    );
  }
}

const COMPILE_FIRST =
  'Name the compiled file (dist/app.config.js#AppConfig). Node runs TypeScript by itself from version 22.18 on, and never ' +
  'with decorators; a loader such as tsx does: NODE_OPTIONS="--import tsx" hot-config validate …';

const LOOKS_LIKE = 'It looks like --schema dist/app.config.js#AppConfig';

/** A file of the working directory, or of a package that is installed there. */
function locate(module: string): string {
  const path = resolve(module);
  if (existsSync(path)) return path;
  try {
    return createRequire(resolve('package.json')).resolve(module);
  } catch {
    // Where it was looked for, Node tells at length; what was wrong is this.
    throw noSchema(
      `There is no schema module ${module}: neither a file, from the working directory, nor a package that can be loaded from there.`,
      `Compile the app first, if it is a part of it. ${LOOKS_LIKE}`,
    );
  }
}

function noSchema(message: string, next: string): CliError {
  return new CliError(ExitCode.Usage, 'NO_SCHEMA', message, next);
}

function isTypeScript(module: string): boolean {
  return /^\.[cm]?ts$/.test(extname(module));
}
