import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AppModule, AppReport } from '../../module/validate-app.js';
import { libraryFolder } from '../../util/package-manifest.js';
import { reasonOf } from '../../util/reason-of.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import { runAppCode } from './run-app-code.js';
import { appModuleFile, loadAppModule } from './load-app-module.js';

type Validator = typeof import('../../module/validate-app.js');

/**
 * Checks the configuration of an app by its root module, as its start does. The app does not run.
 *
 * @param reference the module: `dist/app.module.js`, or `dist/app.module.js#AppModule`
 * @param timeout for all of it, in ms
 * @throws CliError if there is no such module, it has no `HotConfigModule`, or Nest cannot assemble the app
 */
export async function validateAppModule(reference: string, timeout: number): Promise<AppReport> {
  const file = appModuleFile(reference);
  return runAppCode(timeout, async () => {
    const appModule = await loadAppModule(reference);
    const { validateApp } = await validatorOf(file);
    const report = await validateApp(appModule).catch((error: unknown) => {
      throw cannotStart(reasonOf(error));
    });
    return report ?? noHotConfigModule(reference, appModule);
  });
}

/** Returns the code of the copy that the app uses: another one would not recognize the classes of the app. */
async function validatorOf(file: string): Promise<Validator> {
  const folder = packageForApp(file);
  const own = libraryFolder();
  if (folder === undefined || own === undefined || folder === realpathSync(dirname(own)))
    return import('../../module/validate-app.js');
  try {
    // scripts/build.mjs has it as an entry.
    return (await import(pathToFileURL(join(folder, 'dist/module/validate-app.js')).href)) as Validator;
  } catch {
    throw new CliError(
      ExitCode.Usage,
      'OTHER_COPY',
      `The app uses another version of nestjs-hot-config, in ${folder}, which cannot validate by a module.`,
      'Use the hot-config command of the app: run npx hot-config in its folder.',
    );
  }
}

/** Returns the folder of the package as Node finds it from a file of the app; undefined if it finds none. */
function packageForApp(file: string): string | undefined {
  try {
    return dirname(realpathSync(createRequire(file).resolve('nestjs-hot-config/package.json')));
  } catch {
    return undefined;
  }
}

function cannotStart(reason: string): CliError {
  return new CliError(
    ExitCode.No,
    'NOT_VALID',
    `The app cannot start: ${reason}`,
    'This is not about the configuration: start the app to see more.',
  );
}

function noHotConfigModule(reference: string, appModule: AppModule): never {
  const { name } = 'module' in appModule ? appModule.module : appModule;
  throw new CliError(
    ExitCode.Usage,
    'NO_APP_MODULE',
    `${name} in ${reference} does not import HotConfigModule, and no module does that it imports.`,
    'Use the root module of the app.',
  );
}
