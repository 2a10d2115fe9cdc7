import type { ConfigIssue } from '../../model/config-issue.interface.js';
import { ConfigParseError, ConfigSourceError } from '../../errors/config.errors.js';
import { formatPath } from '../../model/paths.js';
import { sha256, type UnusableContent } from '../content/parse-content.js';
import { toReadError } from '../content/read-error.js';

/** Collects the problems of all files of a directory, so that they are reported together. */
export class DirectoryErrors {
  readonly #summaries = new Set<string>();
  readonly #issues: ConfigIssue[] = [];
  #isTransient = false;
  #isSyntax = true;
  /** `true` if the directory itself does not exist. */
  isSourceMissing = false;

  constructor(
    private readonly source: string,
    private readonly mount: readonly string[],
    private readonly isFinal: boolean,
  ) {}

  get isEmpty(): boolean {
    return this.#issues.length === 0;
  }

  /** Adds a file, or the directory itself, that could not be read. */
  addReadError(file: string, error: unknown, keys: readonly string[] = []): undefined {
    const { message, isMissing, isTransient } = toReadError(error);
    if (file === this.source && isMissing) this.isSourceMissing = true;
    const path = formatPath([...this.mount, ...keys]);
    const issue = { path, message, origin: { source: this.source, file } };
    this.addIssues(`${file} could not be read`, [issue], isTransient);
  }

  /** Adds a file whose keys are not allowed. The path is put before `message`. */
  addKeyConflict(file: string, keys: readonly string[], message: string): void {
    const path = formatPath([...this.mount, ...keys]);
    const issue = { path, message: `${path} ${message}`, origin: { source: this.source, file } };
    this.addIssues(`${file} cannot be used`, [issue], true);
  }

  /** Adds issues of content that was read, but cannot be used. */
  addIssues(summary: string, issues: readonly ConfigIssue[], isTransient: boolean, isSyntax = false): void {
    if (issues.length === 0) return;
    this.#summaries.add(summary);
    this.#issues.push(...issues);
    this.#isTransient ||= isTransient;
    this.#isSyntax &&= isSyntax;
  }

  /** Adds a file with malformed text. */
  addUnusableContent({ summary, issues, isTransient }: UnusableContent): void {
    this.addIssues(summary, issues, isTransient, true);
  }

  /**
   * Throws an error with all collected issues.
   *
   * @param revision Hash of all content that was read.
   * @throws ConfigParseError if all issues are about syntax, else ConfigSourceError.
   */
  throwAll(revision = ''): never {
    const [first] = this.#summaries;
    const summary = this.#summaries.size === 1 ? first! : this.#summaryOfAll(); // thrown for at least one
    const Failure = this.#isSyntax ? ConfigParseError : ConfigSourceError;
    throw new Failure(summary, this.#issues, {
      transient: this.#isTransient && !this.isFinal,
      revision: sha256(JSON.stringify([revision, this.#issues])),
    });
  }

  /** One file may have several problems. */
  #summaryOfAll(): string {
    const files = new Set(this.#issues.map(({ origin }) => origin?.file ?? this.source));
    const [file] = files;
    return files.size === 1
      ? `${file} cannot be used` // one, so it is the first
      : `${files.size} files of ${this.source} cannot be used`;
  }
}
