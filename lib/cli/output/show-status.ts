import type { AppIdentity } from '../../control/protocol.js';
import { visibleText } from '../../util/printable-text.js';
import type { HotConfigStatus } from '../../runtime/status.interface.js';
import type { AsJson } from './as-json.type.js';
import { cell, type Output } from './output.js';
import { overrideText } from './override-text.js';
import { span } from './format-time.js';

/** What `status` answers. */
export type StatusAnswer = AsJson<HotConfigStatus> & { readonly app: AppIdentity };

/** Status, a line each; what is as it should be and says nothing is left out. */
export function showStatus(output: Output, status: StatusAnswer): void {
  const { app, reloads, pins, refreshables, lastError } = status;
  const red = (text: string) => output.style('red', text);
  output.pairs([
    ['App', `${cell(app.name)}, pid ${app.pid}, in ${cell(app.cwd)}, since ${output.moment(app.startedAt)}`],
    ['Version', `${status.version} (${status.cause}), since ${output.moment(status.since)}`],
    ['Hash', status.hash],
    ['Probation', ...(status.probation ? [probationText(output, status.probation)] : [])],
    ['Reloads', `${reloads.applied} applied, ${reloads.unchanged} unchanged, ${reloads.rejected} rejected`],
    [
      'Sources',
      ...status.sources.map(
        ({ name, health }) => `${cell(name)} ${health === 'live' ? health : red(health)}`,
      ),
    ],
    status.watching
      ? ['Watching', ...status.watchedFiles.map(cell)]
      : ['Watching', output.style('yellow', 'no')],
    ['Polling', ...status.pollingFiles.map(cell)],
    ['Missed', ...when(status.missedEvents > 0, `${status.missedEvents} changes that no event announced`)],
    ['Breaker', ...when(status.breaker === 'open', red('open: watching backs off after many rejections'))],
    ['Drift', ...when(status.drifted, red(driftText(status)))],
    ['Overrides', ...status.overrides.map((entry) => `${cell(entry.path)} ${overrideText(output, entry)}`)],
    ['Restart', ...status.pendingRestart.map((path) => `${cell(path)} waits for one`)],
    ['Pins', ...when(pins.total > 0, `${pins.total}, the oldest ${span(pins.oldestAgeMs ?? 0)}`)],
    [
      'Components',
      ...when(
        refreshables.built > 0,
        `${refreshables.built} built, ${refreshables.disposed} disposed, ${refreshables.draining} draining`,
      ),
    ],
    [
      'Last error',
      ...(lastError === undefined ? [] : [output.moment(lastError.time), visibleText(lastError.message)]),
    ],
  ]);
}

function when(condition: boolean, text: string): string[] {
  return condition ? [text] : [];
}

function probationText(
  output: Output,
  { until, checks, requests, errors }: NonNullable<StatusAnswer['probation']>,
): string {
  return `until ${output.moment(until)}: ${checks} checks, ${errors} of ${requests} requests failed`;
}

/** What somebody should look at. */
export function problemsOf(status: StatusAnswer): string[] {
  const down = status.sources
    .filter(({ health }) => health !== 'live')
    .map(({ name, health }) => `${cell(name)} is ${health}`);
  return [
    ...(status.drifted ? [driftText(status)] : []),
    ...(status.breaker === 'open' ? ['the circuit breaker is open'] : []),
    ...down,
  ];
}

function driftText({ rolledBack }: StatusAnswer): string {
  if (rolledBack.length > 0)
    return `rolled back from what ${rolledBack.map(cell).join(', ')} says; reload --force ends that`;
  return 'the newest content is rejected';
}
