import type { ConfigFormat } from '../../formats/config-format.interface.js';
import {
  parseContent,
  type ContentContext,
  type ContentLocation,
  type FileContent,
  type UnusableContent,
} from './parse-content.js';
import type { ParserThread } from './parser-thread.js';

/** Default of `ConfigFormat.largeFrom`, in bytes: parsing more would hold the event loop for 10 ms or more. */
const LARGE = 32 * 1024;

/** The same while no request can wait yet: below it, starting a thread takes longer than it saves. */
const LARGE_AT_BOOT = 1024 * 1024;

/** The parts of a load that parsing depends on. */
export interface ParseFileContext extends ContentContext {
  /** Layers of the source that are in use. None at boot. */
  readonly known: readonly unknown[];
  readonly signal: AbortSignal;
  /** Undefined outside of an app. */
  readonly thread?: ParserThread;
}

/** Parses the bytes of one file as `parseContent` does; if they are many, in the thread of the app. */
export async function parseFile(
  bytes: Buffer,
  hash: string,
  format: ConfigFormat,
  place: ContentLocation,
  context: ParseFileContext,
): Promise<FileContent | UnusableContent> {
  const { known, signal, thread } = context;
  const isLarge = bytes.length >= (known.length > 0 ? (format.largeFrom ?? LARGE) : LARGE_AT_BOOT);
  const parsed = isLarge ? await thread?.parse(bytes, hash, format, place, context, signal) : undefined;
  return parsed ?? parseContent(bytes, hash, format, place, context);
}
