import { Command } from 'commander';
import { libraryVersion } from '../control/app-identity.js';
import { addChangeCommands } from './commands/change.commands.js';
import { addCompletionCommands } from './commands/completion.commands.js';
import { addDiffCommand } from './commands/diff.command.js';
import { addDoctorCommand } from './commands/doctor.command.js';
import { addHelpCommand } from './commands/help.command.js';
import { addInitCommand } from './commands/init.command.js';
import { addInspectCommands } from './commands/inspect.commands.js';
import { addSchemaCommand } from './commands/schema.command.js';
import { addStatusCommands } from './commands/status.commands.js';
import { addValidateCommand } from './commands/validate.command.js';
import { addWatchCommand } from './commands/watch.command.js';
import { runnerFor } from './session/runner.js';
import { addGlobalOptions } from './session/global-options.js';
import type { Io } from './terminal/io.interface.js';

/** The next step where a command line makes no sense. */
export const SEE_HELP = 'Run hot-config --help, or hot-config help COMMAND, to see what there is.';

/** The whole command line. `inJson`: errors are told as JSON. */
export function createProgram(io: Io, inJson: boolean): Command {
  const run = runnerFor(io);
  const program = addGlobalOptions(new Command('hot-config'))
    .description(
      'Looks at, and operates, the configuration of running NestJS apps that use nestjs-hot-config.',
    )
    .version(libraryVersion())
    .showHelpAfterError(SEE_HELP)
    .configureHelp({ showGlobalOptions: false })
    .addHelpText('after', EXIT_CODES)
    .addHelpText('afterAll', ({ command }) => (command.parent === null ? '' : OPTIONS_OF_ALL))
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      // In JSON, what is wrong is told by whoever runs this.
      writeErr: (text) => void (inJson || io.stderr.write(text)),
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

const EXIT_CODES = `
It ends with 0 where all went well, 1 where the answer is no (rejected, not valid, no such value), 2 where the command
line makes no sense, 3 where no app runs, 4 where several do, 5 where the app went away or does not answer, 6 where it
refuses, and 70 where the command itself fails.`;

const OPTIONS_OF_ALL = `
Besides, every command takes --json, and --app, --pid or --url to choose the app: hot-config --help.`;
