import type { HotConfigStatus } from './status.interface.js';

/**
 * Kinds of problems with the configuration of an app. None of them stops the app: it serves with what is in force.
 *
 * @publicApi
 */
export type ConfigProblemKind =
  | 'rejected'
  | 'last_known_good'
  | 'rolled_back'
  | 'breaker_open'
  | 'source_stale'
  | 'source_down'
  | 'handlers_failing';

/**
 * A problem that an operator should look at.
 *
 * @publicApi
 */
export interface ConfigProblem {
  readonly kind: ConfigProblemKind;
  /** One sentence for people, without configured values. */
  readonly message: string;
}

/** All kinds, the most informative first. */
export const CONFIG_PROBLEM_KINDS: readonly ConfigProblemKind[] = [
  'rejected',
  'last_known_good',
  'rolled_back',
  'breaker_open',
  'source_down',
  'source_stale',
  'handlers_failing',
];

/** Returns the present problems, empty if there are none. Any of them degrades the health check and the metrics. */
export function problemsOf(status: HotConfigStatus): ConfigProblem[] {
  return CONFIG_PROBLEM_KINDS.flatMap((kind) => {
    const message = DETECTORS[kind](status);
    return message === undefined ? [] : [{ kind, message }];
  });
}

const DETECTORS: Readonly<Record<ConfigProblemKind, (status: HotConfigStatus) => string | undefined>> = {
  rejected: ({ rejected, version, lastError }) =>
    rejected
      ? `The content of the sources is rejected${lastError ? ` at ${lastError.stage} (${issues(lastError.issues.length)})` : ''}; ` +
        `version ${version} stays in force`
      : undefined,
  last_known_good: ({ degraded }) =>
    degraded === undefined
      ? undefined
      : 'The app started on an earlier version, because the content of the sources could not be used',
  rolled_back: ({ rolledBack }) =>
    rolledBack.length > 0 ? `Rolled back from the content of ${rolledBack.join(', ')}` : undefined,
  breaker_open: ({ breaker }) =>
    breaker === 'open'
      ? 'Automatic reloads are delayed, because content was rejected several times in a row'
      : undefined,
  source_down: (status) => sourcesInState('down', status),
  source_stale: (status) => sourcesInState('stale', status),
  handlers_failing: ({ handlers }) =>
    handlers.failing.length > 0
      ? `Handlers that failed on the last change: ${handlers.failing.slice(0, 10).join(', ')}`
      : undefined,
};

function sourcesInState(state: 'stale' | 'down', { sources }: HotConfigStatus): string | undefined {
  const names = sources.filter(({ health }) => health === state).map(({ name }) => name);
  return names.length > 0
    ? `${state === 'down' ? 'Sources that are down' : 'Sources not reached lately'}: ${names.join(', ')}`
    : undefined;
}

function issues(count: number): string {
  return `${count} issue${count === 1 ? '' : 's'}`;
}
