import type { Command } from 'commander';
import { dump } from 'js-yaml';
import type { AsJson } from '../../control/protocol.js';
import type { PlanResponse } from '../../control/responses.js';
import type { ConfigVersion } from '../../history/config-version.interface.js';
import type { ConfigExplanation } from '../../history/explain.js';
import type { LayerInput } from '../../model/layer.interface.js';
import { formatOrigin } from '../../model/origin.interface.js';
import { escapeControlsKeepLines, escapeForPrograms } from '../../util/control-characters.js';
import { cell, type Output } from '../output/output.js';
import { countOf, rejection, showChanges, showIssues } from '../output/show-reload.js';
import { describeOverride, readsAtStart } from '../output/show-status.js';
import type { Runner } from '../session/session.js';
import { examples } from './examples.js';

/** Adds the commands that show values and versions. */
export function addInspectCommands(program: Command, run: Runner): void {
  program
    .command('get')
    .description('print the value in force at a path, or all values; secrets are redacted')
    .addHelpText('after', examples('get', 'get llm.model', 'get llm --json'))
    .argument('[path]', 'path of a value, for example llm.model')
    .action(
      run(async (session, [path]) => {
        const response = await session.read<{ value: unknown }>('get', path === undefined ? {} : { path });
        if (session.output.isJson) session.output.json(response);
        else showValue(session.output, response.value);
      }),
    );

  program
    .command('explain')
    .description('show the source of a value, and the values of other sources that it replaces')
    .addHelpText('after', examples('explain llm.model'))
    .argument('<path>', 'path of a value, for example llm.model')
    .action(
      run(async (session, [path]) => {
        const response = await session.read<AsJson<ConfigExplanation>>('explain', { path });
        if (session.output.isJson) session.output.json(response);
        else showExplanation(session.output, response);
      }),
    );

  program
    .command('plan')
    .description('show what a reload would do, without doing it')
    .addHelpText('after', examples('plan', 'plan --force', 'plan --json'))
    .option('--force', 'show what reload --force would do: it also applies content that was rolled back')
    .action(
      run<{ force?: true }>(async (session, _args, { force }) =>
        showPlan(session.output, await session.read<PlanResponse>('plan', { force })),
      ),
    );

  program
    .command('history')
    .description('list the kept versions, the newest first')
    .addHelpText('after', examples('history', 'history --json'))
    .action(
      run(async (session) => {
        const versions = await session.read<AsJson<ConfigVersion>[]>('history');
        if (session.output.isJson) session.output.json(versions);
        else showHistory(session.output, versions);
      }),
    );
}

/**
 * Prints a value: a string without quotes, so that scripts can use it. An object or an array is YAML on a terminal, and
 * JSON in a pipe. Control characters are escaped, in a pipe too: its reader may be a terminal. `--json` has them all.
 */
function showValue(output: Output, value: unknown): void {
  if (typeof value === 'string')
    output.line(output.isTerminal ? escapeControlsKeepLines(value) : escapeForPrograms(value));
  else if (typeof value !== 'object' || value === null || !output.isTerminal)
    output.line(JSON.stringify(value));
  else output.line(escapeControlsKeepLines(dump(value, { noRefs: true, lineWidth: -1 })).trimEnd());
}

function showExplanation(output: Output, response: AsJson<ConfigExplanation>): void {
  const { override, shadowed, madeFrom = [] } = response;
  output.pairs([
    ['Path', cell(response.path)],
    ['Value', cell(response.value)],
    ['Source', place(response)],
    ...madeFrom.map((each) => ['Made from', input(each)] as const),
    [
      'Since',
      `version ${cell(response.version)}${response.orEarlier ? ' or earlier' : ''}, ${output.time(response.time)}`,
    ],
    ...(override ? [['Override', describeOverride(output, override)] as const] : []),
    ...shadowed.map((hidden) => ['Replaces', `${cell(hidden.value)} from ${place(hidden)}`] as const),
    ...(response.pendingRestart
      ? [['Restart', 'the sources contain another value, which needs a restart'] as const]
      : []),
    ...readsAtStart(response.readAtStart).map((read) => ['At start', read] as const),
  ]);
}

