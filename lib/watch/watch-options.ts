import { checkDelay } from '../options/checks.js';

/**
 * Options of watching files.
 *
 * @publicApi
 */
export interface WatchOptions {
  /**
   * Time, in ms, for which a file must not change before it is read. Default: 50 for a file that is written in place, and
   * longer if the writer pauses; about 10 for a file that is replaced by a rename or by a swapped link, because it is
   * complete from the start. If set, it applies exactly, to every kind of change.
   */
  readonly debounce?: number;
  /**
   * Maximum time for which further changes can delay a reload, in ms: from the first event of a change until the files are
   * read. In its last tenth, a moment in which nothing is written and no process has the files open for writing is enough;
   * at its end, they are read in any case. Default: 5000.
   */
  readonly maxWait?: number;
  /**
   * Checks the files at an interval, instead of waiting for events of the system. Use it for network and container mounts
   * that report no events. Default: false. The environment variable CHOKIDAR_USEPOLLING overrides it, as in chokidar.
   */
  readonly usePolling?: boolean;
  /** Interval of `usePolling`, in ms. Default: 500. The environment variable CHOKIDAR_INTERVAL overrides it. */
  readonly pollInterval?: number;
  /** Interval at which all files are checked for changes that no event reported, in ms. 0 disables it. Default: 30000. */
  readonly safetyPoll?: number;
}

export interface ResolvedWatchOptions extends Required<WatchOptions> {
  /** `true` if the app has set `debounce`: then nothing shortens or lengthens it. */
  readonly debounceIsExplicit: boolean;
}

/**
 * Fills in the defaults.
 *
 * @throws ConfigOptionsError if a time is not one that a timer can wait for
 */
export function resolveWatchOptions(
  options: WatchOptions,
  environment: NodeJS.ProcessEnv = process.env,
): ResolvedWatchOptions {
  const resolved = {
    debounce: options.debounce ?? 50,
    debounceIsExplicit: options.debounce !== undefined,
    maxWait: options.maxWait ?? 5_000,
    usePolling: pollingFromEnvironment(environment['CHOKIDAR_USEPOLLING']) ?? options.usePolling ?? false,
    pollInterval:
      (Number.parseInt(environment['CHOKIDAR_INTERVAL'] ?? '', 10) || options.pollInterval) ?? 500,
    safetyPoll: options.safetyPoll ?? 30_000,
  };
  for (const name of ['debounce', 'maxWait', 'pollInterval', 'safetyPoll'] as const) {
    // setTimeout turns a negative, infinite or too large delay into 1 ms: a busy loop.
    checkDelay(name, resolved[name]);
  }
  return resolved;
}

// chokidar itself obeys this variable, and would miss files written in place if it polled a directory. So if it is set,
// as in many container images, our own polling must take over.
function pollingFromEnvironment(value: string | undefined): boolean | undefined {
  if (value === undefined || value === '') return undefined;
  return !['false', '0'].includes(value.toLowerCase());
}
