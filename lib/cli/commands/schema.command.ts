import type { Command } from 'commander';
import { reasonOf } from '../../util/reason-of.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import type { Runner } from '../session/runner.js';

export function addSchemaCommand(program: Command, run: Runner): void {
  program
    .command('schema')
    .description('the JSON Schema of the configuration, for editors: of the running app, or of a module')
    .option('--schema <module#export>', 'a schema, without an app: dist/app.config.js#AppConfig')
    .action(
      run<{ schema?: string }>(async (session, _args, { schema }) => {
        session.output.json(schema === undefined ? await session.ask('schema') : await jsonSchemaOf(schema));
      }),
    );
}

/** Without an app. What makes it is loaded only now: the other commands begin sooner without. */
async function jsonSchemaOf(reference: string): Promise<object> {
  const { loadSchema } = await import('../validate/load-schema.js');
  const { configJsonSchema } = await import('../../validation/json-schema.js');
  const schema = await loadSchema(reference);
  try {
    return await configJsonSchema(schema);
  } catch (error) {
    throw new CliError(ExitCode.Usage, 'NO_JSON_SCHEMA', `There is no JSON Schema of it: ${reasonOf(error)}`);
  }
}
