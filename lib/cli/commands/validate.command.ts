import { type Command, Option } from 'commander';
import { formatIssues } from '../../model/format-issues.js';
import { escapeControlsKeepLines } from '../../util/control-characters.js';
import type { UnknownKeysPolicy } from '../../validation/validation.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import { cell, type Output } from '../output/output.js';
import type { Runner } from '../session/session.js';
import type { ValidationReport } from '../validate/validate-files.js';
import { examples } from './examples.js';

interface ValidateOptions {
  readonly appModule?: string;
  readonly schema?: string;
  readonly unknownKeys?: UnknownKeysPolicy;
}

/** What was found, and how to say that it is valid. */
interface Validated {
  readonly report: ValidationReport;
  readonly subject: string;
}

export function addValidateCommand(program: Command, run: Runner): void {
  program
    .command('validate')
    .description(
      'check the configuration of an app, or configuration files, as an app does when it starts: for CI, and before a commit',
    )
    .addHelpText(
      'after',
      examples(
        'validate --app-module dist/app.module.js',
        'validate config/app.yaml',
        'validate config/app.yaml config/local.yaml --schema dist/app.config.js#AppConfig --unknown-keys reject',
      ),
    )
    .argument('[files...]', 'files and folders in the order of the sources of the app: later ones win')
    .option(
      '--app-module <module#export>',
      'root module of the app, which has its sources and schemas: dist/app.module.js. The app does not run',
    )
    .option('--schema <module#export>', 'schema for FILES, for example dist/app.config.js#AppConfig')
    .addOption(
      new Option(
        '--unknown-keys <policy>',
        'policy for keys that the schema does not have (default: "warn")',
      ).choices(['allow', 'warn', 'reject']),
    )
    .action(
      run<ValidateOptions>(async ({ output, options: { timeout } }, [files], options) => {
        // Commander passes a variadic argument as an array.
        const paths = files as unknown as string[];
        checkUsage(paths, options);
        // The code that validates is imported only here, so that all other commands start faster.
        const { appModule } = options;
        show(
          output,
          appModule === undefined
            ? await validatePaths(paths, options)
            : await validateApp(appModule, timeout),
        );
      }),
    );
}

function checkUsage(paths: readonly string[], { appModule, schema, unknownKeys }: ValidateOptions): void {
  const others = [paths.length > 0 && 'FILES', schema && '--schema', unknownKeys && '--unknown-keys'];
  const other = others.find((each) => typeof each === 'string');
  if (appModule !== undefined && other !== undefined)
    throw usage(`Use either --app-module or ${other}, not both: the module has the sources and the schema.`);
  if (appModule === undefined && paths.length === 0)
    throw usage('There is nothing to validate: name files, or the root module of the app with --app-module.');
}

function usage(message: string): CliError {
  return new CliError(ExitCode.Usage, 'USAGE', message, 'Example: hot-config validate config/app.yaml');
}

async function validatePaths(
  paths: readonly string[],
  { schema: reference, unknownKeys = 'warn' }: ValidateOptions,
): Promise<Validated> {
  const { loadSchema } = await import('../validate/load-schema.js');
  const { validateFiles } = await import('../validate/validate-files.js');
  const schema = reference === undefined ? undefined : await loadSchema(reference);
  const report = await validateFiles(paths, schema, unknownKeys);
  const note = schema === undefined ? ' (only the syntax was checked, without a schema)' : '';
  return { report, subject: `${paths.join(', ')}${note}` };
}

async function validateApp(reference: string, timeout: number): Promise<Validated> {
  const { validateAppModule } = await import('../validate/validate-app-module.js');
  const report = await validateAppModule(reference, timeout);
  const sources = report.sources?.map(cell).join(', ') || 'no sources';
  return { report, subject: `${reference}, with ${sources}` };
}

function show(output: Output, { report, subject }: Validated): void {
  const problems = escapeControlsKeepLines(formatIssues(report.issues));
  if (output.isJson) output.json(report);
  if (!report.valid)
    throw new CliError(ExitCode.No, 'NOT_VALID', `The configuration is not valid:\n${problems}`);
  if (output.isJson) return;
  if (problems !== '') output.note(problems);
  output.line(`${output.style('green', 'Valid')}: ${subject}`);
}
