import type { Command, Option } from 'commander';

/** What somebody has typed of a command line, before the word that is to be completed. */
export interface TypedLine {
  readonly command: Command;
  /** The arguments of `command` so far. */
  readonly args: readonly string[];
  /** The option whose value comes next. */
  readonly option?: Option;
}

/** Reads the words as the command would, and takes whatever is wrong with them as it is. */
export function readLine(program: Command, words: readonly string[]): TypedLine {
  let command = program;
  let option: Option | undefined;
  const args: string[] = [];
  const end = words.includes('--') ? words.indexOf('--') : words.length;
  words.forEach((word, index) => {
    if (index === end) return;
    if (option !== undefined) option = undefined;
    else if (index < end && isOption(word)) option = valuedOption(program, command, word);
    else if (command === program && args.length === 0) {
      const named = program.commands.find((each) => each.name() === word);
      if (named === undefined) args.push(word);
      else command = named;
    } else args.push(word);
  });
  return { command, args, ...(option !== undefined && { option }) };
}

/** The commands that people are told of. */
export function commandsOf(program: Command): Command[] {
  return program.createHelp().visibleCommands(program);
}

/** The options that can be said with a command: its own, and those of every command. */
export function optionsOf(program: Command, command: Command): Option[] {
  const help = program.createHelp();
  return [
    ...help.visibleOptions(command),
    ...(command === program ? [] : help.visibleOptions(program)),
  ].filter(({ long }, index, all) => all.findIndex((other) => other.long === long) === index);
}

/** Whether that is what an option is called: `-h`, `--help`. */
export function isCalled({ short, long }: Option, word: string): boolean {
  return word === short || word === long;
}

/** An option that is followed by its value. */
function valuedOption(program: Command, command: Command, word: string): Option | undefined {
  return optionsOf(program, command).find((option) => option.required && isCalled(option, word));
}

/** `-1` is a number. */
function isOption(word: string): boolean {
  return /^-\D/.test(word);
}