/** Returns `DB_HOST from .env:1:9`, or `DB_HOST from the environment`. */
function input({ name, origin }: LayerInput): string {
  if (origin === undefined) return cell(`${name}, which is not set`);
  return cell(`${name} from ${origin.file === undefined ? 'the environment' : formatOrigin(origin)}`);
}

function place({ source, origin }: Pick<AsJson<ConfigExplanation>, 'source' | 'origin'>): string {
  return cell(origin === undefined ? source : formatOrigin(origin));
}

function showPlan(output: Output, plan: PlanResponse): void {
  if (output.isJson) output.json(plan);
  else if (plan.outcome !== 'rejected') {
    if (plan.outcome === 'unchanged') output.line('A reload would change nothing.');
    else if (plan.outcome !== 'applied') output.line(`A reload would be ${cell(plan.outcome)}.`);
    else if (output.isTerminal) output.line(`A reload would make ${countOf(plan)}:`);
    showChanges(output, plan);
    showConsequences(output, plan);
    showIssues(output, plan);
  }
  if (plan.outcome === 'rejected')
    throw rejection(plan.error!.code, `A reload would be rejected: ${plan.error!.message}`);
}

/** In a pipe, stdout has the changes only. */
function showConsequences(output: Output, plan: PlanResponse): void {
  const rows = consequences(plan);
  if (output.isTerminal) output.pairs(rows);
  else for (const [name, value] of rows) output.note(`${name}: ${value}`);
}

function consequences(plan: Partial<PlanResponse>): [string, string][] {
  // An older app does not send the last member; a newer one, with an outcome that is not known here, may send none.
  const { vetoes = [], handlers = [], components = [], restart = [], rolledBack = [] } = plan;
  const rows: [string, readonly string[]][] = [
    ['Checked by', vetoes],
    ['Notifies', handlers],
    ['Rebuilds', components],
    ['Needs a restart', restart],
  ];
  return [
    ...rows
      .filter(([, names]) => names.length > 0)
      .map(([name, names]): [string, string] => [name, names.map(cell).join(', ')]),
    ...readsAtStart(plan.readAtStart).map((read): [string, string] => ['Old values', read]),
    ...rolledBack.map((source): [string, string] => [
      'Rolled back',
      `the content of ${cell(source)} stays out of force; see plan --force`,
    ]),
  ];
}

/** Prints the versions. The column of revisions is the last one, and is absent if no version has any. */
function showHistory(output: Output, versions: readonly AsJson<ConfigVersion>[]): void {
  const hasRevisions = versions.some(({ revisions }) => revisions !== undefined);
  output.table(
    [
      'version',
      'time',
      'cause',
      'changes',
      'sources',
      'by',
      'reason',
      '',
      ...(hasRevisions ? ['revisions'] : []),
    ],
    versions
      .toReversed()
      .map((entry) => [
        cell(entry.version),
        output.time(entry.time),
        cell(entry.restored === undefined ? entry.cause : `${entry.cause} to ${entry.restored}`),
        countsIn(entry.stats),
        entry.sources.map(cell).join(', '),
        cell(entry.actor ?? ''),
        cell(entry.reason ?? ''),
        [entry.current && output.style('green', 'current'), entry.pinned && 'pinned']
          .filter(Boolean)
          .join(', '),
        ...(hasRevisions ? [revisionsIn(output, entry)] : []),
      ]),
  );
}

/** Formats the revisions of the remote sources: `release 42, https://config.internal/app.yaml "5d8c72a5"`. */
function revisionsIn(output: Output, { revisions = {} }: AsJson<ConfigVersion>): string {
  return Object.entries(revisions)
    .map(([source, revision]) => `${cell(source)} ${output.revision(revision)}`)
    .join(', ');
}

/** Formats the numbers of added, removed and changed values: `+1 -2 ~3`. */
function countsIn({ added, removed, changed, typeChanged }: ConfigVersion['stats']): string {
  const parts = [
    added > 0 && `+${added}`,
    removed > 0 && `-${removed}`,
    changed + typeChanged > 0 && `~${changed + typeChanged}`,
  ];
  return parts.filter(Boolean).join(' ');
}
