import { formatPath } from '../model/paths.js';
import type { NullPlace } from './null-rules.js';
import { NullSearch } from './nulls-in-tree.js';
import type { PathIssue } from './validator.interface.js';

/** A tree for a schema class, with the nulls that the class does not allow. */
export interface ClassInput {
  /** The tree without the nulls that count as absent. */
  readonly tree: Readonly<Record<string, unknown>>;
  readonly warnings: readonly PathIssue[];
  /** Nulls that nothing but this refuses for sure: elements of lists, maps and sets of a class. */
  readonly refused: readonly PathIssue[];
}

/**
 * Removes the nulls that count as absent for a schema class. Most are removed before, when layers are merged; the others
 * were made of a string, `null` in the environment for example, or of a reference.
 *
 * @param base path of `tree`, for the messages
 */
export function withoutNulls(
  tree: Readonly<Record<string, unknown>>,
  place: NullPlace | undefined,
  base: readonly string[],
): ClassInput {
  const warnings: PathIssue[] = [];
  const refused: PathIssue[] = [];
  const input = new NullSearch().replaced(tree, place, ({ path, meaning, hasDefault }) => {
    const name = formatPath([...base, ...path]);
    if (meaning === 'refused') refused.push({ path, message: refusedNull(name) });
    if (meaning !== 'absent') return null;
    warnings.push({ path, message: absentNull(name, hasDefault) });
    return undefined;
  });
  return { tree: input, warnings, refused };
}

/** Says that a null counts as absent, and nothing else has a value there. */
export function absentNull(name: string, hasDefault: boolean): string {
  const effect = hasDefault ? 'the default is used' : 'it counts as absent';
  return `${name} has no value, so ${effect}; ${ADVICE}`;
}

/** The end of messages about a null that counts as absent. */
export const ADVICE = 'write a value, remove the key, or mark it @Nullable()';

function refusedNull(name: string): string {
  return `${name} has no value; write a value, or remove it (its keys may be commented out)`;
}
