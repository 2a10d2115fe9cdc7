import type { ReloadCause, ReloadStage } from '../model/reload-stage.js';
import type { ObservableInstrument, Sample } from '../runtime/instrument.interface.js';
import type { BuiltInInstrumentName } from '../runtime/instrument-names.js';
import type { HotConfigStatus } from '../runtime/status.interface.js';
import type { HotConfigPort } from '../runtime/port.interface.js';
import { MetricsInput } from './metrics-input.js';

/** Causes and rejecting stages of a running app. Their series start at 0, so that `rate()` includes the first reload. */
const CAUSES: readonly ReloadCause[] = ['file', 'manual', 'rollback', 'override', 'remote'];
const STAGES: readonly ReloadStage[] = ['collect', 'merge', 'validate', 'prepare'];

interface BuiltInInstrument extends Omit<ObservableInstrument, 'read'> {
  readonly name: BuiltInInstrumentName;
  readonly read: (input: MetricsInput) => readonly Sample[];
}

const BUILT_IN_INSTRUMENTS: readonly BuiltInInstrument[] = [
  counter('reloads', 'Reloads by outcome, cause, and the stage that rejected them.', {
    labels: ['outcome', 'cause', 'stage'],
    read: reloads,
  }),
  gauge(
    'last_reload.successful',
    '1 if the content of the sources was accepted when it was last read, 0 if it was rejected.',
    {
      // A rejected override or rollback is not a failure of the sources, and no reload would reset it.
      read: ({ status }) => flag(status.rejection === undefined),
    },
  ),
  gauge(
    'last_reload.success_timestamp',
    'Time of the last reload that was not rejected, in seconds since the epoch.',
    {
      unit: 'seconds',
      read: ({ status }) => one((status.lastSuccess?.getTime() ?? 0) / 1_000),
    },
  ),
  gauge('version', 'Version of the configuration in force, counted from 1 since the process started.', {
    read: ({ status }) => one(status.version),
  }),
  gauge('info', 'Always 1; the label is a hash of the configuration in force, to compare processes.', {
    labels: ['hash'],
    read: ({ status }) => [{ value: 1, labels: { hash: status.comparableHash } }],
  }),
  gauge(
    'degraded',
    '1 for each reason why the state of the configuration is degraded; the app serves from the version in force.',
    {
      labels: ['reason'],
      read: ({ status, problemKinds }) => {
        const present = new Set<string>(status.problems.map(({ kind }) => kind));
        return problemKinds.map((reason) => ({
          value: present.has(reason) ? 1 : 0,
          labels: { reason },
        }));
      },
    },
  ),
  gauge('drifted', '1 if the configuration in force differs from the content of the sources.', {
    read: ({ status }) => flag(status.drifted),
  }),
  gauge('on_probation', '1 if the version in force is on probation.', {
    read: ({ status }) => flag(status.probation !== undefined),
  }),
  gauge('watching', '1 if the sources are watched.', { read: ({ status }) => flag(status.watching) }),
  gauge('watched_paths', 'Files and directories that are watched.', {
    read: ({ status }) => one(status.watchedFiles.length),
  }),
  gauge(
    'polling_paths',
    'Watched files and directories that are polled, because file system events do not work for them.',
    {
      read: ({ status }) => one(status.pollingFiles.length),
    },
  ),
  counter('missed_events', 'Changes without a file system event, found by the safety poll.', {
    read: ({ status }) => one(status.missedEvents),
  }),
  gauge(
    'breaker_open',
    '1 if changes that a source reports are delayed by the circuit breaker, after repeated rejections.',
    {
      read: ({ status }) => flag(status.breaker === 'open'),
    },
  ),
  gauge('sources', 'Sources by state: live, stale or down.', {
    labels: ['state'],
    read: ({ status }) =>
      (['live', 'stale', 'down'] as const).map((state) => ({
        value: status.sources.filter(({ health }) => health === state).length,
        labels: { state },
      })),
  }),
  gauge('source.age', 'Time since a source over a network has answered.', {
    unit: 'seconds',
    labels: ['source'],
    read: ({ status }) =>
      remoteSources(status)
        .toSorted((a, b) => b.ageMs - a.ageMs)
        .slice(0, MAX_SOURCES)
        .map(({ name, ageMs }) => ({ value: ageMs / 1_000, labels: { source: name } })),
  }),
  counter('source.checks', 'Requests to a source over a network, those that failed included.', {
    labels: ['source'],
    read: ({ status }) =>
      firstSources(status).map(({ name, checks }) => ({ value: checks.count, labels: { source: name } })),
  }),
  counter(
    'source.check_failures',
    'Requests to a source over a network that had no answer, or none to use.',
    {
      labels: ['source'],
      read: ({ status }) =>
        firstSources(status).map(({ name, checks }) => ({
          value: checks.failures,
          labels: { source: name },
        })),
    },
  ),
  gauge('source.info', '1 for each source over a network, with the revision of its content in force.', {
    labels: ['source', 'revision'],
    read: ({ status }) =>
      firstSources(status).map(({ name, revision = '' }) => ({
        value: 1,
        labels: { source: name, revision },
      })),
  }),
  gauge('overrides', 'Values that are set at run time, on top of the sources.', {
    read: ({ status }) => one(status.overrides.length),
  }),
  gauge('pending_restart_paths', 'Paths whose new values wait for a restart.', {
    read: ({ status }) => one(status.pendingRestart.length),
  }),
  counter('handler.errors', 'Calls of change handlers that failed.', {
    read: ({ status }) => one(status.handlers.errors),
  }),
  counter('handler.timeouts', 'Calls of change handlers that timed out.', {
    read: ({ status }) => one(status.handlers.timeouts),
  }),
  counter('handler.retries', 'Calls of change handlers that were retries.', {
    read: ({ status }) => one(status.handlers.retries),
  }),
  gauge('handler.failing', '1 for each change handler whose last call failed; no series if there is none.', {
    labels: ['handler'],
    read: ({ status }) => status.handlers.failing.map((handler) => ({ value: 1, labels: { handler } })),
  }),
  gauge('pins', 'Requests and other work that pin a version, by version.', {
    labels: ['version'],
    // The newest first: earlier ones are added up if there are too many.
    read: ({ status }) =>
      Object.entries(status.pins.byVersion)
        .toReversed()
        .map(([version, value]) => ({ value, labels: { version } })),
  }),
  gauge('oldest_pin.age', 'Age of the oldest pin; 0 if there is none.', {
    unit: 'seconds',
    read: ({ status }) => one((status.pins.oldestAgeMs ?? 0) / 1_000),
  }),
  counter('refreshables.built', 'Component instances that were built from configuration.', {
    read: ({ status }) => one(status.refreshables.built),
  }),
  counter('refreshables.disposed', 'Component instances that were disposed.', {
    read: ({ status }) => one(status.refreshables.disposed),
  }),
  counter('refreshables.dispose_errors', 'Component instances whose disposal failed.', {
    read: ({ status }) => one(status.refreshables.disposeErrors),
  }),
  gauge('refreshables.draining', 'Replaced component instances that are still in use by earlier work.', {
    read: ({ status }) => one(status.refreshables.draining),
  }),
];

