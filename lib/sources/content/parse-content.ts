import { createHash } from 'node:crypto';
import type { ConfigIssue } from '../../model/config-issue.interface.js';
import { onOneLine } from '../../util/printable-text.js';
import type { ConfigOrigin, OriginPart } from '../../model/origin.interface.js';
import { formatPath } from '../../model/paths.js';
import type { ContentLimits } from '../../limits/content-limits.js';
import { decodeUtf8 } from './decode-utf8.js';
import type { ConfigFormat, ParsedText, TextProblem } from '../../formats/config-format.interface.js';
import { FormatError } from '../../formats/format.error.js';
import { MissingParserError } from '../../util/import-optional.js';
import { inspectTree, type TreeProblem } from '../../limits/inspect-tree.js';

/** What the bytes of one file say. */
export interface FileContent {
  /** The file as the app named it. */
  readonly file: string;
  /** SHA-256 of the bytes, in hex. */
  readonly hash: string;
  /** What was read, so that a rollback can write it back. */
  readonly bytes: Buffer;
  readonly value: unknown;
  /** Whether the file says nothing: it is empty, blank, or holds comments only. */
  readonly isEmpty: boolean;
  /** How many keys and elements it has. */
  readonly keys: number;
  readonly warnings: readonly ConfigIssue[];
  /** Whether all its values are strings that may stand for something else. */
  readonly stringsOnly: boolean;
  /** The place of the value (or key) at a path within this file. */
  locate(path: readonly string[], part?: OriginPart): ConfigOrigin;
}

/** Why the bytes of one file say nothing that can be used. */
export interface UnusableContent {
  readonly file: string;
  readonly hash: string;
  readonly summary: string;
  readonly issues: readonly ConfigIssue[];
  /** Whether a moment may mend it: content may be cut off in the middle of a save. */
  readonly isTransient: boolean;
}

/** Where a content belongs. */
export interface ContentLocation {
  /** The name of the source. */
  readonly source: string;
  /** The file as the app named it. */
  readonly file: string;
  /** The keys below which its values hang. */
  readonly mount: readonly string[];
}

/** SHA-256 in hex. */
export function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Decodes, parses and inspects the bytes of one file. Whatever they are: it never throws. */
export async function parseContent(
  bytes: Buffer,
  hash: string,
  format: ConfigFormat,
  place: ContentLocation,
  limits: ContentLimits,
): Promise<FileContent | UnusableContent> {
  const { source, file } = place;
  const origin = (problem: TextProblem): ConfigOrigin => ({ source, file, ...problem.position });
  const issueOf = (problem: TextProblem): ConfigIssue => ({
    path: formatPath(place.mount),
    message: onOneLine(problem.message),
    origin: origin(problem),
  });
  let text: string;
  let parsed: ParsedText;
  try {
    text = decodeUtf8(bytes);
    parsed = await format.parse(text, { file, limits });
  } catch (error) {
    const issues = problemsOf(error).map(issueOf);
    return error instanceof MissingParserError
      ? { file, hash, summary: `${file} cannot be read`, issues, isTransient: false }
      : { file, hash, summary: `${file} is not valid ${format.name}`, issues, isTransient: true };
  }
  const locate = (path: readonly string[], part?: OriginPart): ConfigOrigin => ({
    source,
    file,
    ...parsed.locate?.(path, part),
  });
  const warnings = (parsed.warnings ?? []).map(issueOf);
  // Text of blanks only may be a value, as in an empty secret, and may be a save in progress.
  const isEmpty = (parsed.value ?? undefined) === undefined || isBlank(text);
  const { keys, problems } = inspectTree(parsed.value ?? null, limits);
  if (problems.length === 0)
    return {
      file,
      hash,
      bytes,
      value: parsed.value ?? undefined,
      isEmpty,
      keys,
      warnings,
      stringsOnly: format.stringsOnly ?? false,
      locate,
    };
  const issues = problems.map((problem) =>
    treeIssue(problem, place.mount, locate(problem.path, problem.part)),
  );
  return { file, hash, summary: `${file} cannot be used`, issues, isTransient: true };
}

/** Whether the bytes said something, if only nothing. */
/** Whether the same bytes would give the same again. A parser that is missing may be there the next time. */
export function isReusable(result: FileContent | UnusableContent): boolean {
  return isContent(result) || result.isTransient;
}

export function isContent(result: FileContent | UnusableContent): result is FileContent {
  return 'locate' in result;
}

function isBlank(text: string): boolean {
  return !/\S/.test(text);
}

function problemsOf(error: unknown): readonly TextProblem[] {
  if (error instanceof FormatError) return error.problems;
  if (error instanceof RangeError) return [{ message: 'nests too deeply' }];
  // Many parsers go on with the lines around the slip, which may hold secrets.
  const [message = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return [{ message }];
}

function treeIssue(
  { path, part, message }: TreeProblem,
  mount: readonly string[],
  origin: ConfigOrigin,
): ConfigIssue {
  const subject = [...mount, ...(part === 'key' ? path.slice(0, -1) : path)];
  return {
    path: formatPath([...mount, ...path]),
    message: onOneLine(`${nameOf(subject)} ${message}`),
    origin,
  };
}

/** A path for a sentence: what is nested too deeply has one that nobody reads to its end. */
function nameOf(path: readonly string[]): string {
  if (path.length === 0) return 'the content';
  return path.length <= 8 ? formatPath(path) : `${formatPath(path.slice(0, 8))}…`;
}
