import { isBranch } from './branches.js';
import type { SecretScope } from './secret-scope.js';

/** How many values are remembered. More are not looked for in a text in reasonable time; the oldest are forgotten. */
const MOST = 10_000;

/** Shorter ones are looked for as words of their own: `1234` must not be hidden within `12345`. */
const LONG = 8;

/** The shortest value that is looked for: declared a secret, or only called like one (`sort_key: name`). */
const SHORTEST = { declared: 3, named: 6 };

/** The shortest line of a value of several lines (a PEM file) that is looked for on its own. */
const SHORTEST_LINE = 16;

/** The secret values that were seen, so that they are found in texts that others wrote: messages, stacks. */
export class KnownSecrets {
  /** By what may stand in a text, as people, JSON and URLs write it. */
  readonly #spellings = new Map<string, RegExp | undefined>();
  /** The objects around the value that is looked at. */
  readonly #around = new Set<object>();
  /** The longest first: one may hold another. Made when it is needed. */
  #ordered: readonly (readonly [string, RegExp | undefined])[] | undefined;

  /** Remembers the secrets in `value`. */
  learn(value: unknown, scope: SecretScope, keys: readonly string[] = []): void {
    if (typeof value !== 'object' || value === null) {
      if (scope.isSecret) this.#add(value, scope.isDeclared, keys);
      return;
    }
    // A value that contains itself is refused later, by who can say where.
    if (this.#around.has(value)) return;
    this.#around.add(value);
    this.#learnObject(value, scope, keys);
    this.#around.delete(value);
  }

  #learnObject(value: object, scope: SecretScope, keys: readonly string[]): void {
    if (value instanceof Map || value instanceof Set) {
      let index = 0;
      for (const [key, member] of value instanceof Map ? value : [...value].entries())
        this.#learnMember(member, scope, keys, value instanceof Map ? String(key) : String(index++));
    } else if (isBranch(value)) {
      for (const key of Object.keys(value))
        this.#learnMember((value as Record<string, unknown>)[key], scope, keys, key);
    } else if (scope.isSecret) this.#add(value, scope.isDeclared, keys);
  }

  #learnMember(member: unknown, scope: SecretScope, keys: readonly string[], key: string): void {
    const below = scope.below(key);
    // The keys are wanted of secrets only.
    this.learn(member, below, below.isSecret ? [...keys, key] : keys);
  }

  /** `text` with `replacement` in the place of every known secret. */
  replaceIn(text: string, replacement: string): string {
    this.#ordered ??= [...this.#spellings].sort(([a], [b]) => b.length - a.length);
    let shown = text;
    for (const [spelling, word] of this.#ordered)
      if (shown.includes(spelling)) shown = shown.replaceAll(word ?? spelling, () => replacement);
    return shown;
  }

  #add(value: unknown, isDeclared: boolean, keys: readonly string[]): void {
    const text = textOf(value);
    const isNumber = typeof value === 'number' || typeof value === 'bigint';
    const shortest = isDeclared ? SHORTEST.declared : SHORTEST.named;
    // `token: token` hides nothing, and messages name keys.
    if (text === undefined || text.length < shortest || keys.includes(text)) return;
    for (const spelling of isNumber ? [text] : spellingsOf(text)) this.#remember(spelling, isNumber);
  }

  #remember(spelling: string, isWord: boolean): void {
    if (this.#spellings.has(spelling)) return;
    const alone = isWord || spelling.length < LONG;
    this.#spellings.set(spelling, alone ? wordOf(spelling) : undefined);
    this.#ordered = undefined;
    if (this.#spellings.size > MOST) this.#spellings.delete(this.#spellings.keys().next().value!); // not empty
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
    ...lines.filter((line) => line.length >= SHORTEST_LINE),
  ];
}

function wordOf(text: string): RegExp {
  return new RegExp(
    `(?<![\\p{L}\\p{N}_])${text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}(?![\\p{L}\\p{N}_])`,
    'gu',
  );
}
