import { diffArrays } from 'diff';
import { isBranch, isSameKind } from '../util/branches.js';
import { contentText } from '../snapshot/content-text.js';

/** Unmatched elements, by their indices, between two that are matched. */
export interface Gap {
  readonly old: readonly number[];
  readonly young: readonly number[];
}

/** The lists that a gap is in. */
export interface GapLists {
  readonly old: readonly unknown[];
  readonly young: readonly unknown[];
  readonly oldTexts: readonly string[];
  readonly youngTexts: readonly string[];
  /** Filled in. */
  readonly origins: Int32Array;
}

/** How many insertions and removals are searched for the shortest script; its cost grows with their square. */
const MAX_EDITS = 200;

/** How many pairs of elements are compared for likeness. */
const MAX_PAIRS = 1_000;

/**
 * Matches what is left between two anchors. Nothing in it stands exactly once in both lists, so first what says the
 * same, by the shortest edit script; the rest in order, as elements that were edited in place.
 */
export function alignGap(gap: Gap, lists: GapLists): void {
  let oldAt = 0;
  let youngAt = 0;
  let different = { old: 0, young: 0 };
  const pairDifferent = () => {
    const old = gap.old.slice(oldAt - different.old, oldAt);
    const young = gap.young.slice(youngAt - different.young, youngAt);
    if (old.length > 0 && young.length > 0) pair({ old, young }, lists);
    different = { old: 0, young: 0 };
  };
  for (const { added, removed, count } of editScript(gap, lists)) {
    if (!added && !removed) {
      pairDifferent();
      for (let offset = 0; offset < count; offset += 1)
        lists.origins[gap.young[youngAt + offset]!] = gap.old[oldAt + offset]!;
    }
    if (removed) different.old += count;
    if (added) different.young += count;
    if (!added) oldAt += count;
    if (!removed) youngAt += count;
  }
  pairDifferent();
}

interface EditStep {
  readonly added: boolean;
  readonly removed: boolean;
  readonly count: number;
}

/** The shortest edit script; where that is too long to search for, or plain to see, everything is taken as edited. */
function editScript({ old, young }: Gap, { oldTexts, youngTexts }: GapLists): readonly EditStep[] {
  const before = old.map((index) => oldTexts[index]!);
  const after = young.map((index) => youngTexts[index]!);
  const known = new Set(before);
  const script = after.some((text) => known.has(text))
    ? diffArrays(before, after, { maxEditLength: MAX_EDITS })
    : undefined;
  return (
    script ?? [
      { added: false, removed: true, count: old.length },
      { added: true, removed: false, count: young.length },
    ]
  );
}

/** Elements that say different things: as many of the one as of the other were edited in place, one by one. */
function pair({ old, young }: Gap, { old: before, young: after, origins }: GapLists): void {
  if (old.length === young.length || old.length * young.length > MAX_PAIRS) {
    const count = Math.min(old.length, young.length);
    for (let at = 0; at < count; at += 1) origins[young[at]!] = old[at]!;
    return;
  }
  const [few, many] = old.length < young.length ? [old, young] : [young, old];
  const likeness = (one: number, other: number) =>
    few === old ? likenessOf(before[one], after[other]) : likenessOf(before[other], after[one]);
  let from = 0;
  few.forEach((one, position) => {
    // As many as follow must find one, too.
    const choice = many.slice(from, many.length - (few.length - position - 1));
    const likes = choice.map((other) => likeness(one, other));
    const best = likes.indexOf(Math.max(...likes));
    if (likes[best] === 0) return;
    const other = choice[best]!;
    origins[few === old ? other : one] = few === old ? one : other;
    from += best + 1;
  });
}

/** How much two elements that differ have in common: the part of their members that are the same, or nothing. */
function likenessOf(a: unknown, b: unknown): number {
  if (!isBranch(a) || !isBranch(b) || !isSameKind(a, b)) return 0;
  const members = Object.entries(a);
  const same = members.filter(([key, member]) => {
    const other = Object.hasOwn(b, key) ? (b as Record<string, unknown>)[key] : undefined;
    return isSame(member, other);
  });
  return same.length / Math.max(1, members.length, Object.keys(b).length);
}

function isSame(a: unknown, b: unknown): boolean {
  return (
    Object.is(a, b) || (typeof a === 'object' && typeof b === 'object' && contentText(a) === contentText(b))
  );
}
