import type { ConfigIssue } from '../../model/config-issue.interface.js';
import { ConfigParseError, ConfigSourceError } from '../../errors/config.errors.js';
import { formatPath } from '../../model/paths.js';
import { sha256, type UnusableContent } from '../content/parse-content.js';
import { isUnset } from '../content/expand-path-variables.js';
import { toReadError } from '../content/read-error.js';

/** Collects what is wrong with the files of one source, so that all of it is told at once. */
export class DirectoryErrors {
  readonly #summaries = new Set<string>();
  readonly #issues: ConfigIssue[] = [];
  #isTransient = false;
  #isSyntax = true;
  #isSourceMissing = false;

  constructor(
    private readonly source: string,
    private readonly mount: readonly string[],
    private readonly isFinal: boolean,
  ) {}

  get isEmpty(): boolean {
    return this.#issues.length === 0;
  }

  /** Whether nothing stands at the path of the source itself. */
  get isSourceMissing(): boolean {
    return this.#isSourceMissing;
  }

  /** Something could not be read. */
  add(file: string, error: unknown, keys: readonly string[] = []): undefined {
    const failure = toReadError(error);
    if (file === this.source && (failure.isMissing || isUnset(failure))) this.#isSourceMissing = true;
    const path = formatPath([...this.mount, ...keys]);
    const issue = { path, message: failure.message, origin: { source: this.source, file } };
    this.addIssues(`${file} could not be read`, [issue], failure.isTransient);
  }

  /** A file must not have the keys it has. `message` goes on after the path. */
  refuse(file: string, keys: readonly string[], message: string): void {
    const path = formatPath([...this.mount, ...keys]);
    const issue = { path, message: `${path} ${message}`, origin: { source: this.source, file } };
    this.addIssues(`${file} cannot be used`, [issue], true);
  }

  /** Something was read and does not make sense, or only half of it. */
  addIssues(summary: string, issues: readonly ConfigIssue[], isTransient: boolean): void {
    if (issues.length === 0) return;
    this.#summaries.add(summary);
    this.#issues.push(...issues);
    this.#isTransient ||= isTransient;
    this.#isSyntax = false;
  }

  /** The text of a file is malformed. */
  addContent({ summary, issues, isTransient }: UnusableContent): void {
    const wasSyntax = this.#isSyntax;
    this.addIssues(summary, issues, isTransient);
    this.#isSyntax = wasSyntax;
  }

  /**
   * @param revision What was read so far, as a hash.
   * @throws ConfigSourceError with all that was collected, ConfigParseError where every part of it is about syntax.
   */
  throwAll(revision = ''): never {
    const [first] = this.#summaries;
    const summary =
      this.#summaries.size === 1 ? first! : `${this.#summaries.size} files of ${this.source} cannot be used`;
    const Failure = this.#isSyntax ? ConfigParseError : ConfigSourceError;
    throw new Failure(summary, this.#issues, {
      transient: this.#isTransient && !this.isFinal,
      revision: sha256(JSON.stringify([revision, this.#issues])),
    });
  }
}
