import { describe, expect, it } from 'vitest';
import type { ConfigTree, Layer } from 'nestjs-hot-config';
import { collect } from '../../lib/reload/collect.js';
import { CommitStore } from '../../lib/reload/commit.js';
import { LayerMemory } from '../../lib/reload/layer-memory.js';
import { DEFAULT_CONTENT_LIMITS } from '../../lib/limits/content-limits.js';
import { statesOf } from '../sources/support/source-states.js';
import { plainCalls } from '../support/plain-calls.js';

const sourceOf = (tree: ConfigTree) => ({
  name: 'remote',
  load: (): Promise<Layer> =>
    Promise.resolve({ source: 'remote', tree, hash: 'h', revision: 'r', locate: () => undefined }),
});

const context = (tree: ConfigTree) => ({
  sources: [sourceOf(tree)],
  memory: new LayerMemory(new CommitStore()),
  states: statesOf(),
  fresh: false,
  limits: DEFAULT_CONTENT_LIMITS,
  calls: plainCalls,
  settleTimeout: 0,
});

describe('A custom source', () => {
  it.each(['__proto__', 'constructor', 'prototype'])(
    'may not yield the key "%s", at any depth',
    async (key) => {
      const tree = JSON.parse(`{"llm": [{ "${key}": { "admin": true } }]}`) as ConfigTree;
      await expect(collect(context(tree))).rejects.toMatchObject({
        code: 'CONFIG_SOURCE',
        issues: [{ path: `llm.0.${key}`, origin: { source: 'remote' } }],
      });
    },
  );

  it('may return values that files cannot contain', async () => {
    const made = new Date(0);
    const { layers } = await collect(context({ made, nested: { list: [1, null] } }));
    expect([...layers.values()][0]?.tree).toEqual({ made, nested: { list: [1, null] } });
  });
});
