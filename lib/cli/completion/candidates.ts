import type { Command, Option } from 'commander';
import type { Session } from '../session/session.js';
import { appsOf, type Candidate, overridesOf, pathsOf, versionsOf } from './app-candidates.js';
import { hasName, parseTypedCommand, visibleCommands, visibleOptions } from './typed-command.js';

/** The candidates for a word; `files` lets the shell complete file names. */
export type Candidates = readonly Candidate[] | 'files';

/** The options whose value is the name of a file. */
const FILE_OPTIONS: ReadonlySet<string | undefined> = new Set([
  '--token-file',
  '--socket-dir',
  '--schema',
  '--app-module',
]);

/** Returns the candidates for the word `current` after `words`. Those from an app are missing if no app responds. */
export async function candidatesFor(
  program: Command,
  words: readonly string[],
  current: string,
  session: Session,
): Promise<Candidates> {
  const { command, args, option } = parseTypedCommand(program, words);
  const [name, value] = current.split(/=(.*)/s);
  const candidates = await (option !== undefined
    ? valuesOf(option, session)
    : !words.includes('--') && current.startsWith('-')
      ? value === undefined
        ? optionCandidates(program, command)
        : withOptionName(program, command, name!, session)
      : argumentCandidates(program, command, args, session));
  return candidates === 'files'
    ? candidates
    : candidates.filter(({ value: each }) => unquoted(each).startsWith(unquoted(current)));
}

function optionCandidates(program: Command, command: Command): Candidate[] {
  return visibleOptions(program, command).map(({ long, short, description }) => ({
    value: (long ?? short)!, // an option has at least one of them
    description,
  }));
}

/** Completes `--app=gate` to `--app=gateway`. Shells do not complete files in the middle of a word. */
async function withOptionName(program: Command, command: Command, name: string, session: Session) {
  const option = visibleOptions(program, command).find((each) => hasName(each, name));
  const values = option === undefined ? [] : await valuesOf(option, session);
  return values === 'files' ? [] : values.map((each) => ({ ...each, value: `${name}=${each.value}` }));
}

async function valuesOf({ long, argChoices }: Option, session: Session): Promise<Candidates> {
  if (argChoices !== undefined) return argChoices.map(plain);
  if (long === '--app') return appsOf(session, 'name');
  if (long === '--pid') return appsOf(session, 'pid');
  return FILE_OPTIONS.has(long) ? 'files' : [];
}

async function argumentCandidates(
  program: Command,
  command: Command,
  args: readonly string[],
  session: Session,
): Promise<Candidates> {
  if (command === program && args.length === 0) return commandCandidates(program);
  const declared = command.registeredArguments;
  const last = declared.at(-1);
  const argument = declared[args.length] ?? (last?.variadic ? last : undefined);
  if (argument === undefined) return [];
  if (argument.argChoices !== undefined) return argument.argChoices.map(plain);
  switch (argument.name()) {
    case 'command':
      return commandCandidates(program);
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

function commandCandidates(program: Command): Candidate[] {
  return visibleCommands(program).map((command) => ({
    value: command.name(),
    description: command.description(),
  }));
}

function plain(value: string): Candidate {
  return { value, description: '' };
}

/** Removes quotes and backslashes: the user may have typed the word with or without them. */
function unquoted(text: string): string {
  return text.replaceAll(/["'\\]/g, '');
}
