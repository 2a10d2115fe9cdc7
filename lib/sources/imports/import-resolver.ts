import { dirname, isAbsolute, posix, resolve } from 'node:path';
import type { ConfigIssue } from '../../model/config-issue.interface.js';
import { isPlainObject } from '../../util/branches.js';
import { inParallel } from '../../util/in-parallel.js';
import { formatPath } from '../../model/paths.js';
import { isContent, type FileContent, type UnusableContent } from '../content/parse-content.js';
import { Confinement } from '../content/confinement.js';
import { expandPathVariables } from '../content/expand-path-variables.js';
import { ReadError, toReadError } from '../content/read-error.js';
import type { ContentLimits } from '../../limits/content-limits.js';
import { IMPORT_LIMIT_EXCEEDED, ImportBudget, MAX_CHAIN_LENGTH } from './import-budget.js';
import { ValueOrigins, type LocatedValue } from './value-origins.js';

/** The key that imports files into an object, at any depth. */
const IMPORT = '$import';

/** The key at the top level of a file that names the files it extends. */
const EXTENDS = 'extends';

/** Checks quickly whether a file may have imports. Never returns `false` for a file that has some. */
export function mayImport({ bytes, value }: FileContent): boolean {
  return bytes.includes(IMPORT) || (isPlainObject(value) && isFileName(value[EXTENDS]));
}

/** The longest path of Linux. */
const LONGEST_NAME = 4_096;

/** Imported files that are read at the same time. The thread pool has four threads; more files only wait. */
const MAX_OPEN_FILES = 16;

/** A file in a chain of imports. */
interface Link {
  /** Absolute path. */
  readonly path: string;
  /** Path for errors. */
  readonly file: string;
}

type Members = Record<string, unknown>;

/** Options of an import resolver. */
export interface ImportOptions {
  readonly mount: readonly string[];
  /** Absolute path of the directory that imports must not leave. */
  readonly root: string;
  readonly limits: ContentLimits;
  /** Returns the value of an environment variable in the name of a file. Throws a ReadError if it may not be there. */
  readonly variable: (name: string) => string | undefined;
  /** Starts to read a file that will be read soon. Never rejects. */
  readonly readEarly: (path: string) => Promise<void>;
  /** Reads and parses a file. Throws a ReadError if it cannot be read. */
  readonly read: (path: string, file: string) => Promise<FileContent | UnusableContent>;
}

/** Merges imported files into the files that import them. The own values of an importing file win. */
export class ImportResolver {
  readonly origins = new ValueOrigins();
  readonly issues: ConfigIssue[] = [];
  /** `true` if an issue may disappear within moments. */
  isTransient = false;
  /** `true` when nothing needs the files any more that are still to be read. */
  #hasEnded = false;
  readonly #documents = new Map<string, LocatedValue | undefined>();
  /** Files that may be read, and that are being read from then on; rejected for the others. */
  readonly #allowed = new Map<string, Promise<void>>();
  readonly #budget: ImportBudget;
  readonly #confinement: Confinement;

  constructor(private readonly options: ImportOptions) {
    this.#confinement = new Confinement(options.root, '{ imports: { within } }');
    this.#budget = new ImportBudget(options.limits);
  }

  /** Returns the content of the first file with all its imports, and adds problems to `issues`. */
  async resolve(content: FileContent, path: string): Promise<LocatedValue> {
    const first: LocatedValue = { value: content.value, content, path: [] };
    this.#budget.countRead(content.keys);
    this.#readEarly(content, path);
    try {
      return await this.#resolve(first, [{ path, file: content.file }]);
    } catch (error) {
      const { message } = toReadError(error);
      this.issues.push({ path: formatPath(this.options.mount), message, origin: content.locate([]) });
      return first;
    } finally {
      this.#hasEnded = true;
    }
  }

