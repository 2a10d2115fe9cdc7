import { type Commit, CommitStore } from '../../lib/reload/commit.js';
import type { Snapshot } from '../../lib/snapshot/snapshot.js';

/** A commit of a snapshot without sources. */
export function commitOf(snapshot: Snapshot): Commit {
  return { ...new CommitStore().inForce, snapshot };
}
