import { chooseFormat } from '../content/choose-format.js';
import type { SourceLoadContext } from '../contract/config-source.interface.js';
import { isContent, isReusable, parseContent, type FileContent, type UnusableContent } from '../content/parse-content.js';
import { FormatRegistry } from '../../formats/format-registry.js';
import { isUnfinishedContentAccepted } from '../contract/accept-unfinished-content.js';
import type { DirectoryErrors } from './directory-errors.js';
import type { DirectoryFile } from './directory-reader.js';
import { DirectoryLayer, mapKey, type ParsedFile } from './directory.layer.js';
import type { DirectoryOptions } from './directory-options.js';

/** Parses the files of a directory, each only once for what it says. */
export class DirectoryParser {
  /** What the files of the last load said, good or bad: a reload that waits for one of them parses no other. */
  #latest = new Map<string, FileContent | UnusableContent>();

  constructor(
    private readonly source: string,
    private readonly mount: readonly string[],
    private readonly options: DirectoryOptions,
  ) {}

  /** Files that cannot be used are told to `failures`, and left out. */
  async parse(
    members: readonly DirectoryFile[],
    context: SourceLoadContext,
    failures: DirectoryErrors,
  ): Promise<ParsedFile[]> {
    const known = context.known.filter((layer) => layer instanceof DirectoryLayer);
    const results = new Map<string, FileContent | UnusableContent>();
    const parts: ParsedFile[] = [];
    let keys = members.length;
    for (const member of members) {
      const result = this.#remembered(member, known) ?? (await this.#parse(member, context, failures));
      if (result === undefined) continue;
      results.set(mapKey(member.keys), result);
      if (!isContent(result)) failures.addContent(result);
      else if (this.#mayBeUsed(member, result, context, failures)) {
        keys += result.keys;
        parts.push({ file: member.file, keys: member.keys, content: result });
      }
    }
    this.#latest = results;
    const { maxKeys } = context.limits;
    if (keys > maxKeys) {
      const origin = { source: this.source, file: this.source };
      const message = `holds more than ${maxKeys} keys and elements in all its files (limit maxKeys)`;
      failures.addIssues(`${this.source} cannot be used`, [{ path: '', message, origin }], false);
    }
    return parts;
  }

  #remembered({ keys, file, hash }: DirectoryFile, known: readonly DirectoryLayer[]) {
    const latest = this.#latest.get(mapKey(keys));
    if (latest?.hash === hash && latest.file === this.#display(file) && isReusable(latest)) return latest;
    return known
      .map((layer) => layer.partAt(keys))
      .find((part) => part?.file === file && part.content.hash === hash)?.content;
  }

  async #parse(member: DirectoryFile, context: SourceLoadContext, failures: DirectoryErrors) {
    const { bytes, hash, keys } = member;
    const file = this.#display(member.file);
    try {
      const format = chooseFormat(file, this.options.format, context.formats ?? new FormatRegistry());
      const place = { source: this.source, file, mount: [...this.mount, ...keys] };
      return await parseContent(bytes, hash, format, place, context.limits);
    } catch (error) {
      return failures.add(file, error, keys);
    }
  }

  /** An empty file may be a save in progress. */
  #mayBeUsed(
    member: DirectoryFile,
    content: FileContent,
    context: SourceLoadContext,
    failures: DirectoryErrors,
  ): boolean {
    if (!content.isEmpty) return true;
    if (this.options.allowEmpty) {
      const newest = context.known.at(-1);
      const before = newest instanceof DirectoryLayer ? newest.partAt(member.keys) : undefined;
      if (before?.content.isEmpty || isUnfinishedContentAccepted('', context)) return true;
    }
    const file = this.#display(member.file);
    const message = 'is empty; restore its content, remove it, or allow that with { allowEmpty: true }';
    const origin = { source: this.source, file };
    failures.addIssues(`${file} is empty`, [{ path: '', message, origin }], true);
    return false;
  }

  #display(file: string): string {
    return `${this.source}/${file}`;
  }
}
