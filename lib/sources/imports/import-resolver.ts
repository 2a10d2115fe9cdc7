import { realpath } from 'node:fs/promises';
import { dirname, isAbsolute, posix, resolve, sep } from 'node:path';
import type { ConfigIssue } from '../../model/config-issue.interface.js';
import { isPlainObject } from '../../util/branches.js';
import { formatPath } from '../../model/paths.js';
import type { FileContent, UnusableContent } from '../content/parse-content.js';
import { isContent } from '../content/parse-content.js';
import { expandPathVariables } from '../content/expand-path-variables.js';
import { ReadError, toReadError } from '../content/read-error.js';
import { ValueOrigins, type LocatedValue } from './value-origins.js';

/** The key that imports files into an object, at any depth. */
const IMPORT = '$import';

/** The key at the top of a file that names what it builds on. */
const EXTENDS = 'extends';

/** Whether a file may import others: a quick look, that is right where it says no. */
export function mayImport({ bytes, value }: FileContent): boolean {
  return bytes.includes(IMPORT) || (isPlainObject(value) && isFileName(value[EXTENDS]));
}

/** How long a chain of imports may be. */
const MOST_FILES_IN_CHAIN = 20;

/** How many keys may be merged whatever the files say; beyond that, each key of theirs once for each file of a chain. */
const MERGES_OF_ANYBODY = 100_000;

/** A file on the way from the first to the one at hand. */
interface Link {
  /** Absolute. */
  readonly path: string;
  /** As errors show it. */
  readonly file: string;
}

type Members = Record<string, unknown>;

/** What an import resolver works with. */
export interface ImportRules {
  readonly mount: readonly string[];
  /** The absolute path of the directory that no import leaves. */
  readonly within: string;
  readonly maxKeys: number;
  readonly maxImports: number;
  /** Reads and parses a file. Throws a ReadError where it cannot be read. */
  readonly read: (path: string, file: string) => Promise<FileContent | UnusableContent>;
}

/** Puts what a file imports in its place: below the importing file, whose own values win. */
export class ImportResolver {
  readonly origins = new ValueOrigins();
  readonly issues: ConfigIssue[] = [];
  /** Whether waiting a moment may mend what is wrong. */
  isTransient = false;
  /** The absolute paths of all files that were asked for, there or not. */
  readonly asked = new Set<string>();
  readonly #documents = new Map<string, LocatedValue | undefined>();
  #imports = 0;
  /** How many keys the files have that were read. */
  #read = 0;
  /** How many keys were merged. */
  #merged = 0;

  constructor(private readonly rules: ImportRules) {}

  /** The content of the first file with all that it imports. What is wrong is in `issues`. */
  async resolve(content: FileContent, path: string): Promise<LocatedValue> {
    const first: LocatedValue = { value: content.value, content, path: [] };
    this.#read += content.keys;
    try {
      return await this.#visit(first, [{ path, file: content.file }]);
    } catch (error) {
      const { message } = toReadError(error);
      this.issues.push({ path: formatPath(this.rules.mount), message, origin: content.locate([]) });
      return first;
    }
  }

