import type { VersionStore } from '../history/persistence/version-store.js';
import type { History } from '../history/history.js';
import type { CommittedReload } from './commit.js';
import type { LayerCollector } from './layer-collector.js';
import type { ReloadObserver } from './reload-observer.interface.js';

/** Everything that is needed to record versions. */
export interface VersionRecorderContext {
  readonly history: History;
  /** Undefined if versions are not stored on disk. */
  readonly versionStore: VersionStore | undefined;
  readonly collector: LayerCollector;
}

/** Records each version in the history and on disk. */
export class VersionRecorder implements ReloadObserver {
  constructor(private readonly context: VersionRecorderContext) {}

  committed({ commit, result, restored }: CommittedReload): void {
    const { history, versionStore, collector } = this.context;
    const { snapshot, overrides, references } = commit;
    const layers = collector.named(commit);
    const record = history.add({ snapshot, result, layers, overrides, references, restored });
    versionStore?.save(record);
  }
}
