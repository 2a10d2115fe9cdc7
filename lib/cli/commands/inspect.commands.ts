import type { Command } from 'commander';
import { visibleText } from '../../util/printable-text.js';
import type { PlanResponse } from '../../control/responses.js';
import { formatIssues } from '../../model/format-issues.js';
import type { ConfigVersion } from '../../history/config-version.interface.js';
import type { ConfigExplanation } from '../../history/explain.js';
import { formatOrigin } from '../../model/origin.interface.js';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import type { AsJson } from '../output/as-json.type.js';
import { cell, type Output } from '../output/output.js';
import { overrideText } from '../output/override-text.js';
import { showChanges } from '../output/show-reload.js';
import { showValue } from '../output/value-text.js';
import type { Runner } from '../session/runner.js';

/** The commands that look at values and versions, and change nothing. */
export function addInspectCommands(program: Command, run: Runner): void {
  program
    .command('get')
    .description('the value in force at a path, or everything; secrets are hidden')
    .argument('[path]', 'for example llm.model')
    .action(
      run(async (session, [path]) => {
        const answer = await session.ask<{ value: unknown }>('get', path === undefined ? {} : { path });
        if (session.output.isJson) session.output.json(answer);
        else showValue(session.output, answer.value);
      }),
    );

  program
    .command('explain')
    .description('where a value comes from, and what it hides')
    .argument('<path>', 'for example llm.model')
    .action(
      run(async (session, [path]) => {
        const answer = await session.ask<AsJson<ConfigExplanation>>('explain', { path });
        if (session.output.isJson) session.output.json(answer);
        else showExplanation(session.output, answer);
      }),
    );

  program
    .command('plan')
    .description('what a reload would do now; nothing is done')
    .action(run(async (session) => showPlan(session.output, await session.ask<PlanResponse>('plan'))));

  program
    .command('history')
    .description('the versions that are kept, the newest first')
    .action(
      run(async (session) => {
        const versions = await session.ask<AsJson<ConfigVersion>[]>('history');
        if (session.output.isJson) session.output.json(versions);
        else showHistory(session.output, versions);
      }),
    );
}

function showExplanation(output: Output, answer: AsJson<ConfigExplanation>): void {
  const { override, shadowed } = answer;
  output.pairs([
    ['Path', cell(answer.path)],
    ['Value', cell(answer.value)],
    ['Source', place(answer)],
    [
      'Since',
      `version ${answer.version}${answer.orEarlier ? ' or earlier' : ''}, ${output.moment(answer.time)}`,
    ],
    ...(override ? [['Override', overrideText(output, override)] as const] : []),
    ...shadowed.map((hidden) => ['Hides', `${cell(hidden.value)} of ${place(hidden)}`] as const),
    ...(answer.pendingRestart
      ? [['Restart', 'the sources say another value, which waits for a restart'] as const]
      : []),
  ]);
}

function place({ source, origin }: Pick<AsJson<ConfigExplanation>, 'source' | 'origin'>): string {
  return cell(origin === undefined ? source : formatOrigin(origin));
}

function showPlan(output: Output, plan: PlanResponse): void {
  if (output.isJson) output.json(plan);
  else if (plan.outcome !== 'rejected') {
    if (plan.outcome === 'unchanged') output.line('A reload would change nothing.');
    else if (output.isTerminal)
      output.line(`A reload would make ${plan.changes.length + (plan.moreChanges ?? 0)} changes:`);
    showChanges(output, plan);
    if (output.isTerminal) output.pairs(consequences(plan));
    if (plan.issues.length > 0) output.note(visibleText(formatIssues(plan.issues)));
  }
  if (plan.outcome === 'rejected')
    throw new CliError(
      ExitCode.No,
      plan.error!.code,
      `A reload would be rejected: ${visibleText(plan.error!.message)}`,
      'Mend what it says.',
    );
}

function consequences(plan: PlanResponse): [string, string][] {
  const rows: [string, readonly string[]][] = [
    ['Asked first', plan.vetoes],
    ['Told', plan.handlers],
    ['Built again', plan.components],
    ['Waits for a restart', plan.restart],
  ];
  return rows
    .filter(([, names]) => names.length > 0)
    .map(([name, names]) => [name, names.map(cell).join(', ')]);
}

function showHistory(output: Output, versions: readonly AsJson<ConfigVersion>[]): void {
  output.table(
    ['version', 'time', 'cause', 'changes', 'sources', 'by', 'reason', ''],
    versions
      .toReversed()
      .map((entry) => [
        String(entry.version),
        output.moment(entry.time),
        entry.restored === undefined ? entry.cause : `${entry.cause} to ${entry.restored}`,
        statsText(entry.stats),
        entry.sources.map(cell).join(', '),
        cell(entry.actor ?? ''),
        cell(entry.reason ?? ''),
        [entry.current && output.style('green', 'current'), entry.pinned && 'pinned']
          .filter(Boolean)
          .join(', '),
      ]),
  );
}

/** `+1 -2 ~3` */
function statsText({ added, removed, changed, typeChanged }: ConfigVersion['stats']): string {
  const parts = [
    added > 0 && `+${added}`,
    removed > 0 && `-${removed}`,
    changed + typeChanged > 0 && `~${changed + typeChanged}`,
  ];
  return parts.filter(Boolean).join(' ');
}
