import type { ReloadResponse, ChangeResponse } from '../../control/responses.js';
import { formatIssues } from '../../model/format-issues.js';
import { visibleText } from '../../util/printable-text.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import { cell, type Output } from './output.js';
import { span } from './format-time.js';

/** Tells how a reload ended that was asked for; throws where it was rejected. */
export function showReload(output: Output, answer: ReloadResponse): void {
  if (output.isJson) output.json(answer);
  else if (answer.outcome !== 'rejected') {
    output.line(summaryOf(output, answer));
    showChanges(output, answer);
    if (answer.issues.length > 0) output.note(visibleText(formatIssues(answer.issues)));
  }
  if (answer.outcome === 'rejected')
    throw new CliError(
      ExitCode.No,
      answer.error!.code,
      visibleText(answer.error!.message),
      NEXT[answer.error!.code] ?? 'Mend what it says, and try again.',
    );
}

const NEXT: Readonly<Record<string, string>> = {
  CONFIG_ROLLBACK: 'See which versions are kept: hot-config history',
  CONFIG_VETO:
    'A @BeforeConfigChange method or a component of the app refused; the log of the app may say more.',
};

/** `Version 3 applied (manual, 2 changes, 4.1 ms)` */
export function summaryOf(output: Output, answer: ReloadResponse): string {
  const { outcome, version, cause, durationMs } = answer;
  const count = answer.changes.length + (answer.moreChanges ?? 0);
  const details = `(${cause}, ${count === 1 ? '1 change' : `${count} changes`}, ${span(durationMs)})`;
  switch (outcome) {
    case 'applied':
      return `${output.style('green', `Version ${version} applied`)} ${details}`;
    case 'unchanged':
      return `Unchanged, still version ${version} (${cause}, ${span(durationMs)})`;
    case 'rejected':
      return `${output.style('red', `Rejected at ${answer.stage}`)}, keeping version ${version} (${cause}, ${span(durationMs)})`;
  }
}

interface Changed {
  readonly changes: readonly ChangeResponse[];
  readonly moreChanges?: number;
}

/** The changes, one a line. */
export function showChanges(output: Output, { changes, moreChanges = 0 }: Changed): void {
  output.table(
    ['', 'path', 'before', 'now'],
    changes.map((change) => changeRow(output, change)),
  );
  if (moreChanges > 0) output.note(`… and ${moreChanges} more`);
}

const SIGNS = { added: '+', removed: '-', changed: '~' } as const;
const COLOURS = { added: 'green', removed: 'red', changed: 'yellow' } as const;

function changeRow(output: Output, { kind, path, previous, current }: ChangeResponse): string[] {
  return [
    output.style(COLOURS[kind], SIGNS[kind]),
    cell(path),
    kind === 'added' ? '' : cell(previous ?? null),
    kind === 'removed' ? '' : cell(current ?? null),
  ];
}
