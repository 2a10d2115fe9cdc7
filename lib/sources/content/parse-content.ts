import { isAscii } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { ConfigIssue } from '../../model/config-issue.interface.js';
import { escapeControls } from '../../util/control-characters.js';
import type { ConfigOrigin, OriginPart } from '../../model/origin.interface.js';
import { formatPath } from '../../model/paths.js';
import { isSecretPath } from '../../secrets/secret-names.js';
import { findConflictMarkers, findIndentedConflict, type ConflictMarkers } from './conflict-markers.js';
import { decodeUtf8 } from './decode-utf8.js';
import type { ConfigFormat, ParsedText, TextProblem } from '../../formats/config-format.interface.js';
import type { TextPlaces } from '../../formats/text-places.js';
import { FormatError, OVERFLOWS_STACK } from '../../formats/format.error.js';
import { nameOf } from '../../formats/message-parts.js';
import { MissingParserError } from '../../util/import-optional.js';
import { findDoubtfulKeys } from '../../limits/doubtful-keys.js';
import type { ContentLimits } from '../../limits/content-limits.js';
import { inspectTree, type TreeProblem } from '../../limits/inspect-tree.js';

/** The parsed content of one file. */
export interface FileContent {
  /** Path of the file as written in the app's options. */
  readonly file: string;
  /** SHA-256 of the bytes, in hex. */
  readonly hash: string;
  /** The bytes that were read, so that a rollback can write them back. */
  readonly bytes: Buffer;
  readonly value: unknown;
  /** `true` if the file has no values: it is empty, blank, or has only comments. */
  readonly isEmpty: boolean;
  /** Number of keys and elements. */
  readonly keys: number;
  readonly warnings: readonly ConfigIssue[];
  /** `true` if all values are strings that may represent other types, as in `.env`. */
  readonly stringsOnly: boolean;
  /** Returns the position of the value (or key) at a path within this file. */
  locate(path: readonly string[], part?: OriginPart): ConfigOrigin;
  /** Returns the characters of the number, boolean or null at a path within this file. */
  textOf(path: readonly string[]): string | undefined;
}

/** The reason why the content of one file cannot be used. */
export interface UnusableContent {
  readonly file: string;
  readonly hash: string;
  readonly summary: string;
  readonly issues: readonly ConfigIssue[];
  /** `true` if the content may be cut off in the middle of a save, so that a later read may succeed. */
  readonly isTransient: boolean;
}

/** The source, file and mount that content belongs to. */
export interface ContentLocation {
  /** Name of the source. */
  readonly source: string;
  /** Path of the file as written in the app's options. */
  readonly file: string;
  /** Keys of the path that the content is mounted at. */
  readonly mount: readonly string[];
}

/** The parts of a load that its content depends on. */
export interface ContentContext {
  /** Limits that the content must respect. */
  readonly limits: ContentLimits;
  /** Returns whether the value at a path is secret. Default: by the names of its keys. */
  readonly isSecret?: (path: readonly string[]) => boolean;
  /** `true` if the app has a schema. Default `false`. */
  readonly hasSchema?: boolean;
  /** Effect of the markers of an unfinished merge. Default `refuse`. */
  readonly conflicts?: 'refuse' | 'warn' | 'ignore';
}

export function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Decodes, parses and inspects the bytes of one file, in this thread. It never throws, for any bytes. */
export async function parseContent(
  bytes: Buffer,
  hash: string,
  format: ConfigFormat,
  place: ContentLocation,
  context: ContentContext,
): Promise<FileContent | UnusableContent> {
  const { source, file } = place;
  const { limits, isSecret = isSecretPath, hasSchema = false, conflicts = 'refuse' } = context;
  const issueOf = ({ message, position, path = [] }: TextProblem): ConfigIssue => ({
    path: formatPath([...place.mount, ...path]),
    message: escapeControls(message),
    origin: { source, file, ...position },
  });
  let text: string;
  let parsed: ParsedText;
  let markers: ConflictMarkers = {};
  try {
    text = decodeUtf8(bytes);
    if (conflicts !== 'ignore') {
      markers = findConflictMarkers(text);
      const indented = format.hasIndentedStrings ? findIndentedConflict(text) : undefined;
      if (indented !== undefined) markers = { conflict: indented, ...markers };
      // Before the format reads it: its error would be about the syntax, and many formats have none.
      if (markers.conflict !== undefined && conflicts === 'refuse') throw new FormatError([markers.conflict]);
    }
    const isSecretBelow = (path: readonly string[]) => isSecret([...place.mount, ...path]);
    parsed = await format.parse(text, { file, limits, isSecret: isSecretBelow, hasSchema });
  } catch (error) {
    const issues = problemsOf(error).map(issueOf);
    return error instanceof MissingParserError
      ? { file, hash, summary: `${file} cannot be read`, issues, isTransient: false }
      : { file, hash, summary: `${file} is not valid ${format.name}`, issues, isTransient: true };
  }
  const places = placesOf(parsed, place);
  const { locate } = places;
  const value = parsed.value ?? undefined;
  const { keys, problems } = inspectTree(value ?? null, limits);
  if (problems.length > 0) {
    const issues = problems.map((problem) =>
      treeIssue(problem, place.mount, locate(problem.path, problem.part)),
    );
    return { file, hash, summary: `${file} cannot be used`, issues, isTransient: true };
  }
  // A blank text may be a value, as in an empty secret, and may also be a save in progress.
  const isEmpty = value === undefined || isBlank(text);
  const { conflict, leftover } = markers;
  const found = [...(leftover === undefined ? [] : [leftover]), ...(parsed.warnings ?? [])];
  // What the format says about both sides of a conflict follows from it.
  const warnings = (conflict === undefined ? found : [conflict]).map(issueOf);
  const doubtfulKeys = isAscii(bytes) ? [] : findDoubtfulKeys(value);
  for (const { path, message } of doubtfulKeys)
    warnings.push(treeIssue({ path, message, part: 'value' }, place.mount, locate(path, 'key')));
  return {
    file,
    hash,
    bytes,
    value,
    isEmpty,
    keys,
    warnings,
    stringsOnly: format.stringsOnly ?? false,
    ...places,
  };
}

/** Not within `parseContent`: the functions live as long as the content, and would keep the context of its load alive. */
export function placesOf(
  parsed: TextPlaces,
  { source, file }: ContentLocation,
): Pick<FileContent, 'locate' | 'textOf'> {
  return {
    locate: (path, part) => ({ source, file, ...parsed.locate?.(path, part) }),
    textOf: (path) => parsed.textOf?.(path),
  };
}

/** Returns `true` if parsing the same bytes again has the same result. A missing parser may be installed meanwhile. */
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
  if (error instanceof RangeError && error.message.includes('call stack'))
    return [{ message: OVERFLOWS_STACK }];
  // Many parsers add the lines around the error, which may contain secrets.
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
    message: escapeControls(`${nameOf(subject)} ${message}`),
    origin,
  };
}
