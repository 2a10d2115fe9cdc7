import { type Command, InvalidArgumentError } from 'commander';
import type { VersionDiffEntry, VersionDiffJson } from '../../diff/version-diff.interface.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import { wholeNumber } from '../session/global-options.js';
import { cell, type Output } from '../output/output.js';
import type { Runner } from '../session/runner.js';

interface DiffOptions {
  readonly patch?: true;
  readonly exitCode?: true;
}

export function addDiffCommand(program: Command, run: Runner): void {
  program
    .command('diff')
    .description('how two versions differ, or a version and what the sources say now')
    .argument('[from]', "a version, or 'sources'; without one, the version before", side)
    .argument('[to]', "a version, or 'sources'; without one, the version in force", side)
    .option('--patch', 'as a JSON Patch (RFC 6902)')
    .option('--exit-code', 'end with 1 where they differ')
    .action(
      run<DiffOptions>(async (session, [from, to], { patch, exitCode }) => {
        const answer = await session.ask<VersionDiffJson | unknown[]>('diff', { from, to, patch });
        const entries = Array.isArray(answer) ? answer : (answer as VersionDiffJson).entries;
        if (patch || session.output.isJson) session.output.json(answer);
        else showDiff(session.output, answer as VersionDiffJson);
        if (exitCode && entries.length > 0) throw new CliError(ExitCode.No, 'DIFFERENT', 'They differ.');
      }),
    );
}

/** A version, or the sources. */
function side(text: string): number | 'sources' {
  if (text === 'sources') return text;
  try {
    return wholeNumber(text);
  } catch {
    throw new InvalidArgumentError("It must be the number of a version, or 'sources'.");
  }
}

const SIGNS = { added: '+', removed: '-', changed: '~', typeChanged: '!', moved: '>' } as const;
const COLOURS = {
  added: 'green',
  removed: 'red',
  changed: 'yellow',
  typeChanged: 'magenta',
  moved: 'cyan',
} as const;

function showDiff(output: Output, { from, to, entries }: VersionDiffJson): void {
  if (output.isTerminal)
    output.line(`${cell(from)} → ${cell(to)}${entries.length === 0 ? ': no difference' : ''}`);
  output.table(
    ['', 'path', 'before', 'now'],
    // JSON leaves out what is undefined; the rest of an entry is always there.
    entries.map(
      ({ kind = 'changed', path = '', previousPath, previous, current }: Partial<VersionDiffEntry>) => [
        output.style(COLOURS[kind], SIGNS[kind]),
        cell(previousPath === undefined || previousPath === path ? path : `${previousPath} → ${path}`),
        kind === 'added' ? '' : cell(previous ?? null),
        kind === 'removed' ? '' : cell(current ?? null),
      ],
    ),
  );
}
