import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  type ConfigSource,
  type ConfigTree,
  directory,
  dotenv,
  env,
  factory,
  file,
  type Layer,
} from 'nestjs-hot-config';
import { parseTree } from '../../lib/history/persistence/tree-json.js';
import { DEFAULT_CONTENT_LIMITS } from '../../lib/limits/content-limits.js';
import { findForbiddenKeys } from '../../lib/limits/forbidden-keys.js';
import { merge } from '../../lib/snapshot/merge.js';
import { booted, runtimeOf } from '../reload/support/runtime.js';
import { MemorySource } from '../support/memory.source.js';
import { TempFolder } from '../support/temp-folder.js';

const KEYS = ['__proto__', 'constructor', 'prototype'];

/** A tree that only `JSON.parse` can build: an object literal would set the prototype. */
const treeWith = (key: string) => JSON.parse(`{"a":{"${key}":{"polluted":true}}}`) as ConfigTree;

const custom = (tree: ConfigTree): ConfigSource => ({
  name: 'custom',
  load: (): Promise<Layer> =>
    Promise.resolve({ source: 'custom', tree, hash: 'h', revision: 'h', locate: () => undefined }),
});

async function rejectionOf(source: ConfigSource): Promise<string> {
  const { runtime } = runtimeOf({ sources: [source], settleTimeout: 0 });
  return runtime.boot().then(
    () => 'accepted',
    (error: Error) => error.message,
  );
}

describe.each(KEYS)('The key %s', (key) => {
  const json = JSON.stringify(treeWith(key));

  it('is refused in a file, a directory and a .env file', async () => {
    const folder = new TempFolder();
    const content = folder.write('a.json', json);
    expect(await rejectionOf(file(content))).toContain(key);
    expect(await rejectionOf(directory(folder.path))).toContain(key);
    expect(await rejectionOf(dotenv(new TempFolder().write('.env', `${key}=1\n`)))).toContain(key);
  });

  it('is refused in the name of an environment variable', async () => {
    vi.stubEnv(`FORBIDDEN.a.${key}`, '1');
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(await rejectionOf(env({ prefix: 'FORBIDDEN.', separator: '.', keys: 'as-is' }))).toContain(key);
  });

  it('is refused in what a factory or a custom source returns', async () => {
    expect(await rejectionOf(factory(() => treeWith(key)))).toContain(key);
    expect(await rejectionOf(custom(treeWith(key)))).toContain(`a has the key "${key}"`);
  });

  it('is refused in the result of an app object that wraps a source of the library', async () => {
    const base = file(new TempFolder().write('a.json', '{}'));
    const load: ConfigSource['load'] = async (context) => ({
      ...(await base.load(context)),
      tree: treeWith(key),
    });
    const proxy = new Proxy(base, {
      get: (target, name) => (name === 'load' ? load : Reflect.get(target, name)),
    });
    for (const wrapper of [
      { ...base, load },
      Object.assign(Object.create(base), { load }) as ConfigSource,
      proxy,
    ])
      expect(await rejectionOf(wrapper)).toContain(`a has the key "${key}"`);
  });

  it('is refused in the memory source, whether it is set or patched', async () => {
    for (const act of ['set', 'patch'] as const) {
      const source = new MemorySource({ a: 1 });
      const { reload, value } = await booted([source]);
      source[act](treeWith(key));
      expect(await reload()).toMatchObject({ outcome: 'rejected' });
      expect(value()).toEqual({ a: 1 });
    }
  });

  it('is refused in a candidate of plan()', async () => {
    const { runtime } = await booted([new MemorySource({ a: 1 })]);
    const plan = await runtime.plan(treeWith(key));
    expect(plan.outcome).toBe('rejected');
    expect(plan.issues).toMatchObject([{ path: `a.${key}`, origin: { source: 'the candidate' } }]);
  });

  it('is refused by set(), in the path and in the value', async () => {
    const { runtime } = await booted([new MemorySource({ a: 1 })]);
    await expect(runtime.core.overrides.set(`b.${key}.c`, 1, {})).rejects.toThrow(key);
    await expect(runtime.core.overrides.set('b', treeWith(key), {})).rejects.toThrow(key);
  });

  it('is refused in a version on disk', () => {
    expect(() => parseTree(`{"tree":${json},"holes":[]}`, DEFAULT_CONTENT_LIMITS)).toThrow(
      `has the key "${key}", which is not allowed`,
    );
  });
});

describe('findForbiddenKeys', () => {
  it('finds keys in lists and behind thousands of others, and ends for a tree that contains itself', () => {
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`k${n}`, () => n]));
    const tree: Record<string, unknown> = { many, list: [treeWith('prototype')] };
    tree['self'] = tree;
    expect(findForbiddenKeys(tree)).toEqual([['list', '0', 'a', 'prototype']]);
  });

  it('ends for a tree that shares branches billions of times', () => {
    let shared: unknown = treeWith('constructor');
    for (let depth = 0; depth < 200; depth += 1) shared = { left: shared, right: shared };
    expect(findForbiddenKeys(shared)).toHaveLength(1);
  });

  it('returns no more paths than an operator reads', () => {
    expect(findForbiddenKeys(Array.from({ length: 1_000 }, () => treeWith('prototype')))).toHaveLength(50);
  });

  it('accepts what objects inherit, members of instances, and indices', () => {
    class Client {
      prototype = 1;
    }
    expect(findForbiddenKeys({ toString: 1, client: new Client(), list: [1] })).toEqual([]);
  });
});

it('A merge changes no prototype, whatever the keys are', () => {
  const merged = merge([{ a: { b: 1 } }, treeWith('__proto__')]);
  expect(Object.keys(merged['a'] as object)).toEqual(['b', '__proto__']);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});
