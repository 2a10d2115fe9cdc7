import { Argument, type Command } from 'commander';
import { cell } from '../output/output.js';
import { candidatesFor, type Candidates } from '../completion/candidates.js';
import { SHELL_SCRIPTS } from '../completion/shell-scripts.js';
import { readLine } from '../completion/typed-command.js';
import type { Session } from '../session/session.js';
import type { Runner } from '../session/runner.js';

/** A person waits for this while a key is down, in ms. */
const PATIENCE = 1_500;

/** Completion of commands, options, paths, versions and apps, and what shells ask for it. */
export function addCompletionCommands(program: Command, run: Runner): void {
  program
    .command('completion')
    .description('a script that lets a shell complete commands, options, paths, versions and apps')
    .addArgument(new Argument('<shell>').choices(Object.keys(SHELL_SCRIPTS)))
    .action(
      run(({ output }, [shell]) => output.line(SHELL_SCRIPTS[shell as keyof typeof SHELL_SCRIPTS].trimEnd())),
    );

  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .option('--word <word>', 'what is to be completed', '')
    .action(
      run<{ word: string }>(async (session, [words], { word }) => {
        // Commander gives the words of one argument as a list.
        const candidates = await quietly(program, session, words as unknown as string[], word);
        if (candidates === 'files') session.output.line(':files');
        else
          for (const { value, description } of candidates)
            session.output.line(description === '' ? value : `${value}\t${cell(description)}`);
      }),
    );
}

/** Nobody wants to read why there is nothing to complete. */
async function quietly(
  program: Command,
  session: Session,
  words: readonly string[],
  current: string,
): Promise<Candidates> {
  try {
    // Which app is meant may be among the words; an option that still waits for its value says nothing of it.
    const { option } = readLine(program, words);
    const said = option === undefined ? words : words.slice(0, -1);
    program.configureOutput({ writeErr: () => undefined });
    program.parseOptions(said.filter((word) => !/^(-h|--help|-V|--version)$/.test(word)));
    const asked = session.with({ ...program.opts(), timeout: PATIENCE, wait: 0 });
    return await candidatesFor(program, words, current, asked);
  } catch {
    return [];
  }
}
