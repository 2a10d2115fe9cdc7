import type { AsJson } from '../../control/protocol.js';
import type { StartRead } from '../../model/start-read.interface.js';
import type { OverrideStatus } from '../../sources/overrides.source.js';
import { escapeControlsKeepLines } from '../../util/control-characters.js';
import { formatDuration } from '../../util/format-duration.js';
import { plural } from '../../util/plural.js';
import { cell, type Output } from './output.js';
import { problemsIn, warningsIn, type StatusResponse } from './status-problems.js';

/** Prints the status. Lines without news are left out. */
export function showStatus(output: Output, status: StatusResponse): void {
  const { app, reloads, pins, refreshables, probation, lastError } = status;
  const red = (text: string) => output.style('red', text);
  output.pairs([
    [
      'App',
      `${cell(app.name)}, pid ${cell(app.pid)}, in ${cell(app.cwd)}, since ${output.time(app.startedAt)}`,
    ],
    ['Version', `${cell(status.version)} (${cell(status.cause)}), since ${output.time(status.since)}`],
    ['Hash', cell(status.hash)],
    [
      'Probation',
      ...(probation === undefined
        ? []
        : [
            `until ${output.time(probation.until)}: ${plural(probation.checks, 'check')}, ${probation.errors} of ${plural(probation.requests, 'request')} failed`,
          ]),
    ],
    ['Reloads', `${reloads.applied} applied, ${reloads.unchanged} unchanged, ${reloads.rejected} rejected`],
    ['Sources', ...status.sources.map((source) => describeSource(output, source))],
    ['Warnings', ...warningsIn(status).map((warning) => output.style('yellow', cell(warning)))],
    status.watching
      ? ['Watching', ...status.watchedFiles.map(cell)]
      : ['Watching', output.style('yellow', 'no')],
    ['Polling', ...status.pollingFiles.map(cell)],
    [
      'Missed',
      ...lineIf(
        status.missedEvents > 0,
        `${plural(status.missedEvents, 'change')} without an event, found by polling`,
      ),
    ],
    ['Problems', ...problemsIn(status).map((problem) => red(output.message(problem)))],
    [
      'Overrides',
      ...status.overrides.map((override) => `${cell(override.path)} ${describeOverride(output, override)}`),
    ],
    ['Restart', ...status.pendingRestart.map((path) => `${cell(path)} has a new value that needs a restart`)],
    ['Old values', ...readsAtStart(status.readAtStart)],
    [
      'Pins',
      ...lineIf(pins.total > 0, `${pins.total}, the oldest for ${formatDuration(pins.oldestAgeMs ?? 0)}`),
    ],
    [
      'Components',
      ...lineIf(
        refreshables.built > 0,
        `${refreshables.built} built, ${refreshables.disposed} disposed, ${refreshables.draining} draining`,
      ),
    ],
    [
      'Last error',
      ...(lastError === undefined
        ? []
        : [describeEnd(output, lastError), escapeControlsKeepLines(lastError.message)]),
    ],
  ]);
}

/** Describes the time of an error, and the end of what it reports. */
function describeEnd(output: Output, { time, overSince }: NonNullable<StatusResponse['lastError']>): string {
  const end = overSince === undefined ? '' : `, over since ${output.time(overSince)}`;
  return `${output.time(time)}${end}`;
}

/** Describes a source: on one short line if it is live, else with the start of its state and the reason for it. */
function describeSource(
  output: Output,
  { name, health, since, detail, revision }: StatusResponse['sources'][number],
): string {
  const isLive = health === 'live';
  const state = isLive ? health : `${output.style('red', cell(health))} since ${output.time(since)}`;
  const shown = revision === undefined ? '' : `, revision ${output.revision(revision)}`;
  return `${cell(name)} ${state}${shown}${isLive || detail === undefined ? '' : `: ${cell(detail)}`}`;
}

/** Describes the start and the end of an override, its user and its reason. */
export function describeOverride(
  output: Output,
  { since, expiresAt, actor, reason }: AsJson<OverrideStatus>,
): string {
  const until = expiresAt === undefined ? '' : ` until ${output.time(expiresAt)}`;
  const by = actor === undefined ? '' : ` by ${cell(actor)}`;
  return `since ${output.time(since)}${until}${by}${reason === undefined ? '' : `: ${cell(reason)}`}`;
}

/** Describes the values that code has read at the start: `auth.secret, read at start by JwtStrategy (src/jwt.strategy.ts:14)`. */
export function readsAtStart(reads: readonly StartRead[] = []): string[] {
  return reads.map((read) => `${cell(read.path)}, read at start${describeReader(read)}`);
}

function describeReader({ by, place }: StartRead): string {
  const reader = by === undefined ? '' : ` by ${cell(by)}`;
  return place === undefined ? reader : `${reader} (${cell(place)})`;
}

function lineIf(condition: boolean, text: string): string[] {
  return condition ? [text] : [];
}
