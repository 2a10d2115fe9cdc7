import type { Command } from 'commander';
import { closestName } from '../../util/closest-name.js';
import { commandsOf } from '../completion/typed-command.js';

/** What there is, or what one command takes. Commander's own says nothing where there is no such command. */
export function addHelpCommand(program: Command): void {
  program
    .helpCommand(false)
    .command('help')
    .description('what there is, or what a command takes')
    .argument('[command]')
    .action((name?: string) => {
      if (name === undefined) return program.help();
      const command = program.commands.find((each) => each.name() === name);
      if (command !== undefined) return command.help();
      const names = commandsOf(program).map((each) => each.name());
      const meant = closestName(name, names);
      program.error(
        `error: unknown command '${name}'${meant === undefined ? '' : `\n(Did you mean ${meant}?)`}`,
      );
    });
}
