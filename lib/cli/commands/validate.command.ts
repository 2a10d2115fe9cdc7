import { type Command, Option } from 'commander';
import { visibleText } from '../../util/printable-text.js';
import { formatIssues } from '../../model/format-issues.js';
import type { UnknownKeysPolicy } from '../../validation/validation.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import type { Runner } from '../session/runner.js';

interface ValidateOptions {
  readonly schema?: string;
  readonly unknownKeys: UnknownKeysPolicy;
}

export function addValidateCommand(program: Command, run: Runner): void {
  program
    .command('validate')
    .description('check files as an app does when it starts, without one: for CI, and before a commit')
    .argument('<files...>', 'files and folders, lowest first, as the app has them')
    .option('--schema <module#export>', 'the schema, for example dist/app.config.js#AppConfig')
    .addOption(
      new Option('--unknown-keys <policy>', 'what becomes of keys that the schema does not know')
        .choices(['allow', 'warn', 'reject'])
        .default('warn'),
    )
    .action(
      run<ValidateOptions>(async ({ output }, [files], { schema, unknownKeys }) => {
        // Commander gives the files of one argument as a list; and what checks them is loaded only now: the other
        // commands begin sooner without.
        const paths = files as unknown as string[];
        const { loadSchema } = await import('../validate/load-schema.js');
        const { validateFiles } = await import('../validate/validate-files.js');
        const report = await validateFiles({
          paths,
          schema: schema === undefined ? undefined : await loadSchema(schema),
          unknownKeys,
        });
        const problems = visibleText(formatIssues(report.issues));
        if (output.isJson) output.json(report);
        if (!report.valid) throw new CliError(ExitCode.No, 'NOT_VALID', `Not valid:\n${problems}`);
        if (output.isJson) return;
        if (problems !== '') output.note(problems);
        output.line(
          `${output.style('green', 'Valid')}: ${paths.join(', ')}${schema === undefined ? ' (no schema was given)' : ''}`,
        );
      }),
    );
}