  async #visit(at: LocatedValue, chain: readonly Link[]): Promise<LocatedValue> {
    if (Array.isArray(at.value)) return this.#members(at, [], at.value.slice() as unknown as Members, chain);
    if (!isPlainObject(at.value)) return at;
    const keys = importKeys(at.value, at.path.length === 0);
    if (keys.length === 0) return this.#members(at, keys, { ...at.value }, chain);
    const imported: LocatedValue[] = [];
    for (const key of keys) {
      for (const name of this.#namesAt(at, key)) {
        const document = await this.#import(name, at, key, chain);
        if (document !== undefined) imported.push(document);
      }
    }
    const own = await this.#members(at, keys, without(at.value, keys), chain);
    if (imported.length === 0) return own;
    const below = this.#merge(imported);
    if (Object.keys(own.value as Members).length === 0) return below;
    if (!isPlainObject(below.value)) {
      this.#refuse(
        at,
        keys[0]!,
        'imports what has no keys, and has keys beside it; import it under a key of its own',
      );
    }
    return this.#merge([below, own]);
  }

  /** Visits the members of an object or array. `copy` becomes the value, where one of them is not what it was. */
  async #members(
    at: LocatedValue,
    left: readonly string[],
    copy: Members,
    chain: readonly Link[],
  ): Promise<LocatedValue> {
    const changed: [string, LocatedValue][] = [];
    for (const key of Object.keys(copy)) {
      const value = copy[key];
      if (typeof value !== 'object' || value === null) continue;
      const member: LocatedValue = { value, content: at.content, path: [...at.path, key] };
      const visited = await this.#visit(member, chain);
      if (visited.value !== value) changed.push([key, visited]);
    }
    if (changed.length === 0 && left.length === 0) return at;
    for (const [key, visited] of changed) {
      copy[key] = visited.value;
      this.origins.note(copy, key, visited);
    }
    return { ...at, value: copy };
  }

  /**
   * Objects merge key by key, everything else gives way to what is above it. All at once: one by one, each would be
   * merged with all that came before.
   *
   * @param layers one at least, the lowest first
   */
  #merge(layers: readonly LocatedValue[]): LocatedValue {
    const lastValue = layers.findLastIndex(({ value }) => !isPlainObject(value));
    const above = layers.slice(lastValue + 1);
    const top = above.at(-1) ?? layers[lastValue]!;
    if (above.length < 2) return top;
    const members = new Map<string, LocatedValue[]>();
    for (const layer of above) {
      const keys = Object.keys(layer.value as Members);
      this.#merged += keys.length;
      this.#refuseBombs();
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
      this.origins.note(merged, key, member);
    }
    return { ...top, value: merged };
  }

  #namesAt(at: LocatedValue, key: string): string[] {
    const named = (at.value as Members)[key];
    const names: unknown[] = Array.isArray(named) ? named : [named];
    if (names.length > 0 && names.every((name) => typeof name === 'string' && name !== ''))
      return names as string[];
    this.#refuse(at, key, `${key} must name a file, or a list of files: ${key}: ./base.yaml`);
    return [];
  }

  async #import(
    name: string,
    at: LocatedValue,
    key: string,
    chain: readonly Link[],
  ): Promise<LocatedValue | undefined> {
    const from = chain.at(-1)!;
    this.#imports += 1;
    this.#refuseBombs();
    try {
      const relative = expandPathVariables(name);
      const path = resolve(dirname(from.path), relative);
      const file = isAbsolute(relative)
        ? relative
        : posix.join(posix.dirname(from.file), relative.replaceAll('\\', '/'));
      const link = { path, file };
      if (chain.some((each) => each.path === path)) {
        return this.#refuse(at, key, `imports in a circle: ${shown([...chain, link])}`);
      }
      if (chain.length >= MOST_FILES_IN_CHAIN) {
        const through = `${MOST_FILES_IN_CHAIN} files: ${shown([...chain, link])}`;
        return this.#refuse(at, key, `imports through more than ${through}`);
      }
      if (!this.#documents.has(path)) {
        await this.#stayWithin(path);
        this.#documents.set(path, await this.#document(link, chain));
      }
      return this.#documents.get(path);
    } catch (error) {
      if (error instanceof ReadError && error.code === TOO_MUCH) throw error;
      const failure = toReadError(error);
      this.isTransient ||= failure.isTransient;
      return this.#refuse(at, key, `imports ${name}, which ${failure.message}`);
    }
  }

  async #document(link: Link, chain: readonly Link[]): Promise<LocatedValue | undefined> {
    this.asked.add(link.path);
    const content = await this.rules.read(link.path, link.file);
    if (!isContent(content)) {
      this.isTransient ||= content.isTransient;
      this.issues.push(...content.issues);
      return undefined;
    }
    this.#read += content.keys;
    if (content.isEmpty)
      throw new ReadError('is empty; restore its content, or do not import it', 'EMPTY', true);
    return this.#visit({ value: content.value, content, path: [] }, [...chain, link]);
  }

  /** FileContent of files is nobody's to trust: it must not read what the app did not mean to. */
  async #stayWithin(path: string): Promise<void> {
    const { within } = this.rules;
    if (!isBelow(path, within)) throw outside(within);
    const real = await realpath(path).catch(() => path);
    if (!isBelow(real, within) && !isBelow(real, await realpath(within))) throw outside(within);
  }

  /** A few small files can ask for work without end: for many imports, or for the same keys over and over. */
  #refuseBombs(): void {
    const { maxImports, maxKeys } = this.rules;
    if (this.#imports > maxImports) throw tooMuch(`more than ${maxImports} times (limit maxImports)`);
    if (this.#merged > maxKeys) throw tooMuch(`more than ${maxKeys} keys (limit maxKeys)`);
    const fair = MERGES_OF_ANYBODY + MOST_FILES_IN_CHAIN * this.#read;
    if (this.#merged > fair) throw tooMuch(`the same keys over and over: ${fair} merged`);
  }

  #refuse(at: LocatedValue, key: string, message: string): undefined {
    const path = formatPath([...this.rules.mount, ...at.path]);
    this.issues.push({ path, message, origin: at.content.locate([...at.path, key]) });
  }
}

function importKeys(value: Members, isTop: boolean): string[] {
  const keys = isTop && isFileName(value[EXTENDS]) ? [EXTENDS] : [];
  return Object.hasOwn(value, IMPORT) ? [...keys, IMPORT] : keys;
}

/** An object under `extends` is a value of the app's own. */
function isFileName(value: unknown): boolean {
  return (
    typeof value === 'string' || (Array.isArray(value) && value.every((name) => typeof name === 'string'))
  );
}

function without(value: Members, keys: readonly string[]): Members {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));
}

function isBelow(path: string, directory: string): boolean {
  return path.startsWith(directory.endsWith(sep) ? directory : `${directory}${sep}`);
}

function outside(within: string): ReadError {
  return new ReadError(
    `lies outside of ${within}; allow another directory with { imports: { within } }`,
    'OUTSIDE',
    false,
  );
}

const TOO_MUCH = 'TOO_MUCH';

function tooMuch(what: string): ReadError {
  return new ReadError(`imports ${what}`, TOO_MUCH, false);
}

function shown(chain: readonly Link[]): string {
  return chain.map(({ file }) => file).join(' → ');
}
