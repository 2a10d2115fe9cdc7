import { isObjectBranch } from '../util/branches.js';
import { contentText } from '../snapshot/content-text.js';
import { alignGap } from './gap.js';
import { longestIncreasing } from './increasing.js';

/** Which element of a list is which of an earlier list. */
export interface Alignment {
  /** For each element its index in the earlier list; -1 where it is new. */
  readonly origins: Int32Array;
  /** The elements, by their index, that stand elsewhere among those that stayed. */
  readonly moved: ReadonlySet<number>;
  /** The key that tells the elements apart, where all of them have one. */
  readonly identity: string | undefined;
}

type List = readonly unknown[];

/** Keys that name an element where all elements have a different one; the first that does is taken. */
const IDENTITY_KEYS = ['id', '_id', 'uuid', 'key', 'name'];

/**
 * Says which element of `after` is which of `before`. Elements that have an identity (`id`, `name`, …) are the same
 * where that is the same; others where they say the same, and what is left between such is paired in order. What begins
 * and ends alike is not looked at further, and no list costs more than n log n.
 */
export function align(before: List, after: List): Alignment {
  const origins = new Int32Array(after.length).fill(-1);
  const head = alikeAtHead(before, after);
  const tail = alikeAtTail(before, after, head);
  for (let index = 0; index < head; index += 1) origins[index] = index;
  for (let back = 1; back <= tail; back += 1) origins[after.length - back] = before.length - back;

  const old = before.slice(head, before.length - tail);
  const young = after.slice(head, after.length - tail);
  const identity = old.length > 0 && young.length > 0 ? identityOf(old, young) : undefined;
  const middle = alignMiddle(old, young, identity);
  middle.origins.forEach((origin, index) => {
    if (origin >= 0) origins[head + index] = head + origin;
  });
  return { origins, moved: new Set([...middle.moved].map((index) => head + index)), identity };
}

function alikeAtHead(before: List, after: List): number {
  const most = Math.min(before.length, after.length);
  let count = 0;
  while (count < most && isAlike(before[count], after[count])) count += 1;
  return count;
}

function alikeAtTail(before: List, after: List, head: number): number {
  const most = Math.min(before.length, after.length) - head;
  let count = 0;
  while (count < most && isAlike(before.at(-1 - count), after.at(-1 - count))) count += 1;
  return count;
}

function isAlike(a: unknown, b: unknown): boolean {
  return Object.is(a, b) || contentText(a) === contentText(b);
}

function identityOf(old: List, young: List): string | undefined {
  return IDENTITY_KEYS.find((key) => tellsApart(old, key) && tellsApart(young, key));
}

function tellsApart(elements: List, key: string): boolean {
  const seen = new Set<unknown>();
  for (const element of elements) {
    const name = nameOf(element, key);
    if (name === undefined || seen.has(name)) return false;
    seen.add(name);
  }
  return true;
}

/** The identity of an element under `key`, if it has one there. */
export function nameOf(element: unknown, key: string): string | number | undefined {
  if (!isObjectBranch(element) || !Object.hasOwn(element, key)) return undefined;
  const name = element[key];
  return typeof name === 'string' || typeof name === 'number' ? name : undefined;
}

function alignMiddle(old: List, young: List, identity: string | undefined) {
  const origins = new Int32Array(young.length).fill(-1);
  const moved = new Set<number>();
  const textOf = (element: unknown) =>
    identity === undefined ? contentText(element) : String(nameOf(element, identity));
  const oldTexts = old.map(textOf);
  const youngTexts = young.map(textOf);

  const anchors = matchUnique(oldTexts, youngTexts, origins);
  const inOrder = longestIncreasing(anchors.map((index) => origins[index]!));
  anchors.forEach((index, position) => void (inOrder.has(position) || moved.add(index)));
  if (identity === undefined) {
    const kept = anchors.filter((_index, position) => inOrder.has(position));
    for (const gap of gapsBetween(kept, origins, old.length)) {
      alignGap(gap, { old, young, oldTexts, youngTexts, origins });
    }
  }
  return { origins, moved };
}

/** Matches what stands exactly once in both, and gives the indices of it. */
function matchUnique(
  oldTexts: readonly string[],
  youngTexts: readonly string[],
  origins: Int32Array,
): number[] {
  const oldPlaces = placesOf(oldTexts);
  const youngPlaces = placesOf(youngTexts);
  return [...youngPlaces].flatMap(([text, index]) => {
    const origin = oldPlaces.get(text) ?? -1;
    if (index < 0 || origin < 0) return [];
    origins[index] = origin;
    return [index];
  });
}

/** Where each text stands; -1 where it stands more than once. */
function placesOf(texts: readonly string[]): Map<string, number> {
  const places = new Map<string, number>();
  texts.forEach((text, index) => places.set(text, places.has(text) ? -1 : index));
  return places;
}

/** The unmatched elements between each two of what kept its order. */
function* gapsBetween(kept: readonly number[], origins: Int32Array, oldLength: number) {
  const taken = new Set(origins);
  let oldFrom = 0;
  let youngFrom = 0;
  for (const end of [...kept, origins.length]) {
    const oldEnd = end === origins.length ? oldLength : origins[end]!;
    const old = range(oldFrom, oldEnd).filter((index) => !taken.has(index));
    const young = range(youngFrom, end).filter((index) => origins[index] === -1);
    if (old.length > 0 && young.length > 0) yield { old, young };
    oldFrom = oldEnd + 1;
    youngFrom = end + 1;
  }
}

function range(from: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - from) }, (_, offset) => from + offset);
}
