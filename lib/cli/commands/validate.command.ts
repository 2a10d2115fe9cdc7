import { type Command, Option } from 'commander';
import { formatIssues } from '../../model/format-issues.js';
import { escapeControlsKeepLines } from '../../util/control-characters.js';
import type { UnknownKeysPolicy } from '../../validation/validation.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import type { Runner } from '../session/session.js';
import { examples } from './examples.js';

interface ValidateOptions {
  readonly schema?: string;
  readonly unknownKeys: UnknownKeysPolicy;
}

export function addValidateCommand(program: Command, run: Runner): void {
  program
    .command('validate')
    .description('check configuration files as an app does when it starts: for CI, and before a commit')
    .addHelpText(
      'after',
      examples(
        'validate config/app.yaml',
        'validate config/app.yaml config/local.yaml --schema dist/app.config.js#AppConfig --unknown-keys reject',
      ),
    )
    .argument('<files...>', 'files and folders in the order of the sources of the app: later ones win')
    .option('--schema <module#export>', 'schema, for example dist/app.config.js#AppConfig')
    .addOption(
      new Option('--unknown-keys <policy>', 'policy for keys that the schema does not have')
        .choices(['allow', 'warn', 'reject'])
        .default('warn'),
    )
    .action(
      run<ValidateOptions>(async ({ output }, [files], { schema, unknownKeys }) => {
        // Commander passes a variadic argument as an array.
        const paths = files as unknown as string[];
        // Imported only here, so that all other commands start faster.
        const { loadSchema } = await import('../validate/load-schema.js');
        const { validateFiles } = await import('../validate/validate-files.js');
        const report = await validateFiles(
          paths,
          schema === undefined ? undefined : await loadSchema(schema),
          unknownKeys,
        );
        const problems = escapeControlsKeepLines(formatIssues(report.issues));
        if (output.isJson) output.json(report);
        if (!report.valid)
          throw new CliError(ExitCode.No, 'NOT_VALID', `The configuration is not valid:\n${problems}`);
        if (output.isJson) return;
        if (problems !== '') output.note(problems);
        output.line(
          `${output.style('green', 'Valid')}: ${paths.join(', ')}${schema === undefined ? ' (only the syntax was checked, without a schema)' : ''}`,
        );
      }),
    );
}
