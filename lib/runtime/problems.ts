import type { OpenBreaker } from '../auto-reload/circuit-breaker.js';
import type { SafeLogger } from '../logging/safe-logger.js';
import { escapeControls } from '../util/control-characters.js';
import { formatTime } from '../util/format-time.js';
import { plural } from '../util/plural.js';
import { reasonOf } from '../util/reason-of.js';
import { summarizeNames } from '../util/summarize-names.js';
import type { ConfigProblem, ConfigProblemKind } from './config-problem.interface.js';
import { NamedRegistry } from './named-registry.js';
import type { HotConfigStatus } from './status.interface.js';

/** The status that problems are found in. */
export type ExaminedStatus = Omit<HotConfigStatus, 'problems'>;

/** Returns one sentence without configured values while there is a problem. Synchronous, as it runs for each status. */
export type ProblemDetector = (status: ExaminedStatus) => string | undefined;

const KIND = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;

/** Finds the present problems. Any of them degrades the health of the app, and is shown by the status and the metrics. */
export class Problems {
  /** The detectors by their kinds: the built-in ones, the most informative first, and those of parts outside of the core. */
  readonly detectors = new NamedRegistry<ProblemDetector, ConfigProblemKind>('kind of problem', (kind) =>
    KIND.test(kind) ? undefined : "a kind is named like 'fleet_behind'",
  );
  readonly #logger: SafeLogger;
  readonly #redact: (text: string) => string;
  #isDetecting = false;

  constructor({ logger, redact }: { logger: SafeLogger; redact: (text: string) => string }) {
    this.#logger = logger;
    this.#redact = redact;
    for (const [kind, detector] of BUILT_IN_DETECTORS) this.detectors.add(kind, detector);
  }

  /** Returns the problems, empty if there are none. */
  of(status: ExaminedStatus): ConfigProblem[] {
    // A detector may read the status of the app, which asks for the problems again.
    if (this.#isDetecting) return [];
    this.#isDetecting = true;
    try {
      return [...this.detectors].flatMap(([kind, detector]) => {
        const message = this.#detect(kind, detector, status);
        return message === undefined ? [] : [{ kind, message }];
      });
    } finally {
      this.#isDetecting = false;
    }
  }

  /** A detector that throws is a problem: an app must not look healthy because nobody knows. */
  #detect(kind: ConfigProblemKind, detector: ProblemDetector, status: ExaminedStatus): string | undefined {
    try {
      const message: unknown = detector(status);
      if (message !== undefined && typeof message !== 'string')
        throw new TypeError('it returned no sentence');
      return message === undefined ? undefined : escapeControls(this.#redact(message));
    } catch (error) {
      this.#logger.errorOnce(detector, `The detector of the problem '${kind}' failed: ${reasonOf(error)}`);
      // Without the reason, which may quote configured values.
      return `It is unknown whether there is the problem '${kind}': its detector failed, see the log`;
    }
  }
}

const BUILT_IN_DETECTORS: readonly (readonly [ConfigProblemKind, ProblemDetector])[] = [
  [
    'rejected',
    ({ rejection, version }) =>
      rejection &&
      `The content of ${summarizeNames(rejection.sources) || 'the sources'} is rejected at ${rejection.stage} ` +
        `(${plural(rejection.issues.length, 'issue')}) since ${formatTime(rejection.since)}; version ${version} stays in force`,
  ],
  [
    'last_known_good',
    ({ degraded }) =>
      degraded === undefined
        ? undefined
        : 'The app started on an earlier version, because the content of the sources could not be used',
  ],
  [
    'rolled_back',
    ({ rolledBack }) =>
      rolledBack.length > 0 ? `Rolled back from the content of ${rolledBack.join(', ')}` : undefined,
  ],
  [
    'breaker_open',
    ({ openBreakers = [] }) =>
      openBreakers.length > 0
        ? `Changes that a source reports are delayed, because its content was rejected again and again: ${summarizeNames(openBreakers.map(describeBreaker))}`
        : undefined,
  ],
  ['source_down', (status) => sourcesInState('down', status)],
  ['source_stale', (status) => sourcesInState('stale', status)],
  [
    'handlers_failing',
    ({ handlers }) =>
      handlers.failing.length > 0
        ? `Handlers that failed on the last change: ${handlers.failing.slice(0, 10).join(', ')}`
        : undefined,
  ],
  [
    'versions_not_saved',
    ({ versionsOnDisk: { dir, since } = {} }) =>
      since && `Versions cannot be written to ${dir} since ${formatTime(since)}, and are kept in memory only`,
  ],
];

function describeBreaker({ source, rejections, until }: OpenBreaker): string {
  return `${source} (${plural(rejections, 'time')}; the next change is read at ${formatTime(until)})`;
}

/** If the content is rejected because of a source, that is one problem, and its failed load is not a second one. */
function sourcesInState(state: 'stale' | 'down', { sources, rejection }: ExaminedStatus): string | undefined {
  const names = sources
    .filter(({ name, health }) => health === state && rejection?.sources.includes(name) !== true)
    .map(({ name, since }) => `${name} (since ${formatTime(since)})`);
  return names.length > 0
    ? `${state === 'down' ? 'Sources that are down' : 'Sources that could not be read lately'}: ${names.join(', ')}`
    : undefined;
}
