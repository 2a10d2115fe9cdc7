import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { compareVersions } from '../../lib/diff/version-diff.js';
import { secretPolicyWhere } from '../support/secret-policy-where.js';

function compare(from: unknown, to: unknown, secrets: (path: string) => boolean = () => false) {
  return compareVersions(
    { label: 'version 1', tree: from },
    { label: 'version 2', tree: to },
    secretPolicyWhere((segments) => secrets(segments.join('.'))),
  );
}

/** What differs, as one short text each. */
function told(from: unknown, to: unknown): string[] {
  return compare(from, to).entries.map(({ kind, path, previousPath, previous, current }) => {
    const place = previousPath === undefined ? path : `${previousPath} → ${path}`;
    return `${kind} ${place}: ${JSON.stringify(previous)} → ${JSON.stringify(current)}`;
  });
}

describe('the difference of two versions', () => {
  it('tells what was added, removed, changed, and changed its type, at any depth', () => {
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

  it('is empty for trees that say the same', () => {
    const diff = compare({ a: [1, { b: new Date(5) }], c: undefined }, { a: [1, { b: new Date(5) }] });

    expect(diff.entries).toEqual([]);
    expect(diff.toJsonPatch()).toEqual([]);
    expect(diff.toText()).toBe('version 1 → version 2: no difference');
  });

  it.each([
    ['a scalar that becomes an object', 1, { b: 1 }],
    ['an object that becomes a list', { 0: 1 }, [1]],
    ['a value that becomes null', 'x', null],
    ['a number that becomes a text', 80, '80'],
    ['a date that becomes a text', new Date(0), '1970-01-01T00:00:00.000Z'],
  ])('tells %s as a change of type', (_name, from, to) => {
    expect(compare({ a: from }, { a: to }).entries).toMatchObject([{ kind: 'typeChanged', path: 'a' }]);
  });

  it('compares an instance of a schema class with a plain object by its members', () => {
    class Llm {
      model = 'small';
      top_k = 5;
    }

    expect(told({ llm: new Llm() }, { llm: { model: 'large', top_k: 5 } })).toEqual([
      'changed llm.model: "small" → "large"',
    ]);
  });

  it('does not look into what both trees share', () => {
    const shared = new Proxy({}, { ownKeys: () => expect.fail('looked into') });

    expect(told({ shared, a: 1, list: [shared, 1] }, { shared, a: 2, list: [shared, 2] })).toEqual([
      'changed a: 1 → 2',
      'changed list.1: 1 → 2',
    ]);
  });

  it('takes a key called __proto__ for a key', () => {
    const diff = compare(JSON.parse('{"a":{}}'), JSON.parse('{"a":{"__proto__":{"polluted":true}}}'));

    expect(diff.entries).toHaveLength(1);
    expect(JSON.stringify(diff)).toContain('"path":"a.__proto__"');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('lists of objects', () => {
  const servers = [
    { name: 'a', port: 1 },
    { name: 'b', port: 2 },
    { name: 'c', port: 3 },
  ];

  it('are matched by their name: one inserted at the front is one addition', () => {
    expect(told({ servers }, { servers: [{ name: 'new', port: 0 }, ...servers] })).toEqual([
      'added servers.0: undefined → {"name":"new","port":0}',
    ]);
  });

  it('are matched by their name: one removed from the front is one removal', () => {
    expect(told({ servers }, { servers: servers.slice(1) })).toEqual([
      'removed servers.0: {"name":"a","port":1} → undefined',
    ]);
  });

  it('tell a change in one that has another index now with both its paths', () => {
    const edited = [{ name: 'new', port: 0 }, servers[0], { name: 'b', port: 22 }, servers[2]];

    expect(told({ servers }, { servers: edited })).toEqual([
      'added servers.0: undefined → {"name":"new","port":0}',
      'changed servers.1.port → servers.2.port: 2 → 22',
    ]);
  });

  it('tell one that went to another place as one move', () => {
    expect(told({ servers }, { servers: [servers[2], servers[0], servers[1]] })).toEqual([
      'moved servers.2 → servers.0: {"name":"c","port":3} → {"name":"c","port":3}',
    ]);
  });

  it('tell another identity as another element, even in the same place', () => {
    expect(told([{ id: 1, v: 1 }], [{ id: 2, v: 1 }])).toEqual([
      'added 0: undefined → {"id":2,"v":1}',
      'removed 0: {"id":1,"v":1} → undefined',
    ]);
  });

  it('without an identity of their own are matched by what they say', () => {
    const rules = [
      { allow: '10.0.0.0/8', ports: [80] },
      { allow: '192.168.0.0/16', ports: [80] },
    ];

    expect(told({ rules }, { rules: [{ allow: 'all', ports: [1] }, ...rules] })).toEqual([
      'added rules.0: undefined → {"allow":"all","ports":[1]}',
    ]);
    expect(told({ rules }, { rules: [rules[0], { ...rules[1], ports: [80, 443] }] })).toEqual([
      'added rules.1.ports.1: undefined → 443',
    ]);
  });

  it('find the one that was edited when another was inserted before it', () => {
    const before = [{ host: 'a', port: 1, tls: true }];
    const after = [
      { host: 'z', port: 9, tls: false },
      { host: 'a', port: 2, tls: true },
    ];

    expect(told(before, after)).toEqual([
      'added 0: undefined → {"host":"z","port":9,"tls":false}',
      'changed 0.port → 1.port: 1 → 2',
    ]);
  });

  it('whose names are not all different are not matched by them', () => {
    const twins = [
      { name: 'x', n: 1 },
      { name: 'x', n: 2 },
    ];

    expect(told(twins, [{ name: 'x', n: 0 }, ...twins])).toEqual(['added 0: undefined → {"name":"x","n":0}']);
  });
});

describe('lists of scalars', () => {
  it.each<[string, unknown[], unknown[], string[]]>([
    ['one inserted', [1, 2, 3], [1, 9, 2, 3], ['added 1: undefined → 9']],
    ['one removed', ['a', 'b', 'c'], ['b', 'c'], ['removed 0: "a" → undefined']],
    ['one edited', ['a', 'b', 'c'], ['a', 'x', 'c'], ['changed 1: "b" → "x"']],
    ['one moved', ['a', 'b', 'c', 'd'], ['b', 'c', 'd', 'a'], ['moved 0 → 3: "a" → "a"']],
    ['one of many that are the same', [0, 0, 1, 0, 0], [0, 0, 1, 0], ['removed 4: 0 → undefined']],
    ['one inserted among repetitions', [1, 2, 1, 2, 1], [1, 2, 3, 1, 2, 1], ['added 2: undefined → 3']],
    ['one that changed its type', ['80'], [80], ['typeChanged 0: "80" → 80']],
    ['a hole that is filled', [1, null], [1, 2], ['typeChanged 1: null → 2']],
  ])('tell %s', (_name, from, to, entries) => {
    expect(told(from, to)).toEqual(entries);
  });
});

describe('secrets', () => {
  const secrets = (path: string) => /password|^keys$/.test(path);

  it('are in none of the forms, nor in what a console shows', () => {
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

  it('are told as changed', () => {
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

  it('that did not change are not told', () => {
    expect(compare({ keys: { a: [1] } }, { keys: { a: [1] } }, secrets).entries).toEqual([]);
  });

  it('do not become the name of an element', () => {
    const diff = compare([{ key: 'canary-1', n: 1 }], [{ key: 'canary-1', n: 2 }], (path) =>
      path.endsWith('.key'),
    );

    expect(diff.toText()).toContain('n  1 → 2');
    expect(diff.toText()).not.toContain('canary');
  });
});

describe('the JSON form', () => {
  it('holds what JSON knows, whatever the values are', () => {
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

  it('follows what changed, not what there is', () => {
    const next = { ...tree, g5: { ...(tree['g5'] as object), k7: { value: -1 } } };
    let looks = 0;
    const diff = compareVersions(
      { label: '', tree },
      { label: '', tree: next },
      { isSecret: () => (looks++, false), redact: (value) => value },
    );

    expect(diff.entries).toHaveLength(1);
    expect(looks).toBeLessThan(20);
  });

  it('is bounded for lists that have nothing in common, or everything in another order', () => {
    const numbers = Array.from({ length: 20_000 }, (_, n) => n);
    const repeated = numbers.map((n) => n % 7);
    const reversed = numbers.toReversed();
    const shifted = numbers.map((n) => (n * 31) % 11);

    expect(compare(numbers, reversed).stats.moved).toBe(19_999);
    expect(compare(numbers, reversed).toJsonPatch()).toEqual([{ op: 'replace', path: '', value: reversed }]);
    expect(compare(repeated, shifted).stats.added).toBe(0);
  });
});
