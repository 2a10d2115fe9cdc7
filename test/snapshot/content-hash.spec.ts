import { describe, expect, it } from 'vitest';
import { ContentHasher } from '../../lib/snapshot/content-hash.js';
import { SecretPolicy } from '../../lib/secrets/secret-policy.js';

const hash = (content: unknown) => new ContentHasher().hash(content);

describe('The hash of content', () => {
  it('is SHA-256 in hex, and the same in every process', () => {
    const content = { llm: { model: 'small', retries: 3 }, tags: ['a', null, true] };
    expect(hash(content)).toBe('fcdb563effeb28262306adb10ab82361d281fef8a0f42d83a929e29e919de22c');
    expect(new ContentHasher().hash(structuredClone(content))).toBe(hash(content));
  });

  it('does not depend on the order of keys, at any size', () => {
    const large = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`key${at}`, { n: at, s: 'x' }]));
    const turned = Object.fromEntries(Object.entries(large).reverse());
    expect(hash({ large, a: 1 })).toBe(hash({ a: 1, large: turned }));
  });

  it.each<[unknown, unknown]>([
    [1, '1'],
    [null, 'null'],
    [null, undefined],
    [true, 'true'],
    [1, 1n],
    ['1n', 1n],
    [0, -0],
    [[], {}],
    [
      [1, 2],
      [2, 1],
    ],
    [['a'], { 0: 'a' }],
    [['a,b'], ['a', 'b']],
    [{ a: { b: 1 } }, { 'a.b': 1 }],
    ['\ud800', '\ufffd'],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [new Set(['a']), ['a']],
    [new Map([['a', 1]]), { a: 1 }],
    [Symbol('a'), 'a'],
    [function named() {}, 'named'],
    [[undefined], []],
    [new Map(), new Set()],
    [new URL('https://example.com'), { href: 'https://example.com/' }],
  ])('distinguishes %o and %o', (a, b) => {
    expect(hash({ value: a })).not.toBe(hash({ value: b }));
  });

  it.each<[string, unknown, unknown]>([
    ['a key without a value and no key', { a: 1, b: undefined }, { a: 1 }],
    ['functions with the same name', { run: () => 1 }, { run: () => 2 }],
    [
      'another order of a map',
      new Map(Object.entries({ a: 1, b: 2 })),
      new Map(Object.entries({ b: 2, a: 1 })),
    ],
  ])('does not distinguish %s', (_what, a, b) => {
    expect(hash({ value: a })).toBe(hash({ value: b }));
  });

  it('distinguishes long content from the hash that stands for it', () => {
    const hasher = new ContentHasher();
    const long = { text: 'x'.repeat(1_000) };
    expect(hasher.hash({ long })).not.toBe(hasher.hash({ long: { text: 'y'.repeat(1_000) } }));
    expect(hasher.hash({ long })).toBe(hash({ long }));
  });

  it('does not walk an object again', () => {
    let reads = 0;
    const part = { text: 'x'.repeat(1_000) };
    Object.defineProperty(part, 'counted', { get: () => ((reads += 1), 'once'), enumerable: true });
    const hasher = new ContentHasher();
    hasher.hash({ part, n: 1 });
    hasher.hash({ part, n: 2 });
    expect(reads).toBe(1);
  });

  it('ends with an error if content contains itself', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.self = [cyclic];
    expect(() => hash(cyclic)).toThrow(/contains itself/);
    const map = new Map<string, unknown>();
    map.set('self', map);
    expect(() => hash({ map })).toThrow(/contains itself/);
  });

  it('handles keys with the names of inherited members', () => {
    class Schema {
      [field: string]: unknown;
    }
    const odd = Object.assign(new Schema(), { constructor: null, toString: 1 });
    expect(hash({ odd })).not.toBe(hash({ odd: new Schema() }));
  });
});

