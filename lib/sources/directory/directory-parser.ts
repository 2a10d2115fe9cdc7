import { chooseFormat } from '../content/choose-format.js';
import type { SourceLoadContext } from '../contract/config-source.interface.js';
import { isContent, isReusable } from '../content/parse-content.js';
import { parseFile } from '../content/parse-file.js';
import type { FileContent, UnusableContent } from '../content/parse-content.js';
import { FormatRegistry } from '../../formats/format-registry.js';
import { isUnfinishedContentAccepted } from '../contract/accept-unfinished-content.js';
import type { DirectoryErrors } from './directory-errors.js';
import type { DirectoryFile } from './directory-reader.js';
import { DirectoryLayer, type ParsedFile } from './directory.layer.js';
import type { DirectoryOptions } from './directory-options.js';
import { TimeSlice } from '../../util/time-slice.js';

/** A file with what parsing it has led to. */
interface ParseResult {
  readonly file: string;
  readonly content: FileContent | UnusableContent;
}

/** Parses the files of a directory. Unchanged files are not parsed again. */
export class DirectoryParser {
  /** Results of the last load, good or bad: a reload that waits for one file does not parse the others again. */
  #latest = new Map<string, ParseResult>();

  constructor(
    private readonly source: string,
    private readonly mount: readonly string[],
    private readonly options: DirectoryOptions,
  ) {}

  /** Files that cannot be used are added to `errors` instead. */
  async parse(
    files: readonly DirectoryFile[],
    context: SourceLoadContext,
    errors: DirectoryErrors,
  ): Promise<ParsedFile[]> {
    const known = context.known.filter((layer) => layer instanceof DirectoryLayer);
    const results = new Map<string, ParseResult>();
    const parsed: ParsedFile[] = [];
    const slice = new TimeSlice();
    let keys = files.length;
    for (const file of files) {
      if (slice.isOver) await slice.next();
      context.signal.throwIfAborted();
      const result = this.#findResult(file, known) ?? (await this.#parse(file, context, errors));
      if (result === undefined) continue;
      results.set(file.key, { file: file.file, content: result });
      if (!isContent(result)) errors.addUnusableContent(result);
      else if (this.#isAccepted(file, result, context, errors)) {
        keys += result.keys;
        parsed.push({ file: file.file, keys: file.keys, key: file.key, content: result });
      }
    }
    this.#latest = results;
    const { maxKeys } = context.limits;
    if (keys > maxKeys) {
      const origin = { source: this.source, file: this.source };
      const message = `has more than ${maxKeys} keys and elements in all its files (limit maxKeys); remove some`;
      errors.addIssues(`${this.source} cannot be used`, [{ path: '', message, origin }], false);
    }
    return parsed;
  }

  #findResult({ key, file, hash }: DirectoryFile, known: readonly DirectoryLayer[]) {
    const latest = this.#latest.get(key);
    if (latest?.content.hash === hash && latest.file === file && isReusable(latest.content))
      return latest.content;
    return known
      .map((layer) => layer.fileWithKey(key))
      .find((parsed) => parsed?.file === file && parsed.content.hash === hash)?.content;
  }

  async #parse(member: DirectoryFile, context: SourceLoadContext, errors: DirectoryErrors) {
    const { bytes, hash, keys } = member;
    const file = this.#display(member.file);
    try {
      const format = chooseFormat(file, this.options.format, context.formats ?? new FormatRegistry());
      const place = { source: this.source, file, mount: [...this.mount, ...keys] };
      return await parseFile(bytes, hash, format, place, context);
    } catch (error) {
      return errors.addReadError(file, error, keys);
    }
  }

  /** Decides if a file is used. An empty file may be a save in progress. */
  #isAccepted(
    member: DirectoryFile,
    content: FileContent,
    context: SourceLoadContext,
    errors: DirectoryErrors,
  ): boolean {
    if (!content.isEmpty) return true;
    if (this.options.allowEmpty) {
      const newest = context.known.at(-1);
      const before = newest instanceof DirectoryLayer ? newest.fileWithKey(member.key) : undefined;
      if (before?.content.isEmpty || isUnfinishedContentAccepted('', context)) return true;
    }
    const file = this.#display(member.file);
    const message = 'is empty; restore its content, remove it, or allow this with { allowEmpty: true }';
    const origin = { source: this.source, file };
    errors.addIssues(`${file} is empty`, [{ path: '', message, origin }], true);
    return false;
  }

  #display(file: string): string {
    return `${this.source}/${file}`;
  }
}
