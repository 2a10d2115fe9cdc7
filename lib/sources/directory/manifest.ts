import { posix } from 'node:path';
import type { ConfigIssue } from '../../model/config-issue.interface.js';
import { isObjectBranch } from '../../util/branches.js';
import type { FileContent } from '../content/parse-content.js';
import { isForbiddenKey } from '../../limits/forbidden-keys.js';
import { isTemporaryFile } from './ignored-files.js';

/** One file of a directory, with the id of its content. */
export interface ManifestEntry {
  readonly id: string;
  /** Relative to the directory, with forward slashes. */
  readonly file: string;
}

/**
 * Reads a manifest: a mapping with `modules` (or `entries`), which is a list of files with their ids, or a mapping of
 * ids to files. All other keys are ignored.
 *
 * ```yaml
 * version: 3
 * modules:
 *   - { id: npc.dialogue, file: npc/dialogue_casual.json, author: ada }
 * # or
 * modules:
 *   npc.dialogue: npc/dialogue_casual.json
 * ```
 */
export function readManifest(manifest: FileContent): { entries: ManifestEntry[]; issues: ConfigIssue[] } {
  const entries: ManifestEntry[] = [];
  const issues: ConfigIssue[] = [];
  const report = (path: readonly string[], message: string): void => {
    issues.push({ path: '', message, origin: manifest.locate(path) });
  };
  const member = isObjectBranch(manifest.value)
    ? ['modules', 'entries'].filter((name) => Object.hasOwn(manifest.value as object, name))
    : [];
  if (member.length !== 1) {
    const shape = 'a list of { id, file }, or a mapping of ids to files';
    report([], `a manifest needs either \`modules\` or \`entries\`: ${shape}`);
    return { entries, issues };
  }
  const listed = (manifest.value as Record<string, unknown>)[member[0]!];
  if (typeof listed !== 'object' || listed === null) {
    report(member, `${member[0]} must be a list of { id, file }, or a mapping of ids to files`);
    return { entries, issues };
  }
  const isList = Array.isArray(listed);
  for (const [key, entry] of Object.entries(listed)) {
    const path = [...member, key];
    const id: unknown = isList ? (entry as { id?: unknown } | null)?.id : key;
    const file: unknown =
      typeof entry === 'string' && !isList ? entry : (entry as { file?: unknown } | null)?.file;
    const problem = problemOf(id, file);
    if (problem === undefined) entries.push({ id: id as string, file: posix.normalize(file as string) });
    else report(typeof entry === 'string' ? path : [...path, problem.part], problem.message);
  }
  return { entries, issues };
}

function problemOf(id: unknown, file: unknown): { part: 'id' | 'file'; message: string } | undefined {
  if (typeof id !== 'string' || id === '') return { part: 'id', message: 'an entry needs an `id`, a string' };
  if (isForbiddenKey(id)) return { part: 'id', message: `"${id}" is not allowed as an id; rename it` };
  if (typeof file !== 'string' || file === '') {
    return { part: 'file', message: `${id} needs a \`file\`: its path within the directory` };
  }
  if (leadsOutside(file)) {
    const message = `${id} must name a file within the directory, not ${JSON.stringify(file)}`;
    return { part: 'file', message };
  }
  if (isTemporaryFile(posix.normalize(file))) {
    const message = `${id} names ${file}, which looks like a hidden or temporary file; rename it`;
    return { part: 'file', message };
  }
  return undefined;
}

/** Checks whether a name leads out of the directory, or is none on every system. */
export function leadsOutside(file: string): boolean {
  if (/[\\\0]|^\/|^[a-z]:/i.test(file)) return true;
  const normal = posix.normalize(file);
  return normal === '.' || normal === '..' || normal.startsWith('../');
}
