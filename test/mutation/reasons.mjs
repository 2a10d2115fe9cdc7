/** Why a mutant that survives is no missing test. A place is the end of a file name, and a part of the line. */
export const REASONS = [
  {
    reason: 'Same result, only slower: the condition skips work that would find nothing',
    places: [
      ['snapshot/diff.ts', 'if (givenBelow === undefined && Object.is(previous, current)) return;'],
      ['snapshot/diff.ts', 'if (given === undefined && Object.is(previous, current)) return;'],
    ],
  },
  {
    reason: 'Same result: the other values that reach it do not differ there',
    places: [['snapshot/diff.ts', 'if (branch === undefined) return -1;']],
  },
];
