import { isBranch } from '../util/branches.js';
import { escapeControls } from '../util/control-characters.js';
import { passwordsIn } from './credentials.js';
import { replaceMarked, SecretFinder } from './secret-finder.js';
import { isSecretName } from './secret-names.js';
import type { SecretScope } from './secret-precedence.js';

/**
 * Maximum number of spellings in each of the two generations. The values in force are remembered again at every reload,
 * so the oldest ones can be dropped.
 */
const MAX_SPELLINGS = 50_000;

/** Shorter secrets are found only as whole words: `1234` must not be redacted within `12345`. */
const LONG_SECRET = 8;

/** The shortest value that is searched for: of a declared secret, and of one that is only named like a secret. */
const SHORTEST = { declared: 3, named: 4 } as const;

/**
 * A word, such as the default password `postgres`, is found only as a whole word too: it is part of other words, such as
 * `postgresql`. Longer runs of letters are no words, and may be joined to others.
 */
const WORD = /^[a-z]{1,10}$/;

/** A short plain word under a name like a secret's is not a secret: `token: none`. */
const SHORT_WORD = /^[a-z]{1,5}$/;

/** The shortest line of a value of several lines (a PEM file) that is searched for separately. */
const SHORTEST_LINE = 16;

/** The secret values seen so far, to be found in messages and stacks that other code wrote. */
export class KnownSecrets {
  #young = new SecretFinder();
  #old = new SecretFinder();
  /** The branches that were walked, with the scope they were in: branches that trees share are walked once. */
  #walked = new WeakMap<object, string>();
  /** The objects around the current value. */
  readonly #ancestors = new Set<object>();
  /** Strings that a secret was put into, whatever their keys are called. */
  readonly #marked = new Set<string>();

  /** Remembers the secrets in `value`. */
  remember(value: unknown, scope: SecretScope, keys: readonly string[] = []): void {
    if (typeof value !== 'object' || value === null) {
      if (scope.isSecret) this.#addSecret(value, scope.isDeclared, keys);
      else if (typeof value === 'string') this.#addPasswords(value);
      return;
    }
    // A value that contains itself is refused later, with its place.
    if (this.#ancestors.has(value) || this.#walked.get(value) === scope.id) return;
    this.#ancestors.add(value);
    this.#rememberObject(value, scope, keys);
    this.#ancestors.delete(value);
  }

  /** Marks a string that a secret was put into: all of it is secret. */
  markSecret(text: string): void {
    if (this.#marked.size >= MAX_SPELLINGS) this.#marked.clear();
    this.#marked.add(text);
  }

  isMarkedSecret(text: string): boolean {
    return this.#marked.has(text);
  }

  /** Returns `text` with `replacement` in place of every known secret. */
  replaceIn(text: string, replacement: string): string {
    const marks = this.#old.find(text, this.#young.find(text));
    return marks === undefined ? text : replaceMarked(text, marks, replacement);
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
    } else if (scope.isSecret) this.#addSecret(value, scope.isDeclared, keys);
    else if (value instanceof URL) this.#addPasswords(value.href);
  }

  #rememberMember(member: unknown, scope: SecretScope, keys: readonly string[], key: string): void {
    const below = scope.below(key);
    // Only secrets need their keys.
    this.remember(member, below, below.isSecret ? [...keys, key] : keys);
  }

  #addSecret(value: unknown, isDeclared: boolean, keys: readonly string[]): void {
    const text = textOf(value);
    const isNumber = typeof value === 'number' || typeof value === 'bigint';
    const shortest = isDeclared ? SHORTEST.declared : SHORTEST.named;
    // `token: token` is not redacted: messages name keys.
    if (text === undefined || text.length < shortest || keys.includes(text)) return;
    if (!isDeclared && isPlaceholder(text)) return;
    for (const spelling of isNumber ? [text] : spellingsOf(text)) this.#addSpelling(spelling, isNumber);
    this.#addPasswords(text);
  }

  /** Client libraries quote the password of an address or a connection string without the rest. */
  #addPasswords(text: string): void {
    for (const password of passwordsIn(text))
      for (const spelling of [password, decoded(password)])
        if (spelling.length >= SHORTEST.named) this.#addSpelling(spelling, false);
  }

  #addSpelling(spelling: string, isWord: boolean): void {
    this.#young.add(spelling, isWord || spelling.length < LONG_SECRET || WORD.test(spelling));
    if (this.#young.size < MAX_SPELLINGS) return;
    this.#old = this.#young;
    this.#young = new SecretFinder();
    this.#walked = new WeakMap();
  }
}

/** Returns whether a text is no secret, but a word that messages are made of: `none`, or the `secret` of an example. */
function isPlaceholder(text: string): boolean {
  return SHORT_WORD.test(text) || (WORD.test(text) && isSecretName(text));
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
  const shown = escapeControls(text);
  const lines = text.includes('\n') ? text.split(/\r?\n/).map((line) => line.trim()) : [];
  return [
    text,
    JSON.stringify(text).slice(1, -1),
    // Messages show invisible characters.
    ...(shown === text ? [] : [shown, escapeControls(JSON.stringify(text).slice(1, -1))]),
    // Through bytes: half a surrogate pair cannot be encoded.
    encodeURIComponent(Buffer.from(text).toString()),
    Buffer.from(text).toString('base64'),
    Buffer.from(text).toString('base64url'),
    ...lines.filter((line) => line.length >= SHORTEST_LINE),
  ];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