  async #resolve(at: LocatedValue, chain: readonly Link[]): Promise<LocatedValue> {
    if (Array.isArray(at.value))
      return this.#resolveMembers(at, [], at.value.slice() as unknown as Members, chain);
    if (!isPlainObject(at.value)) return at;
    const keys = importKeys(at.value, at.path.length === 0);
    if (keys.length === 0) return this.#resolveMembers(at, keys, { ...at.value }, chain);
    const imported: LocatedValue[] = [];
    for (const key of keys) {
      for (const name of this.#namesAt(at, key)) {
        const document = await this.#import(name, at, key, chain);
        if (document !== undefined) imported.push(document);
      }
    }
    const ownMembers = Object.entries(at.value).filter(([key]) => !keys.includes(key));
    const own = await this.#resolveMembers(at, keys, Object.fromEntries(ownMembers), chain);
    if (imported.length === 0) return own;
    const below = this.#merge(imported);
    if (Object.keys(own.value as Members).length === 0) return below;
    if (!isPlainObject(below.value)) {
      const message = 'imports a file without keys next to other keys; import it below a key of its own';
      this.#report(at, keys[0]!, message);
    }
    return this.#merge([below, own]);
  }

  /** Resolves the members of an object or array. `copy` becomes the value if one of them changed. */
  async #resolveMembers(
    at: LocatedValue,
    removedKeys: readonly string[],
    copy: Members,
    chain: readonly Link[],
  ): Promise<LocatedValue> {
    const changed: [string, LocatedValue][] = [];
    for (const key of Object.keys(copy)) {
      const value = copy[key];
      if (typeof value !== 'object' || value === null) continue;
      const member: LocatedValue = { value, content: at.content, path: [...at.path, key] };
      const resolved = await this.#resolve(member, chain);
      if (resolved.value !== value) changed.push([key, resolved]);
    }
    if (changed.length === 0 && removedKeys.length === 0) return at;
    for (const [key, resolved] of changed) {
      copy[key] = resolved.value;
      this.origins.record(copy, key, resolved);
    }
    return { ...at, value: copy };
  }

  /**
   * Merges objects key by key; any other value is replaced by the one above it. All layers are merged at once: one by
   * one, each would be merged with all those before.
   *
   * @param layers At least one, the lowest first.
   */
  #merge(layers: readonly LocatedValue[]): LocatedValue {
    const lastValue = layers.findLastIndex(({ value }) => !isPlainObject(value));
    const above = layers.slice(lastValue + 1);
    const top = above.at(-1) ?? layers[lastValue]!;
    if (above.length < 2) return top.value === null ? this.#overValue(top, layers.slice(0, -1)) : top;
    const members = new Map<string, LocatedValue[]>();
    for (const layer of above) {
      const keys = Object.keys(layer.value as Members);
      this.#budget.countMerged(keys.length);
      for (const key of keys) {
        const below = members.get(key) ?? [];
        members.set(key, below);
        below.push(this.origins.memberOf(layer, key));
      }
    }
    const merged: Members = {};
    for (const [key, layered] of members) {
      const member = this.#merge(layered);
      merged[key] = member.value;
      this.origins.record(merged, key, member);
    }
    return { ...top, value: merged };
  }

  /** Remembers the value that null replaces: the schema may not allow null there. */
  #overValue(top: LocatedValue, layers: readonly LocatedValue[]): LocatedValue {
    if (layers.length === 0) return top;
    const below = this.#merge(layers);
    const hidden = below.value === null ? below.hidden : below;
    return { ...top, hidden };
  }

  #namesAt(at: LocatedValue, key: string): string[] {
    const named = (at.value as Members)[key];
    const names: unknown[] = Array.isArray(named) ? named : [named];
    if (names.length > 0 && names.every((name) => typeof name === 'string' && name !== ''))
      return names as string[];
    const message = `${key} must be a file name or a list of file names, for example ${key}: ./base.yaml`;
    this.#report(at, key, message);
    return [];
  }

  async #import(
    name: string,
    at: LocatedValue,
    key: string,
    chain: readonly Link[],
  ): Promise<LocatedValue | undefined> {
    const from = chain.at(-1)!;
    this.#budget.countImport();
    if (name.length > LONGEST_NAME)
      return this.#report(at, key, `imports a file with a name of ${name.length} characters; shorten it`);
    try {
      const relative = expandPathVariables(name, this.options.variable);
      const path = resolve(dirname(from.path), relative);
      const file = isAbsolute(relative)
        ? relative
        : posix.join(posix.dirname(from.file), relative.replaceAll('\\', '/'));
      const link = { path, file };
      const chainText = [...chain, link].map((each) => each.file).join(' → ');
      if (chain.some((each) => each.path === path)) {
        return this.#report(at, key, `imports itself: ${chainText}; remove one of these imports`);
      }
      if (chain.length >= MAX_CHAIN_LENGTH) {
        const message = `is in a chain of more than ${MAX_CHAIN_LENGTH} imports: ${chainText}; shorten the chain`;
        return this.#report(at, key, message);
      }
      if (!this.#documents.has(path)) {
        await this.#allow(path);
        this.#documents.set(path, await this.#document(link, chain));
      }
      return this.#documents.get(path);
    } catch (error) {
      if (error instanceof ReadError && error.code === IMPORT_LIMIT_EXCEEDED) throw error;
      const { message, isTransient } = toReadError(error);
      this.isTransient ||= isTransient;
      return this.#report(at, key, `imports ${name}, which ${message}`);
    }
  }

  async #document(link: Link, chain: readonly Link[]): Promise<LocatedValue | undefined> {
    const content = await this.options.read(link.path, link.file);
    if (!isContent(content)) {
      this.isTransient ||= content.isTransient;
      this.issues.push(...content.issues);
      return undefined;
    }
    this.#budget.countRead(content.keys);
    if (content.isEmpty)
      throw new ReadError('is empty; restore its content, or remove the import', 'EMPTY', true);
    this.#readEarly(content, link.path);
    return this.#resolve({ value: content.value, content, path: [] }, [...chain, link]);
  }

  /**
   * Starts to read the files that a document imports, several at a time: they are resolved one after the other, in the order
   * of the document, so that neither the result nor the issues depend on which of them is read first.
   */
  #readEarly(document: FileContent, from: string): void {
    if (!mayImport(document)) return;
    const { variable, limits } = this.options;
    const paths = new Set<string>();
    for (const name of importsIn(document.value)) {
      if (paths.size >= limits.maxImports) break;
      try {
        paths.add(resolve(dirname(from), expandPathVariables(name, variable)));
      } catch {
        // It is reported when it is resolved.
      }
    }
    void inParallel([...paths], MAX_OPEN_FILES, async (path) => {
      if (!this.#hasEnded) await this.#allow(path).catch(() => undefined);
    });
  }

  /** @throws ReadError if a file may not be imported; otherwise it is read from now on */
  #allow(path: string): Promise<void> {
    let allowed = this.#allowed.get(path);
    if (allowed === undefined) {
      allowed = this.#confinement.require(path).then(() => this.options.readEarly(path));
      this.#allowed.set(path, allowed);
    }
    return allowed;
  }

  #report(at: LocatedValue, key: string, message: string): undefined {
    const path = formatPath([...this.options.mount, ...at.path]);
    this.issues.push({ path, message, origin: at.content.locate([...at.path, key]) });
  }
}

/** Returns the names of all imports of a document, in its order. Names that cannot be used are left out. */
function* importsIn(value: unknown, isTop = true): Generator<string> {
  if (Array.isArray(value)) for (const element of value) yield* importsIn(element, false);
  if (!isPlainObject(value)) return;
  const keys = importKeys(value, isTop);
  for (const key of keys)
    for (const name of [value[key]].flat())
      if (typeof name === 'string' && name !== '' && name.length <= LONGEST_NAME) yield name;
  for (const [key, member] of Object.entries(value))
    if (typeof member === 'object' && !keys.includes(key)) yield* importsIn(member, false);
}

function importKeys(value: Members, isTop: boolean): string[] {
  const keys = isTop && isFileName(value[EXTENDS]) ? [EXTENDS] : [];
  return Object.hasOwn(value, IMPORT) ? [...keys, IMPORT] : keys;
}

/** `extends` with any other value, such as an object, is an ordinary key of the app. */
function isFileName(value: unknown): boolean {
  return (
    typeof value === 'string' || (Array.isArray(value) && value.every((name) => typeof name === 'string'))
  );
}
