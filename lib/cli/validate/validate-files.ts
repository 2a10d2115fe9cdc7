import { statSync } from 'node:fs';
import type { ConfigIssue } from '../../model/config-issue.interface.js';
import { HotConfigError } from '../../model/hot-config.error.js';
import { HotConfigRuntime } from '../../runtime/hot-config.runtime.js';
import type { ConfigSource } from '../../sources/contract/config-source.interface.js';
import { directory } from '../../sources/directory.source.js';
import { file } from '../../sources/file.source.js';
import type { UnknownKeysPolicy } from '../../validation/validation.js';
import type { SchemaOption } from './load-schema.js';

/** What is checked, and how strictly. */
export interface ValidationOrder {
  /** Lowest first, as the app has them. */
  readonly paths: readonly string[];
  readonly schema: SchemaOption | undefined;
  readonly unknownKeys: UnknownKeysPolicy;
}

/** What was found. */
export interface ValidationReport {
  readonly valid: boolean;
  /** What makes it invalid; where it is valid, what is worth a warning. */
  readonly issues: readonly ConfigIssue[];
}

/** Checks files as an app does when it starts: with the same code, and the same errors. Nothing is watched or served. */
export async function validateFiles({
  paths,
  schema,
  unknownKeys,
}: ValidationOrder): Promise<ValidationReport> {
  const runtime = new HotConfigRuntime(
    { sources: paths.map(sourceOf), unknownKeys, settleTimeout: 0, ...(schema !== undefined && { schema }) },
    SILENT,
  );
  let issues: readonly ConfigIssue[] = [];
  runtime.results.add((result) => (issues = result.issues));
  try {
    await runtime.boot();
    await runtime.stop();
    return { valid: true, issues };
  } catch (error) {
    if (!(error instanceof HotConfigError)) throw error;
    return {
      valid: false,
      issues: error.issues.length > 0 ? error.issues : [{ path: '', message: error.summary }],
    };
  }
}

/** A folder is one whose files are the keys, as `directory()` reads it. */
function sourceOf(path: string): ConfigSource {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? directory(path) : file(path);
}

/** The result says it all. */
const SILENT = { log: () => undefined, warn: () => undefined, error: () => undefined };
