import type { Command } from 'commander';
import { closestName } from '../../util/did-you-mean.js';
import { visibleCommands } from '../completion/typed-command.js';
import { examples } from './examples.js';

/** Adds the command `help`. Commander's own prints nothing for an unknown command. */
export function addHelpCommand(program: Command): void {
  program
    .helpCommand(false)
    .command('help')
    .description('list the commands, or print the help of one')
    .addHelpText('after', examples('help', 'help set'))
    .argument('[command]')
    .action((name?: string) => {
      if (name === undefined) return program.help();
      const command = program.commands.find((each) => each.name() === name);
      if (command !== undefined) return command.help();
      const names = visibleCommands(program).map((each) => each.name());
      const similar = closestName(name, names);
      program.error(
        `error: unknown command '${name}'${similar === undefined ? '' : `\n(Did you mean ${similar}?)`}`,
      );
    });
}
