import { statSync } from 'node:fs';
import type { ConfigIssue } from '../../model/config-issue.interface.js';
import { HotConfigError } from '../../model/hot-config.error.js';
import { HotConfigRuntime } from '../../runtime/hot-config.runtime.js';
import type { ConfigSource } from '../../sources/contract/config-source.interface.js';
import { directory } from '../../sources/directory.source.js';
import { file } from '../../sources/file.source.js';
import type { UnknownKeysPolicy } from '../../validation/validation.js';
import type { SchemaOption } from './load-schema.js';

/** The result of a validation. */
export interface ValidationReport {
  readonly valid: boolean;
  /** The errors; if it is valid, the warnings. */
  readonly issues: readonly ConfigIssue[];
}

/**
 * Checks files as an app does when it starts: with the same code and the same errors, but without watching.
 *
 * @param paths the files and folders in the order of the sources, the lowest first
 */
export async function validateFiles(
  paths: readonly string[],
  schema: SchemaOption | undefined,
  unknownKeys: UnknownKeysPolicy,
): Promise<ValidationReport> {
  const runtime = new HotConfigRuntime(
    { sources: paths.map(sourceOf), unknownKeys, settleTimeout: 0, ...(schema !== undefined && { schema }) },
    SILENT,
  );
  let issues: readonly ConfigIssue[] = [];
  runtime.observers.add({ ended: (result) => void (issues = result.issues) });
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

/** A folder is read like a `directory()` source: its files are the keys. */
function sourceOf(path: string): ConfigSource {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? directory(path) : file(path);
}

/** The report has all errors and warnings. */
const SILENT = Object.freeze({ log: () => undefined, warn: () => undefined, error: () => undefined });
