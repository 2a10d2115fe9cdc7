import type { Command, Option } from 'commander';

/** A command line, parsed up to the word to complete. */
export interface TypedCommand {
  readonly command: Command;
  /** The arguments of `command` up to now. */
  readonly args: readonly string[];
  /** The option whose value is the next word. */
  readonly option?: Option;
}

/** Parses the words as commander does, but accepts invalid ones. */
export function parseTypedCommand(program: Command, words: readonly string[]): TypedCommand {
  let command = program;
  let option: Option | undefined;
  const args: string[] = [];
  const end = words.includes('--') ? words.indexOf('--') : words.length;
  words.forEach((word, index) => {
    if (index === end) return;
    if (option !== undefined) option = undefined;
    else if (index < end && isOption(word)) option = optionWithValue(program, command, word);
    else if (command === program && args.length === 0) {
      const named = program.commands.find((each) => each.name() === word);
      if (named === undefined) args.push(word);
      else command = named;
    } else args.push(word);
  });
  return { command, args, ...(option !== undefined && { option }) };
}

/** Lists the commands in the help. */
export function visibleCommands(program: Command): Command[] {
  return program.createHelp().visibleCommands(program);
}

/** Lists the options of a command: its own and the global ones. */
export function visibleOptions(program: Command, command: Command): Option[] {
  const help = program.createHelp();
  return [
    ...help.visibleOptions(command),
    ...(command === program ? [] : help.visibleOptions(program)),
  ].filter(({ long }, index, all) => all.findIndex((other) => other.long === long) === index);
}

/** Checks whether `word` is the short or the long name of an option: `-h`, `--help`. */
export function hasName({ short, long }: Option, word: string): boolean {
  return word === short || word === long;
}

/** Returns the option `word` if its value is the next word. */
function optionWithValue(program: Command, command: Command, word: string): Option | undefined {
  return visibleOptions(program, command).find((option) => option.required && hasName(option, word));
}

/** `-1` is a number, not an option. */
function isOption(word: string): boolean {
  return /^-\D/.test(word);
}
