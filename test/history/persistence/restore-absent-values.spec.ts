import type { ConfigValue } from 'nestjs-hot-config';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { restoreAbsentValues } from '../../../lib/history/persistence/restore-absent-values.js';
import { DEFAULT_CONTENT_LIMITS } from '../../../lib/limits/content-limits.js';
import { parseTree, stringifyTree } from '../../../lib/history/persistence/tree-json.js';

const isToken = (segments: readonly string[]) => segments.at(-1) === 'token';

/** Writes a tree without its tokens, and restores it while `live` is the content of the source. */
async function restore(tree: unknown, live: unknown) {
  const { json } = await stringifyTree(tree, isToken);
  return restoreAbsentValues(parseTree(json, DEFAULT_CONTENT_LIMITS), live, new Map());
}

/** The tokens of the elements of a restored list. */
async function tokens(before: readonly object[], now: readonly object[]): Promise<unknown[]> {
  const { tree } = await restore({ list: before }, { list: now });
  return (tree as { list: { token?: string }[] }).list.map(({ token }) => token);
}

describe('A secret that is not on disk', () => {
  it('is taken from the element with the same identity', async () => {
    const before = [
      { id: 1, host: 'a', token: 'old 1' },
      { id: 2, host: 'b', token: 'old 2' },
      { id: 3, host: 'c', token: 'old 3' },
    ];
    const now = [
      { id: 3, host: 'new', token: 'three' },
      { id: 1, host: 'a', token: 'one' },
    ];

    expect(await tokens(before, now)).toEqual(['one', undefined, 'three']);
  });

  it.each<[string, object[], object[]]>([
    ['the order is different', [{ host: 'a' }, { host: 'b' }], [{ host: 'b' }, { host: 'a' }]],
    ['an element was inserted', [{ host: 'a' }], [{ host: 'z' }, { host: 'a' }]],
    ['an element was removed', [{ host: 'a' }, { host: 'b' }], [{ host: 'b' }]],
    ['an element was edited', [{ host: 'a' }, { host: 'b' }], [{ host: 'a' }, { host: 'c' }]],
    ['a value was null', [{ host: null }, { host: null }], [{ host: 'a' }, { host: null }]],
    ['a key was added', [{ host: 'a' }], [{ host: 'a', port: 1 }]],
    ['two elements share a name', [{ name: 'a' }, { name: 'a', n: 1 }], [{ name: 'a', n: 1 }, { name: 'a' }]],
    ['only some elements have a name', [{ name: 'a' }, { n: 1 }], [{ n: 1 }, { name: 'a' }]],
  ])('is not taken from a list without identities if %s', async (_what, before, now) => {
    const withTokens = (list: object[]) => list.map((element, index) => ({ ...element, token: `t${index}` }));

    expect(await tokens(withTokens(before), withTokens(now))).toEqual(before.map(() => undefined));
  });

  it('is taken from the same index of a list without identities if nothing else differs', async () => {
    const before = [
      { host: 'a', token: 'old 1' },
      { host: null, token: 'old 2' },
    ];
    const now = [
      { host: 'a', token: 'one' },
      { host: null, token: 'two' },
    ];

    expect(await tokens(before, now)).toEqual(['one', 'two']);
  });

  it('is found in nested lists, each by its own rule', async () => {
    const before = {
      teams: [
        { name: 'x', hosts: [{ host: 'a', token: '1' }] },
        { name: 'y', hosts: [] },
      ],
    };
    const now = {
      teams: [
        { name: 'y', hosts: [{ host: 'b', token: 'y' }] },
        { name: 'x', hosts: [] },
      ],
    };
    const same = { teams: [before.teams[1], { name: 'x', hosts: [{ host: 'a', token: 'live' }] }] };

    expect((await restore(before, now)).missing).toEqual(['teams.0.hosts.0.token']);
    expect((await restore(before, same)).tree).toMatchObject({
      teams: [
        { name: 'x', hosts: [{ host: 'a', token: 'live' }] },
        { name: 'y', hosts: [] },
      ],
    });
  });

  it('is never taken from another element, whatever was edited', async () => {
    // The token of an element is made from its identity or its content, so that a wrong one is recognized.
    const withToken = (element: object) => ({ ...element, token: JSON.stringify(element) });
    const byName = fc.uniqueArray(fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd') }), {
      selector: ({ name }) => name,
    });
    const byContent = fc.array(fc.record({ host: fc.constantFrom('a', 'b', null), port: fc.nat(2) }), {
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.tuple(byName, byName), fc.tuple(byContent, byContent)),
        async ([before, now]) => {
          const expected = before.map(withToken).map(({ token }) => token);
          const restored = await tokens(before.map(withToken), now.map(withToken));

          for (const [index, token] of restored.entries())
            expect([expected[index], undefined]).toContain(token);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is restored for 10,000 elements without comparing their lists for each of them', async () => {
    const list = Array.from({ length: 10_000 }, (_, index) => ({ host: `h${index}`, token: `t${index}` }));

    const { tree, missing } = await restore({ list }, { list });

    expect(tree).toEqual({ list });
    expect(missing).toEqual([]);
  });

  it('is the stored one if the file contains it', async () => {
    const { json } = await stringifyTree({ token: 'old' }, isToken);
    const stored = new Map<string, ConfigValue>([['token', 'stored']]);

    expect(
      restoreAbsentValues(parseTree(json, DEFAULT_CONTENT_LIMITS), { token: 'live' }, stored).tree,
    ).toEqual({ token: 'stored' });
  });
});
