import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ConfigValue } from '../../model/config-tree.js';
import { redactCredentials } from '../../secrets/secret-names.js';
import { fillingOf, holeOf, type Hole } from './hole.js';
import { putAt } from './put-at.js';

/** Whether the value at a path must not be on disk in the clear. A branch is asked about without its value. */
export type IsSecret = (segments: readonly string[], text?: string) => boolean;

/** A value that was left out of a text. */
export interface LeftOut {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** A tree as text, without what was left out of it. */
export interface TreeText {
  readonly text: string;
  readonly secrets: readonly LeftOut[];
}

/** How long, in ms, the app waits while a large tree is written. */
const SLICE = 4;

/** Nothing is configured this deep; what is would overflow the stack of who reads it. */
const DEEPEST = 1_000;

/**
 * Writes a tree as JSON, a few milliseconds at a time: nobody's request waits for a large one. The tree must not change
 * meanwhile, which those of layers never do.
 *
 * @param isSecret What is left out. Without it, nothing is.
 * @param above The path of the tree within the configuration.
 */
export async function treeText(
  tree: unknown,
  isSecret?: IsSecret,
  above: readonly string[] = [],
): Promise<TreeText> {
  const writer = new TreeWriter(isSecret);
  await writer.value(tree, above);
  const holes = writer.holes.map((hole) => ({ ...hole, path: hole.path.slice(above.length) }));
  const secrets = writer.secrets.map(({ path, value }) => ({ path: path.slice(above.length), value }));
  return { text: `{"tree":${writer.text},"holes":${JSON.stringify(holes)}}`, secrets };
}

/** A tree that was read, with `null` where something is absent. */
export interface ParsedTree {
  readonly tree: ConfigValue;
  /** The paths of what is not in the text. */
  readonly absent: readonly (readonly string[])[];
}

/** @throws where the text is none that `treeText` wrote */
export function parseTreeText(text: string): ParsedTree {
  const { tree, holes } = JSON.parse(text) as { tree: ConfigValue; holes: readonly Hole[] };
  const [absent, present] = [true, false].map((isAbsent) =>
    holes.filter(({ kind }) => (kind === 'absent') === isAbsent),
  );
  const filled = present!.reduce((below, hole) => putAt(below, hole.path, fillingOf(hole)), tree);
  return { tree: filled, absent: absent!.map(({ path }) => path) };
}

class TreeWriter {
  text = '';
  readonly holes: Hole[] = [];
  readonly secrets: LeftOut[] = [];
  readonly #path: string[] = [];
  #sliceEnd = performance.now() + SLICE;

  constructor(private readonly isSecret: IsSecret | undefined) {}

  async value(value: unknown, above: readonly string[]): Promise<void> {
    this.#path.push(...above);
    if (!this.#scalar(value)) await this.#branch(value as object);
  }

  /** Whether the value was written as a whole. */
  #scalar(value: unknown): boolean {
    const hole = this.#isSecret(value) ? this.#secret(value) : holeOf(value, this.#path);
    if (hole !== undefined) this.holes.push({ ...hole, path: [...this.#path] });
    else if (typeof value === 'object' && value !== null) return false;
    this.text += hole === undefined ? JSON.stringify(value) : 'null';
    return true;
  }

  async #branch(branch: object): Promise<void> {
    if (this.#path.length > DEEPEST) throw new RangeError('it contains itself, or nests too deeply');
    const isList = Array.isArray(branch);
    const members = branch as Record<string, unknown>;
    const keys = isList ? Array.from(branch.keys(), String) : Object.keys(branch);
    this.text += isList ? '[' : '{';
    for (const [index, key] of keys.entries()) {
      const comma = index > 0 ? ',' : '';
      this.text += isList ? comma : `${comma}${JSON.stringify(key)}:`;
      this.#path.push(key);
      if (!this.#scalar(members[key])) await this.#branch(members[key] as object);
      this.#path.pop();
      if (index % 64 === 0 && performance.now() > this.#sliceEnd) await this.#rest();
    }
    this.text += isList ? ']' : '}';
  }

  /** An address with a password in it is one, wherever it stands. */
  #isSecret(value: unknown): boolean {
    if (value === null || value === undefined || this.isSecret === undefined) return false;
    if (typeof value !== 'string') return this.isSecret(this.#path);
    return this.isSecret(this.#path, value) || redactCredentials(value) !== value;
  }

  #secret(value: unknown): Hole {
    this.secrets.push({ path: [...this.#path], value });
    return { path: [], kind: 'absent' };
  }

  async #rest(): Promise<void> {
    await nextTurn();
    this.#sliceEnd = performance.now() + SLICE;
  }
}
