import { realpathSync, statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { AppModule } from '../../module/validate-app.js';
import { reasonOf } from '../../util/reason-of.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import { isTypeScript, NO_DECORATORS, parseReference } from './module-reference.js';

/**
 * Returns the path of the file of a reference `FILE#EXPORT`, without links, as Node resolves imports from there.
 *
 * @throws CliError if there is no such file
 */
export function appModuleFile(reference: string): string {
  const { module } = parseReference(reference);
  const stats = statSync(module, { throwIfNoEntry: false });
  if (stats?.isFile()) return realpathSync(module);
  throw noAppModule(
    stats === undefined
      ? `The file ${module || 'of --app-module'} does not exist.`
      : `${module} is not a file.`,
    `Build the app first, for example with npm run build. ${EXAMPLE}`,
  );
}

/**
 * Loads the root module of an app: the export that the reference names, or else the default export, or the only class
 * that has `@Module()`. Rejects with a `CliError` if there is none.
 */
export async function loadAppModule(reference: string): Promise<AppModule> {
  const { module, name } = parseReference(reference);
  const exports = exportsOf(await importFile(module, appModuleFile(reference)));
  const modules = Object.keys(exports).filter((each) => isModule(exports[each]));
  const [first = 'default', ...others] = modules;
  const chosen = name ?? (modules.includes('default') || others.length > 0 ? 'default' : first);
  const appModule = exports[chosen];
  if (isModule(appModule)) return appModule;
  if (modules.length > 1 && name === undefined)
    throw noAppModule(
      `${module} exports several modules: ${modules.sort().join(', ')}.`,
      `Choose one with --app-module ${module}#NAME`,
    );
  const found = modules.length === 0 ? '' : ` Its modules are: ${modules.sort().join(', ')}.`;
  const missing = name === undefined ? 'one class with @Module()' : `a module ${name}`;
  throw noAppModule(
    `${module} does not export ${missing}.${found}`,
    `Use the file that has the root module of the app, not the one that starts it. ${EXAMPLE}`,
  );
}

async function importFile(module: string, path: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    throw noAppModule(
      `Cannot load ${module}: ${reasonOf(error)}`,
      isTypeScript(module)
        ? `Use the compiled file. ${EXAMPLE} ${NO_DECORATORS}`
        : `For details, load it with Node: node ${module}`,
    );
  }
}

/** A default export of TypeScript that is compiled to CommonJS is a member of what Node calls the default export. */
function exportsOf(namespace: Record<string, unknown>): Record<string, unknown> {
  const exported = namespace['default'] as Record<string, unknown> | undefined;
  return exported?.['__esModule'] === true ? exported : namespace;
}

/** The members of `@Module()`, which it stores at the class. */
const MEMBERS: readonly string[] = ['imports', 'providers', 'controllers', 'exports'];

function isModule(value: unknown): value is AppModule {
  if (typeof value === 'function') return MEMBERS.some((member) => Reflect.hasMetadata?.(member, value));
  return typeof (value as { module?: unknown } | null | undefined)?.module === 'function';
}

const EXAMPLE = 'Example: --app-module dist/app.module.js.';

function noAppModule(message: string, next: string): CliError {
  return new CliError(ExitCode.Usage, 'NO_APP_MODULE', message, next);
}
