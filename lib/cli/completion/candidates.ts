import type { Command, Option } from 'commander';
import type { Session } from '../session/session.js';
import type { Candidate } from './candidate.interface.js';
import { appsOf, overridesOf, pathsOf, versionsOf } from './app-candidates.js';
import { commandsOf, isCalled, optionsOf, readLine } from './typed-command.js';

/** What the next word may be, or that it is a file, which shells complete themselves. */
export type Candidates = readonly Candidate[] | 'files';

/** What `current` may become, after `words`. What has to be asked of an app is empty where none answers. */
export async function candidatesFor(
  program: Command,
  words: readonly string[],
  current: string,
  session: Session,
): Promise<Candidates> {
  const { command, args, option } = readLine(program, words);
  const [name, value] = current.split(/=(.*)/s);
  const all = await (option !== undefined
    ? valuesOf(option, session)
    : !words.includes('--') && current.startsWith('-')
      ? value === undefined
        ? options(program, command)
        : withValue(program, command, name!, session)
      : operands(program, command, args, session));
  return all === 'files' ? all : all.filter((candidate) => bare(candidate.value).startsWith(bare(current)));
}

function options(program: Command, command: Command): Candidate[] {
  return optionsOf(program, command).map(({ long, short, description }) => ({
    value: (long ?? short)!, // one of them is what makes it an option
    description,
  }));
}

/** `--app=gateway`. Shells do not complete files in the middle of a word. */
async function withValue(program: Command, command: Command, name: string, session: Session) {
  const option = optionsOf(program, command).find((each) => isCalled(each, name));
  const values = option === undefined ? [] : await valuesOf(option, session);
  return values === 'files' ? [] : values.map((each) => ({ ...each, value: `${name}=${each.value}` }));
}

async function valuesOf({ long, argChoices }: Option, session: Session): Promise<Candidates> {
  if (argChoices !== undefined) return argChoices.map(plain);
  if (long === '--app') return appsOf(session, 'name');
  if (long === '--pid') return appsOf(session, 'pid');
  return long === '--token-file' || long === '--socket-dir' || long === '--schema' ? 'files' : [];
}

async function operands(
  program: Command,
  command: Command,
  args: readonly string[],
  session: Session,
): Promise<Candidates> {
  if (command === program && args.length === 0) return commands(program);
  const declared = command.registeredArguments;
  const last = declared.at(-1);
  const argument = declared[args.length] ?? (last?.variadic ? last : undefined);
  if (argument === undefined) return [];
  if (argument.argChoices !== undefined) return argument.argChoices.map(plain);
  switch (argument.name()) {
    case 'command':
      return commands(program);
    case 'path':
      return command.name() === 'unset' ? overridesOf(session) : pathsOf(session);
    case 'version':
      return versionsOf(session);
    case 'from':
    case 'to':
      return [...(await versionsOf(session)), plain('sources')];
    case 'files':
    case 'folder':
      return 'files';
    default:
      return [];
  }
}

function commands(program: Command): Candidate[] {
  return commandsOf(program).map((command) => ({
    value: command.name(),
    description: command.description(),
  }));
}

function plain(value: string): Candidate {
  return { value, description: '' };
}

/** Without what quotes it for a shell: somebody may have typed it with, or without. */
function bare(text: string): string {
  return text.replaceAll(/["'\\]/g, '');
}
