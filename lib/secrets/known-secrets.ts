import { isBranch } from '../util/branches.js';
import { replaceMarked, SecretFinder } from './secret-finder.js';
import type { SecretScope } from './secret-scope.js';

/** How many spellings are looked for, twice. What is in force is learnt again with every reload, so the oldest go. */
const MOST = 50_000;

/** Shorter ones are looked for as words of their own: `1234` must not be hidden within `12345`. */
const LONG = 8;

/** The shortest value that is looked for: declared a secret, or only called like one. */
const SHORTEST = { declared: 3, named: 4 };

/** What is only called like a secret and is one of these, a short plain word, is none: `token: none`. */
const PLAIN_WORD = /^[a-z]{1,5}$/;

/** The shortest line of a value of several lines (a PEM file) that is looked for on its own. */
const SHORTEST_LINE = 16;

/** `scheme://user:password@` */
const PASSWORD_IN_URL = /:\/\/[^\s"/@:]*:([^\s"]*)@/g;

/** The secret values that were seen, so that they are found in texts that others wrote: messages, stacks. */
export class KnownSecrets {
  #young = new SecretFinder();
  #old = new SecretFinder();
  /** The branches that were looked through, and in which scope: what trees share is looked through once. */
  #learnt = new WeakMap<object, string>();
  /** The objects around the value that is looked at. */
  readonly #around = new Set<object>();
  /** Texts that a secret was put into, whatever they are called. */
  readonly #tainted = new Set<string>();

  /** Remembers the secrets in `value`. */
  learn(value: unknown, scope: SecretScope, keys: readonly string[] = []): void {
    if (typeof value !== 'object' || value === null) {
      if (scope.isSecret) this.#add(value, scope.isDeclared, keys);
      else if (typeof value === 'string' && value.includes('://')) this.#addPasswords(value);
      return;
    }
    // A value that contains itself is refused later, by who can say where.
    if (this.#around.has(value) || this.#learnt.get(value) === scope.id) return;
    this.#around.add(value);
    this.#learnObject(value, scope, keys);
    this.#around.delete(value);
  }

  /** Remembers that a secret is part of `text`, so that all of it is one. */
  taint(text: string): void {
    if (this.#tainted.size >= MOST) this.#tainted.clear();
    this.#tainted.add(text);
  }

  isTainted(text: string): boolean {
    return this.#tainted.has(text);
  }

  /** `text` with `replacement` in the place of every known secret. */
  replaceIn(text: string, replacement: string): string {
    const marks = this.#old.find(text, this.#young.find(text));
    return marks === undefined ? text : replaceMarked(text, marks, replacement);
  }

  #learnObject(value: object, scope: SecretScope, keys: readonly string[]): void {
    if (value instanceof Map) {
      for (const [key, member] of value) this.#learnMember(member, scope, keys, String(key));
    } else if (value instanceof Set) {
      [...value].forEach((member, index) => this.#learnMember(member, scope, keys, String(index)));
    } else if (isBranch(value)) {
      this.#learnt.set(value, scope.id);
      for (const key of Object.keys(value))
        this.#learnMember((value as Record<string, unknown>)[key], scope, keys, key);
    } else if (scope.isSecret) this.#add(value, scope.isDeclared, keys);
    else if (value instanceof URL) this.#addPasswords(value.href);
  }

  #learnMember(member: unknown, scope: SecretScope, keys: readonly string[], key: string): void {
    const below = scope.below(key);
    // The keys are wanted of secrets only.
    this.learn(member, below, below.isSecret ? [...keys, key] : keys);
  }

  #add(value: unknown, isDeclared: boolean, keys: readonly string[]): void {
    const text = textOf(value);
    const isNumber = typeof value === 'number' || typeof value === 'bigint';
    const shortest = isDeclared ? SHORTEST.declared : SHORTEST.named;
    // `token: token` hides nothing, and messages name keys.
    if (text === undefined || text.length < shortest || keys.includes(text)) return;
    if (!isDeclared && PLAIN_WORD.test(text)) return;
    for (const spelling of isNumber ? [text] : spellingsOf(text)) this.#remember(spelling, isNumber);
    this.#addPasswords(text);
  }

  /** The password of an address is quoted without the address as well, by whoever connects. */
  #addPasswords(text: string): void {
    if (!text.includes('@')) return;
    for (const [, password = ''] of text.matchAll(PASSWORD_IN_URL))
      for (const spelling of [password, decoded(password)])
        if (spelling.length >= SHORTEST.named) this.#remember(spelling, false);
  }

  #remember(spelling: string, isWord: boolean): void {
    this.#young.add(spelling, isWord || spelling.length < LONG);
    if (this.#young.size < MOST) return;
    this.#old = this.#young;
    this.#young = new SecretFinder();
    this.#learnt = new WeakMap();
  }
}

/** A value as a text that quotes it has it. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (value instanceof URL) return value.href;
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString();
  return undefined;
}

function spellingsOf(text: string): readonly string[] {
  const lines = text.includes('\n') ? text.split(/\r?\n/).map((line) => line.trim()) : [];
  return [
    text,
    JSON.stringify(text).slice(1, -1),
    // By way of bytes: half a surrogate pair cannot be encoded.
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
