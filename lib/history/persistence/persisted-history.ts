import { ConfigRollbackError } from '../../errors/config.errors.js';
import { reasonOf } from '../../util/reason-of.js';
import type { ConfigLogger } from '../../model/config-logger.interface.js';
import { withTimeout } from '../../util/timeouts.js';
import type { History } from '../history.js';
import type { VersionRecord } from '../version-record.js';
import type { StoredVersion } from './stored-version.js';
import type { LiveLayers } from './version-reader.js';
import type { VersionStore } from './version-store.js';

/** How long, in ms, the disk is waited for before the app starts without it: a network disk may hang. */
const OPEN_GRACE = 10_000;

/** What connects history with the disk. */
export interface PersistedHistoryParts {
  readonly store: VersionStore;
  readonly history: History;
  /** What the sources say now: where secrets are taken from that are not on disk. */
  readonly live: LiveLayers;
  readonly logger: ConfigLogger;
}

/**
 * History that goes on after the end of the process.
 *
 * Versions go on counting from the highest number on disk, instead of from 1: `rollback(7)` means one version, before a
 * restart and after it. Without a directory they count from 1, as ever.
 */
export class PersistedHistory {
  constructor(private readonly parts: PersistedHistoryParts) {}

  /** Loads the versions of earlier processes into the history. Never rejects. */
  async open(): Promise<void> {
    const { store, history, logger } = this.parts;
    try {
      await withTimeout(OPEN_GRACE, () => store.open());
    } catch (error) {
      logger.warn(`The versions in ${store.path} are not read: ${reasonOf(error)}`);
    }
    history.load(store.versions.map((stored) => this.#recordOf(stored)));
  }

  /** Its layers stay on disk until somebody asks for them: history costs what is used of it. */
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
      stats,
      layers: [],
      overrides: [],
      snapshot: undefined,
      reopen: () => this.#reopen(stored),
    };
  }

  async #reopen(stored: StoredVersion): Promise<VersionRecord> {
    const { store, live, logger } = this.parts;
    const content = await store.restore(stored, live).catch((error: unknown) => {
      throw new ConfigRollbackError(`version ${stored.version}, in ${stored.file}, ${reasonOf(error)}`);
    });
    const { layers, overrides, missing } = content;
    if (missing.length > 0)
      logger.warn(
        `Version ${stored.version} comes back without ${missing.join(', ')}: ` +
          'the values are not on disk, and the sources do not say them now.',
      );
    return { ...this.#recordOf(stored), layers, overrides };
  }
}
