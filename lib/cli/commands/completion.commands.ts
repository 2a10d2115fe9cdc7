import { Argument, type Command } from 'commander';
import { type Candidates, candidatesFor } from '../completion/candidates.js';
import { SHELL_SCRIPTS } from '../completion/shell-scripts.js';
import { parseTypedCommand } from '../completion/typed-command.js';
import { cell } from '../output/output.js';
import type { Runner, Session } from '../session/session.js';
import { examples } from './examples.js';

/** Timeout for an app, in ms: a shell is blocked until the candidates are there. */
const COMPLETION_TIMEOUT = 1_500;

/** Adds the command that prints completion scripts, and the hidden command that they call. */
export function addCompletionCommands(program: Command, run: Runner): void {
  program
    .command('completion')
    .description('print a script for completion of commands, options, paths, versions and apps')
    .addHelpText('after', examples('completion bash', 'completion zsh'))
    .addArgument(new Argument('<shell>').choices(Object.keys(SHELL_SCRIPTS)))
    .action(
      run(({ output }, [shell]) => output.line(SHELL_SCRIPTS[shell as keyof typeof SHELL_SCRIPTS].trimEnd())),
    );

  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .option('--word <word>', 'the word to complete', '')
    .action(
      run<{ word: string }>(async (session, [words], { word }) => {
        // Commander passes a variadic argument as an array.
        const candidates = await candidatesOrNone(program, session, words as unknown as string[], word);
        if (candidates === 'files') session.output.line(':files');
        else
          // A shell inserts what it reads: a name with control characters cannot be completed.
          for (const { value, description } of candidates.filter((each) => cell(each.value) === each.value))
            session.output.line(description === '' ? value : `${value}\t${cell(description)}`);
      }),
    );
}

/** Returns no candidates after an error: a message would disturb the line that the user is typing. */
async function candidatesOrNone(
  program: Command,
  session: Session,
  words: readonly string[],
  current: string,
): Promise<Candidates> {
  try {
    // The words may contain options that choose the app. An option that still needs its value is left out.
    const { option } = parseTypedCommand(program, words);
    const complete = option === undefined ? words : words.slice(0, -1);
    program.configureOutput({ writeErr: () => undefined });
    program.parseOptions(complete.filter((word) => !/^(-h|--help|-V|--version)$/.test(word)));
    const chosen = session.with({ ...program.opts(), timeout: COMPLETION_TIMEOUT, wait: 0 });
    return await candidatesFor(program, words, current, chosen);
  } catch {
    return [];
  }
}
