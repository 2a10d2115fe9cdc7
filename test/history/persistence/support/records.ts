import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import type { ConfigTree } from 'nestjs-hot-config';
import { onTestFinished } from 'vitest';
import { VersionStore, type VersionStoreOptions } from '../../../../lib/history/persistence/version-store.js';
import { DEFAULT_CONTENT_LIMITS } from '../../../../lib/limits/content-limits.js';
import { SafeLogger } from '../../../../lib/logging/safe-logger.js';
import { SecretPolicy } from '../../../../lib/secrets/secret-policy.js';
import type { Override } from '../../../../lib/sources/overrides.source.js';
import type { VersionRecord } from '../../../../lib/history/version-record.js';
import { isSecretPath } from '../../../../lib/secrets/secret-names.js';

/** The record of a version with one source, whose content is `tree`. */
export function recordOf(
  version: number,
  tree: ConfigTree,
  more: Partial<VersionRecord> = {},
): VersionRecord {
  return {
    version,
    hash: createHash('sha256').update(String(version)).digest('hex'),
    time: new Date(1_700_000_000_000 + version * 1_000),
    cause: 'file',
    changedSources: ['app.yaml'],
    stats: { added: 1, removed: 0, changed: 2, typeChanged: 0 },
    layers: [{ source: 'app.yaml', hash: `hash of ${version}`, tree }],
    overrides: [],
    snapshot: undefined,
    ...more,
  };
}

export function overrideOf(segments: readonly string[], value: Override['value']): Override {
  return { path: segments.join('.'), segments, value, since: new Date(0) };
}

/** An open store, and its log. */
export interface OpenStore {
  readonly store: VersionStore;
  readonly log: string[];
}

export async function openStore(dir: string, parts: Partial<VersionStoreOptions> = {}): Promise<OpenStore> {
  const log: string[] = [];
  const write = (message: string) => void log.push(message);
  const store = new VersionStore({
    dir,
    max: 10,
    maxAge: Infinity,
    maxBytes: Infinity,
    limits: DEFAULT_CONTENT_LIMITS,
    isSecret: isSecretPath,
    logger: new SafeLogger({ log: write, warn: write, error: write }, new SecretPolicy()),
    history: { markRestored: () => undefined },
    owner: { app: undefined, sources: () => [] },
    ...parts,
  });
  onTestFinished(() => store.close());
  await store.open();
  return { store, log };
}

/** Saves records one after the other, and waits until they are on disk. */
export async function save(store: VersionStore, ...records: VersionRecord[]): Promise<void> {
  for (const record of records) {
    store.save(record);
    await store.idle();
  }
}

/** The current content of the sources, by their names. */
export function live(trees: Record<string, ConfigTree> = {}) {
  return (source: string) => {
    const tree = trees[source];
    return tree && { tree, hash: `current hash of ${source}` };
  };
}

/** The files of versions in a directory, oldest first. */
export function versionFiles(dir: string): string[] {
  return readdirSync(dir)
    .filter((name) => name.endsWith('.hot-config') && !name.startsWith('.'))
    .sort();
}
