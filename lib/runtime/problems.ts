import type { HotConfigStatus } from './status.interface.js';

/**
 * What can keep configuration from being as it should. The app serves all the same, from what is in force.
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
 * Something that somebody should look at.
 *
 * @publicApi
 */
export interface ConfigProblem {
  readonly kind: ConfigProblemKind;
  /** One sentence for people, without values. */
  readonly message: string;
}

/** All kinds, those that say most first. */
export const CONFIG_PROBLEM_KINDS: readonly ConfigProblemKind[] = [
  'rejected',
  'last_known_good',
  'rolled_back',
  'breaker_open',
  'source_down',
  'source_stale',
  'handlers_failing',
];

/** What is not as it should be; empty where all is well. What degrades health, and what metrics call degraded. */
export function problemsOf(status: HotConfigStatus): ConfigProblem[] {
  return CONFIG_PROBLEM_KINDS.flatMap((kind) => {
    const message = DETECTORS[kind](status);
    return message === undefined ? [] : [{ kind, message }];
  });
}

const DETECTORS: Readonly<Record<ConfigProblemKind, (status: HotConfigStatus) => string | undefined>> = {
  rejected: ({ rejected, version, lastError }) =>
    rejected
      ? `What the sources say is rejected${lastError ? ` at ${lastError.stage} (${count(lastError.issues, 'issue')})` : ''}; ` +
        `version ${version} stays in force`
      : undefined,
  last_known_good: ({ degraded }) =>
    degraded === undefined
      ? undefined
      : 'Started on an earlier version, because what the sources said could not be used',
  rolled_back: ({ rolledBack }) =>
    rolledBack.length > 0 ? `Rolled back from what ${rolledBack.join(', ')} says` : undefined,
  breaker_open: ({ breaker }) =>
    breaker === 'open' ? 'Watching backs off: content was rejected again and again' : undefined,
  source_down: (status) => sourcesThatAre('down', status),
  source_stale: (status) => sourcesThatAre('stale', status),
  handlers_failing: ({ handlers }) =>
    handlers.failing.length > 0
      ? `Failed on the last change: ${handlers.failing.slice(0, 10).join(', ')}`
      : undefined,
};

function sourcesThatAre(state: 'stale' | 'down', { sources }: HotConfigStatus): string | undefined {
  const names = sources.filter(({ health }) => health === state).map(({ name }) => name);
  return names.length > 0
    ? `${state === 'down' ? 'Down' : 'Not reached lately'}: ${names.join(', ')}`
    : undefined;
}

function count(items: readonly unknown[], noun: string): string {
  return `${items.length} ${noun}${items.length === 1 ? '' : 's'}`;
}
