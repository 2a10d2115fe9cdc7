import type { Command } from 'commander';
import { reasonOf } from '../../util/reason-of.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import type { Runner } from '../session/session.js';
import { examples } from './examples.js';

export function addSchemaCommand(program: Command, run: Runner): void {
  program
    .command('schema')
    .description('print the JSON Schema of the configuration, for editors: of a running app, or of a module')
    .addHelpText('after', examples('schema', 'schema --schema dist/app.config.js#AppConfig'))
    .option(
      '--schema <module#export>',
      'schema to use without an app, for example dist/app.config.js#AppConfig',
    )
    .action(
      run<{ schema?: string }>(async (session, _args, { schema }) => {
        session.output.json(schema === undefined ? await session.read('schema') : await jsonSchemaOf(schema));
      }),
    );
}

/** Works without an app. Its modules are imported only here, so that all other commands start faster. */
async function jsonSchemaOf(reference: string): Promise<object> {
  const { loadSchema } = await import('../validate/load-schema.js');
  const { configJsonSchema } = await import('../../validation/json-schema.js');
  const schema = await loadSchema(reference);
  try {
    return await configJsonSchema(schema);
  } catch (error) {
    throw new CliError(
      ExitCode.Usage,
      'NO_JSON_SCHEMA',
      `The schema cannot be converted to JSON Schema: ${reasonOf(error)}`,
    );
  }
}
