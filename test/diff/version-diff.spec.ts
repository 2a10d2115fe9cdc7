import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { compareVersions } from '../../lib/diff/version-diff.js';
import { SecretPolicy } from '../../lib/secrets/secret-policy.js';
import { secretPolicyWhere } from '../support/secret-policy-where.js';

function compare(from: unknown, to: unknown, secrets: (path: string) => boolean = () => false) {
  return compareVersions(
    { label: 'version 1', tree: from },
    { label: 'version 2', tree: to },
    secretPolicyWhere((segments) => secrets(segments.join('.'))),
  );
}

/** Each difference as a short string. */
function entriesOf(from: unknown, to: unknown): string[] {
  return compare(from, to).entries.map(({ kind, path, previousPath, previous, current }) => {
    const place = previousPath === undefined ? path : `${previousPath} → ${path}`;
    return `${kind} ${place}: ${JSON.stringify(previous)} → ${JSON.stringify(current)}`;
  });
}

describe('the difference between two versions', () => {
  it('contains added and removed values, changed values and changed types, at any depth', () => {
    const diff = compare(
      { llm: { model: 'small', top_k: 5, temperature: '0.7' }, log_level: 'log' },
      { llm: { model: 'large', temperature: 0.7, tools: { search: true } }, log_level: 'log' },
    );

    expect(diff.entries).toEqual([
      { kind: 'changed', path: 'llm.model', segments: ['llm', 'model'], previous: 'small', current: 'large' },
      {
        kind: 'typeChanged',
        path: 'llm.temperature',
        segments: ['llm', 'temperature'],
        previous: '0.7',
        current: 0.7,
      },
      {
        kind: 'added',
        path: 'llm.tools',
        segments: ['llm', 'tools'],
        previous: undefined,
        current: { search: true },
      },
      { kind: 'removed', path: 'llm.top_k', segments: ['llm', 'top_k'], previous: 5, current: undefined },
    ]);
    expect(diff.stats).toEqual({ added: 1, removed: 1, changed: 1, typeChanged: 1, moved: 0 });
  });

  it('is empty for trees with the same content', () => {
    const diff = compare({ a: [1, { b: new Date(5) }], c: undefined }, { a: [1, { b: new Date(5) }] });

    expect(diff.entries).toEqual([]);
    expect(diff.toJsonPatch()).toEqual([]);
    expect(diff.toText()).toBe('version 1 → version 2: no difference');
  });

  it.each([
    ['a scalar that becomes an object', 1, { b: 1 }],
    ['an object that becomes a list', { 0: 1 }, [1]],
    ['a value that becomes null', 'x', null],
    ['a number that becomes a string', 80, '80'],
    ['a date that becomes a string', new Date(0), '1970-01-01T00:00:00.000Z'],
  ])('reports %s as a change of type', (_name, from, to) => {
    expect(compare({ a: from }, { a: to }).entries).toMatchObject([{ kind: 'typeChanged', path: 'a' }]);
  });

  it('compares an instance of a schema class with a plain object by its members', () => {
    class Llm {
      model = 'small';
      top_k = 5;
    }

    expect(entriesOf({ llm: new Llm() }, { llm: { model: 'large', top_k: 5 } })).toEqual([
      'changed llm.model: "small" → "large"',
    ]);
  });

  it('skips values that both trees share', () => {
    const shared = new Proxy({}, { ownKeys: () => expect.fail('was read') });

    expect(entriesOf({ shared, a: 1, list: [shared, 1] }, { shared, a: 2, list: [shared, 2] })).toEqual([
      'changed a: 1 → 2',
      'changed list.1: 1 → 2',
    ]);
  });

  it('treats __proto__ as an ordinary key', () => {
    const diff = compare(JSON.parse('{"a":{}}'), JSON.parse('{"a":{"__proto__":{"polluted":true}}}'));

    expect(diff.entries).toHaveLength(1);
    expect(JSON.stringify(diff)).toContain('"path":"a.__proto__"');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('lists of objects with an identity key', () => {
  const servers = [
    { name: 'a', port: 1 },
    { name: 'b', port: 2 },
    { name: 'c', port: 3 },
  ];

  it('report an element inserted at the front as one addition', () => {
    expect(entriesOf({ servers }, { servers: [{ name: 'new', port: 0 }, ...servers] })).toEqual([
      'added servers.0: undefined → {"name":"new","port":0}',
    ]);
  });

  it('report an element removed from the front as one removal', () => {
    expect(entriesOf({ servers }, { servers: servers.slice(1) })).toEqual([
      'removed servers.0: {"name":"a","port":1} → undefined',
    ]);
  });

  it('report a change in an element that has another index now with both its paths', () => {
    const edited = [{ name: 'new', port: 0 }, servers[0], { name: 'b', port: 22 }, servers[2]];

    expect(entriesOf({ servers }, { servers: edited })).toEqual([
      'added servers.0: undefined → {"name":"new","port":0}',
      'changed servers.1.port → servers.2.port: 2 → 22',
    ]);
  });

  it('report an element in another order as one move', () => {
    expect(entriesOf({ servers }, { servers: [servers[2], servers[0], servers[1]] })).toEqual([
      'moved servers.2 → servers.0: {"name":"c","port":3} → {"name":"c","port":3}',
    ]);
  });

  it('report another identity as another element, also at the same index', () => {
    expect(entriesOf([{ id: 1, v: 1 }], [{ id: 2, v: 1 }])).toEqual([
      'added 0: undefined → {"id":2,"v":1}',
      'removed 0: {"id":1,"v":1} → undefined',
    ]);
  });

  it('are matched by their content if two elements have the same identity', () => {
    const twins = [
      { name: 'x', n: 1 },
      { name: 'x', n: 2 },
    ];

    expect(entriesOf(twins, [{ name: 'x', n: 0 }, ...twins])).toEqual([
      'added 0: undefined → {"name":"x","n":0}',
    ]);
  });

  it('are matched in their order if only some elements have an identity', () => {
    expect(entriesOf([{ id: 1, n: 1 }, { n: 2 }], [{ id: 9, n: 1 }, { n: 2 }])).toEqual([
      'changed 0.id: 1 → 9',
    ]);
  });
});

describe('lists of objects without an identity key', () => {
  it('are matched by their content, and an edited element by its place between the others', () => {
    const rules = [
      { allow: '10.0.0.0/8', ports: [80] },
      { allow: '192.168.0.0/16', ports: [80] },
    ];

    expect(entriesOf({ rules }, { rules: [{ allow: 'all', ports: [1] }, ...rules] })).toEqual([
      'added rules.0: undefined → {"allow":"all","ports":[1]}',
    ]);
    expect(entriesOf({ rules }, { rules: [rules[0], { ...rules[1], ports: [80, 443] }] })).toEqual([
      'added rules.1.ports.1: undefined → 443',
    ]);
  });

  it('pair elements that replace others in their order, however alike they are', () => {
    const before = [{ host: 'a', port: 1 }];
    const after = [
      { host: 'z', port: 9 },
      { host: 'a', port: 2 },
    ];

    expect(entriesOf(before, after)).toEqual([
      'changed 0.host: "a" → "z"',
      'changed 0.port: 1 → 9',
      'added 1: undefined → {"host":"a","port":2}',
    ]);
  });
});

describe('lists of scalars', () => {
  it.each<[string, unknown[], unknown[], string[]]>([
    ['one inserted', [1, 2, 3], [1, 9, 2, 3], ['added 1: undefined → 9']],
    ['one removed', ['a', 'b', 'c'], ['b', 'c'], ['removed 0: "a" → undefined']],
    ['one edited', ['a', 'b', 'c'], ['a', 'x', 'c'], ['changed 1: "b" → "x"']],
    [
      'one moved as added and removed',
      ['a', 'b', 'c', 'd'],
      ['b', 'c', 'd', 'a'],
      ['added 3: undefined → "a"', 'removed 0: "a" → undefined'],
    ],
    ['one removed of many that are equal', [0, 0, 1, 0, 0], [0, 0, 1, 0], ['removed 4: 0 → undefined']],
    ['one inserted among repetitions', [1, 2, 1, 2, 1], [1, 2, 3, 1, 2, 1], ['added 2: undefined → 3']],
    ['one that changed its type', ['80'], [80], ['typeChanged 0: "80" → 80']],
    ['null that becomes a value', [1, null], [1, 2], ['typeChanged 1: null → 2']],
  ])('report %s', (_name, from, to, entries) => {
    expect(entriesOf(from, to)).toEqual(entries);
  });
});

describe('secrets', () => {
  const secrets = (path: string) => /password|^keys$/.test(path);

  it('are in none of the forms, nor in the output of console.log', () => {
    const diff = compare(
      {
        password: 'canary-1',
        keys: ['canary-2', 'canary-3'],
        users: [{ name: 'a', password: 'canary-4' }],
        url: 'postgres://u:canary-5@h/db',
        left: { deep: { password: 'canary-6' } },
      },
      {
        password: 'canary-7',
        keys: ['canary-3'],
        users: [{ name: 'b', password: 'canary-8' }],
        url: 'postgres://u:canary-9@h/db',
        come: [{ password: 'canary-0', open: 'yes' }],
        site: new URL('http://u:canary-10@h/'),
      },
      secrets,
    );

    const shown = [
      JSON.stringify(diff),
      JSON.stringify(diff.entries),
      JSON.stringify(diff.toJsonPatch()),
      diff.toText({ color: true, width: 1_000 }),
      inspect(diff, { depth: 20, showHidden: true }),
      inspect(diff.entries, { depth: 20, showHidden: true }),
    ].join('\n');
    expect(shown).not.toContain('canary');
    expect(shown).toContain('yes');
  });

  it('are reported as changed, without their values', () => {
    const diff = compare({ password: 'one', keys: [1] }, { password: 2, keys: [1, 2] }, secrets);

    expect(diff.entries).toEqual([
      {
        kind: 'changed',
        path: 'password',
        segments: ['password'],
        previous: '[hidden]',
        current: '[hidden]',
      },
      { kind: 'changed', path: 'keys', segments: ['keys'], previous: '[hidden]', current: '[hidden]' },
    ]);
  });

  it('are not reported if they did not change', () => {
    expect(compare({ keys: { a: [1] } }, { keys: { a: [1] } }, secrets).entries).toEqual([]);
  });

  it('are not used as the label of an element', () => {
    const diff = compare([{ key: 'canary-1', n: 1 }], [{ key: 'canary-1', n: 2 }], (path) =>
      path.endsWith('.key'),
    );

    expect(diff.toText()).toContain('n  1 → 2');
    expect(diff.toText()).not.toContain('canary');
  });
});

describe('the JSON form', () => {
  it('contains only JSON values, whatever the values of the versions are', () => {
    const diff = compare(
      {},
      { date: new Date(0), big: 5n, bytes: Buffer.from('hi'), nan: Number.NaN, none: null, fn: /x/ },
    );

    expect(JSON.parse(JSON.stringify(diff))).toMatchObject({
      from: 'version 1',
      to: 'version 2',
      stats: { added: 6 },
      entries: [
        { kind: 'added', path: 'date', current: '1970-01-01T00:00:00.000Z' },
        { current: '5' },
        { current: 'aGk=' },
        { current: 'NaN' },
        { current: null },
        { current: '/x/' },
      ],
    });
  });
});

describe('the cost of a comparison', () => {
  const group = () => Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`k${n}`, { value: n }]));
  const tree = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`g${n}`, group()]));

  it('depends on what changed, not on the size of the trees', () => {
    const next = { ...tree, g5: { ...(tree['g5'] as object), k7: { value: -1 } } };
    let looks = 0;
    const diff = compareVersions(
      { label: '', tree },
      { label: '', tree: next },
      { isSecret: () => (looks++, false), redact: (value) => value as never },
    );

    expect(diff.entries).toHaveLength(1);
    expect(looks).toBeLessThan(20);
  });

  describe('of two lists with 100,000 elements is bounded', () => {
    const numbers = Array.from({ length: 100_000 }, (_, n) => n);
    // Not `compare`, whose policy costs more than the comparison.
    const compareLists = (from: readonly unknown[], to: readonly unknown[]) =>
      compareVersions({ label: '', tree: from }, { label: '', tree: to }, new SecretPolicy());

    it.each([
      ['all elements in reverse order', numbers, numbers.toReversed()],
      ['nothing in common', numbers, numbers.map((n) => -1 - n)],
      ['repeated elements', numbers.map((n) => n % 7), numbers.map((n) => (n * 31) % 11)],
      ['two values', numbers.map((n) => n % 2), numbers.map((n) => (n % 3) % 2)],
    ])('for %s, which are matched by index', (_name, from, to) => {
      const { stats } = compareLists(from, to);

      expect(stats).toMatchObject({ added: 0, removed: 0, moved: 0 });
      expect(stats.changed).toBeGreaterThan(10_000);
    });

    it('for elements with an identity in reverse order, which the patch replaces as a whole', () => {
      const elements = numbers.map((id) => ({ id }));
      const diff = compareLists(elements, elements.toReversed());

      expect(diff.stats).toMatchObject({ added: 0, removed: 0, moved: 99_999 });
      expect(diff.toJsonPatch()).toEqual([{ op: 'replace', path: '', value: elements.toReversed() }]);
    });

    it('for a few additions and removals, which are the only differences', () => {
      const edited = [-1, ...numbers.filter((n) => n % 1_000 !== 500), -2];

      expect(compareLists(numbers, edited).stats).toMatchObject({ added: 2, removed: 100, changed: 0 });
    });
  });
});
