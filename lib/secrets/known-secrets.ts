import { isBranch } from '../util/branches.js';
import { escapeControls } from '../util/control-characters.js';
import { credentialsIn, passwordsIn } from './credentials.js';
import { replaceMarked, SecretFinder } from './secret-finder.js';
import { isSecretName } from './secret-names.js';
import type { SecretScope } from './secret-precedence.js';

/**
 * The shortest secret that is searched for in texts. Of shorter ones, too few exist: a client that may set a value and
 * read it could try them all, and see which one is redacted. They are redacted by their places only.
 */
export const SHORTEST_IN_TEXTS = 8;

/** Memory of the secrets that are no longer in force, in characters, in each of the two generations. */
const MAX_SIZE = 2_000_000;

/** Longer secrets are not searched for in all encodings: few messages quote that much, and each encoding takes memory. */
const MAX_ENCODED = 4096;

/**
 * A word, such as the default password `postgres`, is found only as a whole word: it is part of other words, such as
 * `postgresql`. Longer runs of letters are no words, and may be joined to others.
 */
const WORD = /^[a-z]{1,10}$/;

/** The shortest line of a value of several lines (a PEM file) that is searched for separately. */
const SHORTEST_LINE = 16;

/** The secret values seen so far, to be found in messages and stacks that other code wrote. */
export class KnownSecrets {
  #young = new SecretFinder();
  #old = new SecretFinder();
  #maxSize = MAX_SIZE;
  /** The branches that were walked, with the scope they were in: branches that trees share are walked once. */
  #walked = new WeakMap<object, string>();
  /** The objects around the current value. */
  readonly #ancestors = new Set<object>();
  #revision = 0;

  /** Changes whenever a secret becomes known. */
  get revision(): number {
    return this.#revision;
  }

  /** Remembers the secrets in `value`. */
  remember(value: unknown, scope: SecretScope, keys: readonly string[] = []): void {
    if (typeof value !== 'object' || value === null) {
      if (scope.isSecret) this.#addSecret(value, keys);
      else if (typeof value === 'string') this.#addPasswords(value);
      return;
    }
    // A value that contains itself is refused later, with its place.
    if (this.#ancestors.has(value) || this.#walked.get(value) === scope.id) return;
    this.#ancestors.add(value);
    this.#rememberObject(value, scope, keys);
    this.#ancestors.delete(value);
  }

  /**
   * Forgets the oldest secrets if all take too much memory. `rememberInForce` remembers those again that must not be
   * forgotten, however much memory they take.
   */
  forgetOldest(rememberInForce: () => void): void {
    if (this.#young.size <= this.#maxSize) return;
    this.#old = this.#young;
    this.#young = new SecretFinder();
    this.#walked = new WeakMap();
    rememberInForce();
    this.#maxSize = Math.max(MAX_SIZE, 2 * this.#young.size);
  }

  /**
   * Returns `text` with `replacement` in place of every known secret and of all credentials. Both are looked for in the
   * original: without its credentials, a secret that contains some would not be found, and the rest of it would stay.
   */
  replaceIn(text: string, replacement: string): string {
    let marks = this.#marksIn(text);
    for (const { start, end } of credentialsIn(text))
      marks = (marks ?? new Uint8Array(text.length)).fill(1, start, end);
    return marks === undefined ? text : replaceMarked(text, marks, replacement);
  }

  /** Returns whether a known secret is part of `text`. */
  areIn(text: string): boolean {
    return this.#marksIn(text) !== undefined;
  }

  #marksIn(text: string): Uint8Array | undefined {
    if (text.length < SHORTEST_IN_TEXTS) return undefined;
    return this.#old.find(text, this.#young.find(text));
  }

  #rememberObject(value: object, scope: SecretScope, keys: readonly string[]): void {
    if (value instanceof Map) {
      for (const [key, member] of value) this.#rememberMember(member, scope, keys, String(key));
    } else if (value instanceof Set) {
      [...value].forEach((member, index) => this.#rememberMember(member, scope, keys, String(index)));
    } else if (isBranch(value)) {
      this.#walked.set(value, scope.id);
      for (const key of Object.keys(value))
        this.#rememberMember((value as Record<string, unknown>)[key], scope, keys, key);
    } else if (scope.isSecret) this.#addSecret(value, keys);
    else if (value instanceof URL) this.#addPasswords(value.href);
  }

  #rememberMember(member: unknown, scope: SecretScope, keys: readonly string[], key: string): void {
    const below = scope.below(key);
    // Only secrets need their keys.
    this.remember(member, below, below.isSecret ? [...keys, key] : keys);
  }

  #addSecret(value: unknown, keys: readonly string[]): void {
    const text = textOf(value);
    // `password: password` is not redacted, and neither is the `credential` of an example: messages name keys.
    if (text === undefined || text.length < SHORTEST_IN_TEXTS || keys.includes(text)) return;
    if (WORD.test(text) && isSecretName(text)) return;
    const isNumber = typeof value === 'number' || typeof value === 'bigint';
    for (const spelling of isNumber ? [text] : spellingsOf(text)) this.#addSpelling(spelling, isNumber);
    this.#addPasswords(text);
  }

  /** Client libraries quote the password of an address or a connection string without the rest. */
  #addPasswords(text: string): void {
    for (const password of passwordsIn(text))
      for (const spelling of [password, decoded(password)]) this.#addSpelling(spelling, false);
  }

  #addSpelling(spelling: string, isWord: boolean): void {
    if (spelling.length < SHORTEST_IN_TEXTS) return;
    if (this.#young.add(detached(spelling), isWord || WORD.test(spelling))) this.#revision += 1;
  }
}

/** Returns a copy: a part of a string keeps the whole of it in memory, such as the content of a file. */
function detached(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}

/** Returns a value as messages quote it. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (value instanceof URL) return value.href;
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString();
  return undefined;
}

function spellingsOf(text: string): readonly string[] {
  const quoted = JSON.stringify(text).slice(1, -1);
  const lines = text.includes('\n') ? text.split(/\r?\n/).map((line) => line.trim()) : [];
  return [
    text,
    // Messages show invisible characters.
    ...[quoted, escapeControls(text), escapeControls(quoted)].filter((spelling) => spelling !== text),
    ...(text.length > MAX_ENCODED ? [] : encodingsOf(text)),
    ...lines.filter((line) => line.length >= SHORTEST_LINE),
  ];
}

function encodingsOf(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  // Through bytes: half a surrogate pair cannot be encoded.
  return [encodeURIComponent(bytes.toString()), bytes.toString('base64'), bytes.toString('base64url')];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
