import { ConfigOptionsError, ConfigRollbackError } from '../../errors/config.errors.js';
import { isInstance } from '../../util/is-instance.js';
import { formatTime } from '../../util/format-time.js';
import { reasonOf } from '../../util/reason-of.js';
import type { SafeLogger } from '../../logging/safe-logger.js';
import { withTimeout } from '../../util/timeouts.js';
import type { History } from '../history.js';
import { RestoredLayer } from '../restored-layer.js';
import { revisionsIn } from '../shown-revision.js';
import type { VersionRecord } from '../version-record.js';
import { UnusableVersionFile } from './version-file.js';
import type { LiveLayers } from './version-reader.js';
import type { StoredVersion } from './version-inventory.js';
import type { VersionStore } from './version-store.js';

/** Timeout, in ms, for reading the versions on disk before the app starts without them: a network disk may hang. */
const OPEN_TIMEOUT = 10_000;

/** Dependencies of a persisted history. */
export interface PersistedHistoryContext {
  readonly store: VersionStore;
  readonly history: History;
  /** The current content of the sources, for secrets that are not on disk. */
  readonly live: LiveLayers;
  readonly logger: SafeLogger;
}

/**
 * Continues the history of earlier processes.
 *
 * The first version of a process follows the highest number on disk, so that `rollback(7)` means the same version before
 * and after a restart. Without a directory, versions start at 1.
 */
export class PersistedHistory {
  constructor(private readonly context: PersistedHistoryContext) {}

  /**
   * Loads the versions of earlier processes into the history. A failure of the disk is only logged.
   *
   * @throws ConfigOptionsError if other users can write versions
   */
  async open(): Promise<void> {
    const { store, history, logger } = this.context;
    try {
      await withTimeout(OPEN_TIMEOUT, async () => {
        await store.checkAccess();
        await store.open();
      });
    } catch (error) {
      if (isInstance(error, ConfigOptionsError)) throw error;
      logger.warn(
        `The versions in ${store.path} were not read: ${reasonOf(error)}. Earlier versions are not available.`,
      );
    }
    history.load(store.versions.map((stored) => this.#recordOf(stored)));
  }

  /**
   * Returns the layer of a source in the newest version of earlier processes, for a source that fails at boot. Undefined
   * if there is none, or it is not complete on disk: a layer without its secrets must not be in force. Never rejects.
   *
   * @param source the unique name that the source has in versions
   */
  async layerAtBoot(source: string): Promise<RestoredLayer | undefined> {
    const { store, logger } = this.context;
    const stored = store.versions.at(-1);
    if (stored === undefined) return undefined;
    try {
      const layer = await withTimeout(OPEN_TIMEOUT, () => store.restoreLayer(stored, source));
      const { version, time } = stored;
      return layer && new RestoredLayer(layer, `version ${version} on disk, of ${formatTime(time)}`);
    } catch (error) {
      const reason =
        error instanceof UnusableVersionFile ? `its file ${stored.file} ${error.message}` : reasonOf(error);
      logger.warn(`The content of ${source} in version ${stored.version} cannot be used: ${reason}.`);
      return undefined;
    }
  }

  /** The layers stay on disk until they are needed. */
  #recordOf(stored: StoredVersion): VersionRecord {
    const { version, time, head } = stored;
    const { cause, reason, actor, restored, changedSources, stats } = head;
    return {
      version,
      time,
      hash: head.hash ?? '',
      cause,
      ...(reason !== undefined && { reason }),
      ...(actor !== undefined && { actor }),
      ...(restored !== undefined && { restored }),
      changedSources,
      ...revisionsIn(head.layers),
      stats,
      layers: [],
      overrides: [],
      snapshot: undefined,
      loadContent: () => this.#loadContent(stored),
    };
  }

  async #loadContent(stored: StoredVersion): Promise<VersionRecord> {
    const { store, live, logger } = this.context;
    const content = await store.restore(stored, live).catch((error: unknown) => {
      throw new ConfigRollbackError(
        `version ${stored.version} cannot be restored: its file ${stored.file} ${reasonOf(error)}`,
        'unreadable',
      );
    });
    const { layers, overrides, missing } = content;
    if (missing.length > 0)
      logger.warn(
        `Version ${stored.version} is restored without ${missing.join(', ')}: these values are not on disk, ` +
          'and the sources do not contain them now. Add them to a source if the app needs them.',
      );
    return { ...this.#recordOf(stored), layers, overrides };
  }
}
