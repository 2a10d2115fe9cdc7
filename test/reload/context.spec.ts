import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { MemorySource } from '../support/memory.source.js';
import { booted } from './support/runtime.js';

describe('A reload inside a pinned context', () => {
  it('runs outside of the pin, and notifies handlers, hooks and listeners with the new snapshot', async () => {
    const source = new MemorySource({ n: 1 });
    const { runtime, reload } = await booted([source]);
    const read = () => runtime.core.pins.ambient().get('n');
    const seen: Record<string, unknown> = {};
    runtime.core.dispatcher.subscribe('n', async () => {
      await Promise.resolve();
      seen['handler'] = read();
    });
    runtime.core.hooks.add('beforeConfigReload', { label: 'b', call: () => (seen['before'] = read()) });
    runtime.core.hooks.add('onConfigReload', { label: 'a', call: () => (seen['after'] = read()) });
    runtime.observers.add({ ended: () => (seen['listener'] = read()) });
    const pinned = await runtime.core.pins.runPinned(async () => {
      source.set({ n: 2 });
      await reload();
      source.set({ n: 3 });
      await reload();
      return read();
    });
    await runtime.settled();
    expect(pinned).toBe(1);
    expect(seen).toEqual({ before: 2, handler: 3, listener: 3, after: 3 });
  });

  it('does not run in the async contexts of its caller', async () => {
    const source = new MemorySource({ n: 1 });
    const { runtime, reload } = await booted([source]);
    const tenants = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const load = source.load.bind(source);
    source.load = () => (seen.push(tenants.getStore()), load());
    runtime.core.dispatcher.subscribe('n', () => void seen.push(tenants.getStore()));
    source.set({ n: 2 });
    await tenants.run('a tenant', reload);
    await runtime.settled();
    expect(seen).toEqual([undefined, undefined]);
  });

  it('starts the watches outside of the context', async () => {
    const source = new MemorySource({ n: 1 });
    const { runtime } = await booted([source]);
    const tenants = new AsyncLocalStorage<string>();
    const watch = source.watch.bind(source);
    const seen: unknown[] = [];
    source.watch = (context) => (seen.push(tenants.getStore()), watch(context));
    await tenants.run('a tenant', () => runtime.enable());
    expect(seen).toEqual([undefined]);
  });

  it('starts the watches of added sources outside of the context', async () => {
    const { runtime } = await booted([new MemorySource({ n: 1 })]);
    await runtime.enable();
    const tenants = new AsyncLocalStorage<string>();
    const more = new MemorySource({ m: 1 }, 'more');
    const watch = more.watch.bind(more);
    const seen: unknown[] = [];
    more.watch = (context) => (seen.push(tenants.getStore()), watch(context));
    await tenants.run('a tenant', () => runtime.sources.change((sources) => [...sources, more]));
    expect(seen).toEqual([undefined]);
  });
});

describe('A handler', () => {
  it('that fails or takes too long is named in the log, with the next attempt', async () => {
    const source = new MemorySource({ n: 1 });
    const { runtime, reload, log } = await booted([source]);
    const options = { retries: 1, retryDelay: 1 };
    runtime.core.dispatcher.subscribe('n', () => Promise.reject(new Error('broken')), {
      ...options,
      label: 'A.fails',
    });
    runtime.core.dispatcher.subscribe('n', () => new Promise(() => undefined), {
      timeout: 5,
      label: 'A.hangs',
    });
    source.set({ n: 2 });
    await reload();
    await runtime.settled();
    expect(log.filter((line) => line.startsWith('error')).toSorted()).toEqual([
      'error: A.fails failed on version 2 (attempt 1): broken; it will be called again',
      'error: A.fails failed on version 2 (attempt 2): broken',
      'error: A.hangs did not finish within 5 ms on version 2',
    ]);
  });
});

describe('Lifecycle hooks', () => {
  it('are called for a rollback like for any reload, and the rollback hook in addition', async () => {
    const source = new MemorySource({ n: 1 });
    const { runtime } = await booted([source]);
    const heard: string[] = [];
    for (const name of ['onConfigReload', 'onConfigRollback'] as const)
      runtime.core.hooks.add(name, { label: name, call: () => heard.push(name) });
    source.set({ n: 2 });
    await runtime.reload({ cause: 'manual' });
    expect(heard.splice(0)).toEqual(['onConfigReload']);
    source.set({ n: 1 });
    await runtime.reload({ cause: 'rollback' });
    expect(heard).toEqual(['onConfigReload', 'onConfigRollback']);
  });

  it('are awaited before a reload, up to a timeout', async () => {
    const source = new MemorySource({ n: 1 });
    const { runtime, reload, log } = await booted([source]);
    const order: string[] = [];
    const load = source.load.bind(source);
    source.load = () => (order.push('load'), load());
    runtime.core.hooks.add('beforeConfigReload', {
      label: 'A.before',
      call: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        order.push('hook');
      },
    });
    await reload();
    expect(order).toEqual(['hook', 'load']);
    expect(log.filter((line) => line.startsWith('error'))).toEqual([]);
  });

  it('that fail are named in the log, and do not stop the reload', async () => {
    const source = new MemorySource({ n: 1 });
    const { runtime, reload, log } = await booted([source]);
    const remove = runtime.core.hooks.add('beforeConfigReload', {
      label: 'A.before',
      call: () => {
        throw new Error('broken');
      },
    });
    source.set({ n: 2 });
    expect((await reload()).outcome).toBe('applied');
    expect(log).toContain('error: A.before failed: broken');
    remove();
    await reload();
    expect(log.filter((line) => line.includes('broken'))).toHaveLength(1);
  });
});
