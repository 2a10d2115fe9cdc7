import { diffArrays } from 'diff';
import type { ContentNumbers } from './content-numbers.js';
import { identityKeyOf, identityOf } from './element-identity.js';

/** The elements of a list matched with the elements of an earlier list. */
export interface ListAlignment {
  /** For each element its index in the earlier list; -1 if it is new. */
  readonly origins: Int32Array;
  /** The indexes of the elements that have changed their order among those that stayed. */
  readonly moved: ReadonlySet<number>;
  /** The key that identifies the elements, if all of them have one. */
  readonly identityKey: string | undefined;
}

type List = readonly unknown[];

/** Keys that may identify an element, the most specific first. */
const IDENTITY_KEYS: readonly string[] = ['id', '_id', 'uuid', 'key', 'name'];

/**
 * Limit for the insertions and removals in an edit script. The time of the search grows with this number times the length
 * of the lists: two lists of 10^5 elements took 0.3 s at worst, with a limit of 2,000 it was 4 s.
 */
const MAX_EDITS = 500;

/**
 * Matches the elements of two lists: by an identity key if all elements of both lists have one; otherwise by the shortest
 * edit script, in which elements that replace others are paired in their order; by index if the script is too long.
 */
export function alignLists(before: List, after: List, contents: ContentNumbers): ListAlignment {
  const identityKey = identityKeyOf(before, after, IDENTITY_KEYS);
  return identityKey === undefined
    ? { origins: alignByContent(before, after, contents), moved: new Set(), identityKey }
    : { ...alignByIdentity(before, after, identityKey), identityKey };
}

function alignByIdentity(before: List, after: List, key: string) {
  const indexes = new Map(before.map((element, index) => [identityOf(element, key), index]));
  const origins = Int32Array.from(after, (element) => indexes.get(identityOf(element, key)) ?? -1);
  const stayed = [...origins.keys()].filter((index) => origins[index]! >= 0);
  const inOrder = longestIncreasing(stayed.map((index) => origins[index]!));
  return { origins, moved: new Set(stayed.filter((_index, position) => !inOrder.has(position))) };
}

function alignByContent(before: List, after: List, contents: ContentNumbers): Int32Array {
  const origins = new Int32Array(after.length).fill(-1);
  let [from, to, removed, added] = [0, 0, 0, 0];
  const pair = (count: number) => {
    for (let offset = 0; offset < count; offset += 1) origins[to + offset] = from + offset;
  };
  for (const step of editScript(before, after, contents)) {
    if (step.removed) removed += step.count;
    else if (step.added) added += step.count;
    else {
      pair(Math.min(removed, added));
      from += removed;
      to += added;
      pair(step.count);
      from += step.count;
      to += step.count;
      removed = added = 0;
    }
  }
  return origins;
}

interface EditStep {
  readonly removed?: boolean;
  readonly added?: boolean;
  readonly count: number;
}

/** Ends with a step that removes and adds nothing. Equal elements at both ends are not part of the search. */
function editScript(before: List, after: List, contents: ContentNumbers): EditStep[] {
  const length = Math.min(before.length, after.length);
  const start = countWhile(length, (offset) => contents.areEqual(before[offset], after[offset]));
  const end = countWhile(length - start, (offset) =>
    contents.areEqual(before.at(-1 - offset), after.at(-1 - offset)),
  );
  const removed = before.slice(start, before.length - end);
  const added = after.slice(start, after.length - end);
  const numbersOf = (list: List) => list.map((element) => contents.numberOf(element));
  const script = diffArrays(numbersOf(removed), numbersOf(added), {
    maxEditLength: MAX_EDITS,
  }) ?? [
    { removed: true, count: removed.length },
    { added: true, count: added.length },
  ];
  return [{ count: start }, ...script, { count: end }];
}

function countWhile(length: number, holds: (offset: number) => boolean): number {
  let count = 0;
  while (count < length && holds(count)) count += 1;
  return count;
}

/** The positions of a longest run of increasing values, not necessarily neighbours, in n log n. */
function longestIncreasing(values: readonly number[]): Set<number> {
  /** For each length of a run, the position where the run with the lowest end of that length ends. */
  const ends: number[] = [];
  const previous = new Int32Array(values.length).fill(-1);
  values.forEach((value, position) => {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (values[ends[middle]!]! < value) low = middle + 1;
      else high = middle;
    }
    if (low > 0) previous[position] = ends[low - 1]!;
    ends[low] = position;
  });
  const run = new Set<number>();
  for (let position = ends.at(-1) ?? -1; position >= 0; position = previous[position]!) run.add(position);
  return run;
}