describe('A content hash of secrets', () => {
  const content = (api_key: string, model = 'small') => ({
    llm: { api_key, model, url: `https://u:${api_key}@host` },
    list: [{ token: api_key }],
    map: new Map([['password', api_key]]),
  });
  const hashWith = (policy: SecretPolicy, tree: unknown) => new ContentHasher(policy).hash(tree);
  const publicHash = (policy: SecretPolicy, tree: unknown) =>
    new ContentHasher(policy, 'left out').hash(tree);

  it('differs for another secret, and in another process', () => {
    const policy = new SecretPolicy();
    expect(hashWith(policy, content('a'))).toBe(hashWith(policy, content('a')));
    expect(hashWith(policy, content('a'))).not.toBe(hashWith(policy, content('b')));
    expect(hashWith(policy, content('a'))).not.toBe(hashWith(new SecretPolicy(), content('a')));
  });

  it('is the same in every process that has the key', () => {
    const [one, other] = [new SecretPolicy({ key: 'k' }), new SecretPolicy({ key: 'k' })];
    expect(hashWith(one, content('a'))).toBe(hashWith(other, content('a')));
    expect(hashWith(one, content('a'))).not.toBe(hashWith(other, content('b')));
  });

  it('ignores the values of secrets that are left out, and nothing else', () => {
    const hashOf = (tree: unknown) => publicHash(new SecretPolicy(), tree);
    expect(hashOf(content('a'))).toBe(hashOf(content('b')));
    expect(hashOf(content('a'))).not.toBe(hashOf(content('a', 'large')));
    expect(hashOf({ a: 1, api_key: 'x' })).not.toBe(hashOf({ a: 1 }));
    const withUrl = (password: string) => ({ url: new URL(`https://u:${password}@host`) });
    expect(hashOf(withUrl('first-password'))).toBe(hashOf(withUrl('second-password')));
  });

  it('is that of the content if there are no secrets', () => {
    const tree = { a: [1, { b: 'https://host/path' }], c: 'x'.repeat(200) };
    expect(hashWith(new SecretPolicy(), tree)).toBe(hash(tree));
    expect(new ContentHasher(new SecretPolicy(), 'left out').hash(tree)).toBe(hash(tree));
  });

  it('is not a plain hash of a text that contains a secret of the tree', () => {
    const [one, other] = [new SecretPolicy(), new SecretPolicy()];
    const tree = (note: unknown) => ({ note, api_key: 'sk-47110815' });
    for (const note of ['prefix sk-47110815', new Set(['sk-47110815']), new Map([['a', ['sk-47110815']]])]) {
      for (const policy of [one, other]) policy.remember(tree(note));
      expect(hashWith(one, { ...tree(note), api_key: undefined })).not.toBe(hashWith(one, tree(note)));
      expect(hashWith(one, tree(note))).not.toBe(hashWith(other, tree(note)));
      expect(publicHash(one, tree(note))).toBe(publicHash(other, tree(note)));
    }
    const rotated = { note: 'prefix sk-other-one', api_key: 'sk-other-one' };
    one.remember(rotated);
    expect(publicHash(one, rotated)).toBe(publicHash(one, tree('prefix sk-47110815')));
  });

  it('depends only on the secrets of the tree, not on what the process knew before', () => {
    const [fresh, old] = [new SecretPolicy(), new SecretPolicy()];
    const tree = { texts: { note: 'prefix sk-47110815', long: 'x'.repeat(200) }, n: 1 };
    old.remember({ api_key: 'sk-47110815' });
    expect(publicHash(old, tree)).toBe(publicHash(fresh, tree));
    expect(publicHash(old, tree)).toBe(hash(tree));
  });

  it('does not keep the hash of a branch with a text that is a secret by now, or no longer', () => {
    const policy = new SecretPolicy();
    const hasher = new ContentHasher(policy, 'left out');
    const texts = { note: 'prefix sk-47110815', long: 'x'.repeat(200) };
    const open = hasher.hash({ texts });
    policy.remember({ api_key: 'sk-47110815' });
    const secret = hasher.hash({ texts, api_key: 'sk-47110815' });
    expect(secret).toBe(publicHash(policy, { texts: { ...texts }, api_key: 'sk-47110815' }));
    expect(secret).toBe(
      hasher.hash({ texts: { ...texts, note: 'other sk-47110815' }, api_key: 'sk-47110815' }),
    );
    expect(hasher.hash({ texts })).toBe(open);
  });

  it('handles a branch in two places, one of which is secret', () => {
    const policy = new SecretPolicy();
    const branch = { text: 'x'.repeat(300) };
    const hasher = new ContentHasher(policy);
    const both = hasher.hash({ open: branch, secrets: branch });
    expect(both).toBe(hashWith(policy, { open: { ...branch }, secrets: { ...branch } }));
    expect(both).not.toBe(hasher.hash({ open: branch, other: branch }));
  });
});
