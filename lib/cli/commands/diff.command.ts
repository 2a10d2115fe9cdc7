import { type Command, InvalidArgumentError } from 'commander';
import type { VersionDiffEntry, VersionDiffJson } from '../../diff/version-diff.interface.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import { cell, type Output } from '../output/output.js';
import { changeRow } from '../output/show-reload.js';
import { positiveInteger } from '../session/global-options.js';
import type { Runner } from '../session/session.js';
import { examples } from './examples.js';

interface DiffOptions {
  readonly patch?: true;
  readonly exitCode?: true;
}

export function addDiffCommand(program: Command, run: Runner): void {
  program
    .command('diff')
    .description('compare two versions, or a version with the current content of the sources')
    .addHelpText('after', examples('diff', 'diff 2 4', 'diff 4 sources --exit-code', 'diff 2 --patch'))
    .argument('[from]', "a version, or 'sources'; without it, the previous version", side)
    .argument('[to]', "a version, or 'sources'; without it, the version in force", side)
    .option('--patch', 'print a JSON Patch (RFC 6902)')
    .option('--exit-code', 'exit with 1 if there are differences')
    .action(
      run<DiffOptions>(async (session, [from, to], { patch, exitCode }) => {
        const response = await session.read<VersionDiffJson | unknown[]>('diff', { from, to, patch });
        const entries = Array.isArray(response) ? response : (response as VersionDiffJson).entries;
        if (patch || session.output.isJson) session.output.json(response);
        else showDiff(session.output, response as VersionDiffJson);
        if (exitCode && entries.length > 0)
          throw new CliError(ExitCode.No, 'DIFFERENT', 'There are differences.');
      }),
    );
}

/** Parses one side of the comparison. */
function side(text: string): number | 'sources' {
  if (text === 'sources') return text;
  try {
    return positiveInteger(text);
  } catch {
    throw new InvalidArgumentError("It must be the number of a version, or 'sources'.");
  }
}

function showDiff(output: Output, { from, to, entries }: VersionDiffJson): void {
  if (output.isTerminal)
    output.line(`${cell(from)} → ${cell(to)}${entries.length === 0 ? ': no differences' : ''}`);
  output.table(
    ['', 'path', 'before', 'now'],
    // A member that is undefined is not in the JSON; all others are always there.
    entries.map(({ kind = 'changed', path = '', previousPath, ...values }: Partial<VersionDiffEntry>) =>
      changeRow(output, {
        ...values,
        kind,
        path: previousPath === undefined || previousPath === path ? path : `${previousPath} → ${path}`,
      }),
    ),
  );
}
