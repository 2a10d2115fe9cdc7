import { CONFIG_PROBLEM_KINDS, problemsOf } from '../runtime/problems.js';
import type { ReloadCause, ReloadStage } from '../model/reload-stage.js';
import type { Facts } from './facts.js';
import { limitCardinality } from './limit-cardinality.js';
import type { ReadInstrument, Sample } from './instrument.interface.js';

/** Causes that a running app has reloads by, and stages that reject: their series begin at 0, so that rates see the first. */
const CAUSES: readonly ReloadCause[] = ['file', 'manual', 'rollback', 'override', 'remote'];
const STAGES: readonly ReloadStage[] = ['collect', 'merge', 'validate', 'prepare'];

/** Everything that is read when somebody collects. Series of one name have the same labels. */
export const READ_INSTRUMENTS: readonly ReadInstrument[] = [
  counter('reloads', 'Reloads by their outcome, what set them off, and the stage that rejected them.', {
    labels: ['outcome', 'cause', 'stage'],
    read: reloads,
  }),
  gauge(
    'last_reload.successful',
    'Whether what the sources say was accepted when they were last read (1), or rejected (0).',
    {
      // A refused override or rollback is no failure of the sources, and no reload would ever mend it.
      read: ({ status }) => flag(!status.rejected),
    },
  ),
  gauge('last_reload.success_timestamp', 'When a reload last ended well, in seconds since the epoch.', {
    unit: 'seconds',
    read: ({ status }) => one((status.lastSuccess?.getTime() ?? 0) / 1_000),
  }),
  gauge(
    'version',
    'The version of the configuration in force, counted from 1 since the start of the process.',
    {
      read: ({ status }) => one(status.version),
    },
  ),
  gauge('info', 'Always 1; the label is the hash by which processes are compared.', {
    labels: ['hash'],
    read: ({ status }) => [{ value: 1, labels: { hash: status.comparableHash } }],
  }),
  gauge('degraded', 'What should be looked at (1), though the app serves from what is in force.', {
    labels: ['reason'],
    read: ({ status }) => {
      const present = new Set(problemsOf(status).map(({ kind }) => kind));
      return CONFIG_PROBLEM_KINDS.map((reason) => ({
        value: present.has(reason) ? 1 : 0,
        labels: { reason },
      }));
    },
  }),
  gauge('drifted', 'Whether what is in force differs from what the sources say (1).', {
    read: ({ status }) => flag(status.drifted),
  }),
  gauge('on_probation', 'Whether the version in force still has to prove itself (1).', {
    read: ({ status }) => flag(status.probation !== undefined),
  }),
  gauge('watching', 'Whether sources are watched (1).', { read: ({ status }) => flag(status.watching) }),
  gauge('watched_paths', 'Files and directories that are watched.', {
    read: ({ status }) => one(status.watchedFiles.length),
  }),
  gauge('polling_paths', 'Watched files and directories that are polled, because events do not work there.', {
    read: ({ status }) => one(status.pollingFiles.length),
  }),
  counter('missed_events', 'Changes that no event announced, found by the safety poll.', {
    read: ({ status }) => one(status.missedEvents),
  }),
  gauge('breaker_open', 'Whether watching backs off, because content was rejected again and again (1).', {
    read: ({ status }) => flag(status.breaker === 'open'),
  }),
  gauge('sources', 'Sources by how well they can be reached.', {
    labels: ['state'],
    read: ({ status }) =>
      (['live', 'stale', 'down'] as const).map((state) => ({
        value: status.sources.filter(({ health }) => health === state).length,
        labels: { state },
      })),
  }),
  gauge('overrides', 'Values that are set at run time, on top of the sources.', {
    read: ({ status }) => one(status.overrides.length),
  }),
  gauge('pending_restart_paths', 'Paths whose new values wait for a restart.', {
    read: ({ status }) => one(status.pendingRestart.length),
  }),
  counter('handler.errors', 'Calls of handlers of changes that failed.', {
    read: ({ status }) => one(status.handlers.errors),
  }),
  counter('handler.timeouts', 'Calls of handlers of changes that took too long.', {
    read: ({ status }) => one(status.handlers.timeouts),
  }),
  counter('handler.retries', 'Calls of handlers of changes that were made again.', {
    read: ({ status }) => one(status.handlers.retries),
  }),
  gauge('handler.failing', 'Handlers of changes whose last call failed (1); no series where there is none.', {
    labels: ['handler'],
    read: ({ status }) =>
      limitCardinality(
        'handler',
        status.handlers.failing.map((handler) => [handler, 1]),
      ),
  }),
  gauge('pins', 'Requests and other work that hold a version, by the version.', {
    labels: ['version'],
    read: ({ status }) => limitCardinality('version', Object.entries(status.pins.byVersion).reverse()),
  }),
  gauge('oldest_pin.age', 'For how long the oldest of them has held its version; 0 where there is none.', {
    unit: 'seconds',
    read: ({ status }) => one((status.pins.oldestAgeMs ?? 0) / 1_000),
  }),
  counter('refreshables.built', 'Instances of components that were built from configuration.', {
    read: ({ status }) => one(status.refreshables.built),
  }),
  counter('refreshables.disposed', 'Instances of components that were disposed of.', {
    read: ({ status }) => one(status.refreshables.disposed),
  }),
  counter('refreshables.dispose_errors', 'Instances of components whose disposal failed.', {
    read: ({ status }) => one(status.refreshables.disposeErrors),
  }),
  gauge(
    'refreshables.draining',
    'Superseded instances of components that wait for the work that holds them.',
    {
      read: ({ status }) => one(status.refreshables.draining),
    },
  ),
];

type Rest = Omit<ReadInstrument, 'kind' | 'name' | 'help'>;

function counter(name: string, help: string, rest: Rest): ReadInstrument {
  return { kind: 'counter', name, help, ...rest };
}

function gauge(name: string, help: string, rest: Rest): ReadInstrument {
  return { kind: 'gauge', name, help, ...rest };
}

function one(value: number): Sample[] {
  return [{ value }];
}

function flag(value: boolean): Sample[] {
  return one(value ? 1 : 0);
}

function reloads(facts: Facts): Sample[] {
  const samples = new Map<string, Sample>();
  const count = (outcome: string, cause: string, stage: string, value: number) =>
    samples.set(`${outcome} ${cause} ${stage}`, { value, labels: { outcome, cause, stage } });
  for (const cause of CAUSES) {
    count('applied', cause, '', 0);
    count('unchanged', cause, '', 0);
    for (const stage of STAGES) count('rejected', cause, stage, 0);
  }
  for (const tally of facts.reloads) count(tally.outcome, tally.cause, tally.stage ?? '', tally.count);
  return [...samples.values()];
}
