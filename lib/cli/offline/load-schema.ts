import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { reasonOf } from '../../errors/reason-of.js';
import type { HotConfigModuleOptions } from '../../interfaces/hot-config-module-options.interface.js';
import { CliError } from '../cli.error.js';
import { ExitCode } from '../exit-code.js';

/** What the `schema` of the module may be. */
export type SchemaOption = NonNullable<HotConfigModuleOptions['schema']>;

/**
 * The schema that `MODULE#EXPORT` names: a file or a package, and what it exports; without `#EXPORT` its default export,
 * or the only one it has. Rejects with a `CliError` where there is none.
 */
export async function loadSchema(reference: string): Promise<SchemaOption> {
  const at = reference.lastIndexOf('#');
  const module = at === -1 ? reference : reference.slice(0, at);
  const exports = await importModule(module);
  const name = at === -1 ? onlyExport(exports) : reference.slice(at + 1);
  const schema = exports[name];
  if (schema !== undefined && schema !== null) return schema as SchemaOption;
  const names = Object.keys(exports).sort().join(', ') || 'nothing';
  throw new CliError(
    ExitCode.Usage,
    'NO_SCHEMA',
    `${module} does not export ${name}.`,
    `It exports ${names}.`,
  );
}

function onlyExport(exports: Record<string, unknown>): string {
  const names = Object.keys(exports);
  return names.length === 1 ? names[0]! : 'default';
}

async function importModule(module: string): Promise<Record<string, unknown>> {
  // Decorators of schema classes tell their types through it; in an app, Nest has it loaded before.
  await import('reflect-metadata');
  try {
    return (await import(pathToFileURL(locate(module)).href)) as Record<string, unknown>;
  } catch (error) {
    throw new CliError(
      ExitCode.Usage,
      'NO_SCHEMA',
      `The schema module ${module} cannot be loaded: ${reasonOf(error)}`,
      isTypeScript(module)
        ? COMPILE_FIRST
        : 'It is a file, from the working directory, or a package that is installed there.',
    );
  }
}

const COMPILE_FIRST =
  'Name the compiled file (dist/app.config.js#AppConfig). Node runs TypeScript by itself from version 22.18 on, and never ' +
  'with decorators; a loader such as tsx does: NODE_OPTIONS="--import tsx" hot-config validate …';

/** A file of the working directory, or of a package that is installed there. */
function locate(module: string): string {
  const path = resolve(module);
  return existsSync(path) ? path : createRequire(resolve('package.json')).resolve(module);
}

function isTypeScript(module: string): boolean {
  return /^\.[cm]?ts$/.test(extname(module));
}
