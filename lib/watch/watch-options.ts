import { checkDelay } from '../options/checks.js';

/**
 * How files are watched.
 *
 * @publicApi
 */
export interface WatchOptions {
  /**
   * How long a file must have been left alone before its change counts as whole, in ms. Default: 50 for a file written
   * in place; about 10 for one replaced by rename or by a swapped link, which is whole from the start; longer where a
   * writer is seen to pause between chunks. When given, it is honoured exactly, for every kind of change.
   */
  debounce?: number;
  /**
   * How long a change may be put off by further changes, in ms; after that it is taken at the next calm moment in which
   * nobody has the file open for writing, and after as long again at any moment. Default: 5000.
   */
  maxWait?: number;
  /**
   * Looks at the files on an interval instead of listening to the system: for network and container mounts that
   * announce nothing. Default: false. As with chokidar, the environment variable CHOKIDAR_USEPOLLING overrides it.
   */
  usePolling?: boolean;
  /** The interval of that, in ms. Default: 500. CHOKIDAR_INTERVAL overrides it. */
  pollInterval?: number;
  /** How often all files are looked at for changes that no event announced, in ms. 0 turns it off. Default: 30000. */
  safetyPoll?: number;
}

/** The options with their defaults filled in. */
export interface ResolvedWatchOptions extends Required<WatchOptions> {
  /** Whether `debounce` was asked for: then nothing shortens or lengthens it. */
  readonly debounceIsExplicit: boolean;
}

/**
 * Fills in the defaults.
 *
 * @throws ConfigOptionsError where a time is none that a timer can wait for
 */
export function resolveWatchOptions(
  options: WatchOptions,
  environment: NodeJS.ProcessEnv = process.env,
): ResolvedWatchOptions {
  const resolved = {
    debounce: options.debounce ?? 50,
    debounceIsExplicit: options.debounce !== undefined,
    maxWait: options.maxWait ?? 5_000,
    usePolling: pollingAskedFor(environment['CHOKIDAR_USEPOLLING']) ?? options.usePolling ?? false,
    pollInterval:
      (Number.parseInt(environment['CHOKIDAR_INTERVAL'] ?? '', 10) || options.pollInterval) ?? 500,
    safetyPoll: options.safetyPoll ?? 30_000,
  };
  for (const name of ['debounce', 'maxWait', 'pollInterval', 'safetyPoll'] as const) {
    // setTimeout turns a negative, not finite or too large delay into 1 ms: a busy loop.
    checkDelay(name, resolved[name]);
  }
  return resolved;
}

// chokidar itself obeys this variable, and by polling a directory it would miss files written in place. So where it is
// set, as many container images do, our own polling must take over.
function pollingAskedFor(value: string | undefined): boolean | undefined {
  if (value === undefined || value === '') return undefined;
  return !['false', '0'].includes(value.toLowerCase());
}
