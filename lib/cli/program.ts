import { Command } from 'commander';
import { libraryVersion } from '../util/package-manifest.js';
import { addChangeCommands } from './commands/change.commands.js';
import { addCompletionCommands } from './commands/completion.commands.js';
import { addDiffCommand } from './commands/diff.command.js';
import { addDoctorCommand } from './commands/doctor.command.js';
import { examples } from './commands/examples.js';
import { addHelpCommand } from './commands/help.command.js';
import { addInitCommand } from './commands/init.command.js';
import { addInspectCommands } from './commands/inspect.commands.js';
import { addSchemaCommand } from './commands/schema.command.js';
import { addStatusCommands } from './commands/status.commands.js';
import { addValidateCommand } from './commands/validate.command.js';
import { addWatchCommand } from './commands/watch.command.js';
import { type Io, printable } from './output/output.js';
import { addGlobalOptions } from './session/global-options.js';
import { runnerFor } from './session/session.js';

/** Advice after a command line that is not valid. */
export const SEE_HELP = 'Run hot-config --help or hot-config help COMMAND to see the commands and options.';

/** Creates the command line. With `inJson`, commander prints no errors: the caller prints them as JSON. */
export function createProgram(io: Io, inJson: boolean): Command {
  const run = runnerFor(io);
  const program = addGlobalOptions(new Command('hot-config'))
    .description('Shows and changes the configuration of running NestJS apps that use nestjs-hot-config.')
    .version(libraryVersion())
    .showHelpAfterError(SEE_HELP)
    .configureHelp({ showGlobalOptions: false })
    .addHelpText('after', EXAMPLES)
    .addHelpText('after', EXIT_CODES)
    .addHelpText('afterAll', ({ command }) => (command.parent === null ? '' : GLOBAL_OPTIONS))
    .configureOutput({
      writeOut: (text) => void io.stdout.write(printable(text)),
      writeErr: (text) => void (inJson || io.stderr.write(printable(text))),
    })
    .exitOverride();
  addStatusCommands(program, run);
  addInspectCommands(program, run);
  addChangeCommands(program, run);
  addDiffCommand(program, run);
  addWatchCommand(program, run);
  addValidateCommand(program, run);
  addSchemaCommand(program, run);
  addDoctorCommand(program, run);
  addInitCommand(program, run);
  addCompletionCommands(program, run);
  addHelpCommand(program);
  return program;
}

const EXAMPLES = examples(
  'status',
  'get llm.model',
  "set llm.model large --ttl 15m --reason 'trying it'",
  'rollback',
  'apps',
  'status --app gateway',
  'validate --app-module dist/app.module.js',
);

const EXIT_CODES = `
Exit codes:
  0   success
  1   negative result: rejected, not valid, no value at the path, a problem found
  2   the command line is not valid
  3   no running app was found
  4   several apps are running, and none was chosen
  5   the app does not respond, or the connection was lost
  6   the app refused the request
  70  internal error, or the output cannot be written`;

const GLOBAL_OPTIONS = `
All commands also take --json, and --app, --pid or --url to choose the app. See hot-config --help.`;