/** Returns the counters and gauges of an app, by their names. */
export function builtInInstruments(
  port: HotConfigPort,
): readonly (readonly [name: BuiltInInstrumentName, instrument: ObservableInstrument])[] {
  const input = new MetricsInput(port);
  return BUILT_IN_INSTRUMENTS.map(({ name, read, ...rest }) => [name, { ...rest, read: () => read(input) }]);
}

type Rest = Omit<BuiltInInstrument, 'kind' | 'name' | 'help'>;

function counter(name: BuiltInInstrumentName, help: string, rest: Rest): BuiltInInstrument {
  return { kind: 'counter', name, help, ...rest };
}

function gauge(name: BuiltInInstrumentName, help: string, rest: Rest): BuiltInInstrument {
  return { kind: 'gauge', name, help, ...rest };
}

/** Sources that have series of their own, by their names: the values of others cannot be added up. */
const MAX_SOURCES = 20;

/** Returns the sources over a network, in the order of their names. */
function remoteSources({ sources }: HotConfigStatus) {
  const now = Date.now();
  return sources
    .flatMap(({ checks, ...source }) => (checks === undefined ? [] : [{ ...source, checks }]))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((source) => ({ ...source, ageMs: Math.max(0, now - +(source.checks.last ?? source.since)) }));
}

function firstSources(status: HotConfigStatus) {
  return remoteSources(status).slice(0, MAX_SOURCES);
}

function one(value: number): Sample[] {
  return [{ value }];
}

function flag(value: boolean): Sample[] {
  return one(value ? 1 : 0);
}

function reloads(input: MetricsInput): Sample[] {
  const samples = new Map<string, Sample>();
  const count = (outcome: string, cause: string, stage: string, value: number) =>
    samples.set(`${outcome} ${cause} ${stage}`, { value, labels: { outcome, cause, stage } });
  for (const cause of CAUSES) {
    count('applied', cause, '', 0);
    count('unchanged', cause, '', 0);
    for (const stage of STAGES) count('rejected', cause, stage, 0);
  }
  for (const reload of input.reloads) count(reload.outcome, reload.cause, reload.stage ?? '', reload.count);
  return [...samples.values()];
}
