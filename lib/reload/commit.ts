import type { Interpolated } from '../interpolation/interpolation.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { ConfigTree } from '../model/config-tree.js';
import type { Layer } from '../model/layer.interface.js';
import type { ReloadChain } from '../model/reload-chain.js';
import type { AppliedReload } from '../model/reload-result.interface.js';
import type { RedactedResult } from '../secrets/redacted.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { ConfigSource } from '../sources/contract/config-source.interface.js';
import type { Override } from '../sources/overrides.source.js';
import { Drift } from './drift-after-rollback.js';

/** Everything that a reload makes true. */
export interface Commit {
  readonly snapshot: Snapshot;
  /** The layers that the snapshot is made of, lowest first. */
  readonly layers: ReadonlyMap<ConfigSource, Layer>;
  /** The merged tree, before validation. */
  readonly tree: ConfigTree;
  /** The variables that `${…}` referred to, with their values then. */
  readonly variables: Interpolated['variables'];
  /** The values that references put secrets into. */
  readonly references: Interpolated['withSecrets'];
  readonly overrides: readonly Override[];
  readonly drift: Drift;
  /** The paths whose new values wait for a restart. */
  readonly pendingRestart: readonly string[];
  /** The warnings about the content of the sources. */
  readonly warnings: readonly ConfigIssue[];
  /** The warnings about the merged values: unknown keys, conversions, empty keys. */
  readonly valueWarnings: readonly ConfigIssue[];
}

/** A commit of a new snapshot, for those that learn about it. */
export interface CommittedReload {
  readonly commit: Commit;
  /** The snapshot that was in force before; undefined at boot. */
  readonly previous: Snapshot | undefined;
  readonly result: RedactedResult<AppliedReload>;
  /** The number of the version that a rollback restored. */
  readonly restored: number | undefined;
  /** The reloads in a row that handlers and other called code have requested, up to this one. */
  readonly chain: ReloadChain | undefined;
}

/** The state before the first commit. */
const NOTHING: Readonly<Omit<Commit, 'snapshot'> & { readonly snapshot: undefined }> = {
  snapshot: undefined,
  layers: new Map(),
  tree: {},
  variables: new Map(),
  references: [],
  overrides: [],
  drift: Drift.NONE,
  pendingRestart: [],
  warnings: [],
  valueWarnings: [],
};

/** Holds the commit in force: the one place of the app's configuration. Everything else derives from it or pins it. */
export class CommitStore {
  #inForce: Commit | typeof NOTHING = NOTHING;

  /** @throws Error before the first commit, which the boot of the module rules out */
  get current(): Snapshot {
    const { snapshot } = this.#inForce;
    if (snapshot === undefined) throw new Error('Configuration was read before it was loaded');
    return snapshot;
  }

  /** The commit in force; without a snapshot before the first one. */
  get inForce(): Commit | typeof NOTHING {
    return this.#inForce;
  }

  /** Assigns one reference: a reader sees the previous commit or the new one (invariant 1). */
  replace(commit: Commit): void {
    this.#inForce = commit;
  }
}

/** Returns all warnings about what is in force, or would be. */
export function allWarnings({
  warnings,
  valueWarnings,
}: Pick<Commit, 'warnings' | 'valueWarnings'>): ConfigIssue[] {
  return [...warnings, ...valueWarnings];
}
