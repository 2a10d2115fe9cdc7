import { Drift } from '../../lib/reload/drift-after-rollback.js';
import type { Commit } from '../../lib/reload/commit.js';
import type { Snapshot } from '../../lib/snapshot/snapshot.js';

/** A commit of a snapshot without sources. */
export function commitOf(snapshot: Snapshot): Commit {
  return {
    snapshot,
    layers: new Map(),
    tree: {},
    variables: new Map(),
    overrides: [],
    drift: Drift.NONE,
    pendingRestart: [],
  };
}
