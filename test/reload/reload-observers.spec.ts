import { describe, expect, it } from 'vitest';
import type { ReloadObserver } from '../../lib/reload/reload-observer.interface.js';
import { MemorySource } from '../support/memory.source.js';
import { booted } from './support/runtime.js';

/** An observer that records how often and when it is called. */
function recorder(name: string, calls: string[], read: () => unknown): ReloadObserver {
  const note = (method: string) => void calls.push(`${name}.${method} ${JSON.stringify(read())}`);
  return {
    started: () => note('started'),
    assigned: () => note('assigned'),
    committed: () => note('committed'),
    ended: ({ outcome }) => note(`ended ${outcome}`),
  };
}

async function app() {
  const source = new MemorySource({ n: 1 });
  const bench = await booted([source]);
  const calls: string[] = [];
  const add = (name: string) =>
    bench.runtime.observers.add(recorder(name, calls, () => bench.runtime.snapshot.get('n')));
  return { ...bench, source, calls, add };
}

describe('Observers of reloads', () => {
  it('are called in the order in which they were added, before and after the commit', async () => {
    const { add, calls, source, reload } = await app();
    add('first');
    add('second');
    source.set({ n: 2 });
    await reload();
    expect(calls).toEqual([
      'first.started 1',
      'second.started 1',
      'first.assigned 2',
      'second.assigned 2',
      'first.committed 2',
      'second.committed 2',
      'first.ended applied 2',
      'second.ended applied 2',
    ]);
  });

  it('are called after the participants, which find the new snapshot in force', async () => {
    const { runtime, add, calls, source, reload } = await app();
    const { vetoes } = runtime.core;
    const prepare = vetoes.prepare.bind(vetoes);
    const commit = () => void calls.push(`participant ${JSON.stringify(runtime.snapshot.get('n'))}`);
    vetoes.prepare = async (candidate) => ({ ...(await prepare(candidate)), commit });
    add('observer');
    source.set({ n: 2 });
    await reload();
    expect(calls.slice(0, 3)).toEqual(['observer.started 1', 'participant 2', 'observer.assigned 2']);
  });

  it('learn of no commit if nothing changes or the reload is rejected', async () => {
    const { add, calls, source, reload } = await app();
    add('it');
    await reload();
    source.fail(new Error('gone'));
    await reload();
    expect(calls).toEqual(['it.started 1', 'it.ended unchanged 1', 'it.started 1', 'it.ended rejected 1']);
  });

  it('that throw at any point stop neither the reload nor the other observers', async () => {
    const { add, calls, runtime, source, reload, value, log } = await app();
    const fail = () => {
      throw new Error('broken');
    };
    runtime.observers.add({
      started: () => Promise.reject(new Error('broken')),
      assigned: fail,
      committed: fail,
      ended: fail,
    });
    add('next');
    source.set({ n: 2 });
    expect(await reload()).toMatchObject({ outcome: 'applied' });
    expect(value()).toEqual({ n: 2 });
    expect(calls).toHaveLength(4);
    expect(log.filter((line) => line === 'error: An observer of reloads failed: broken')).toHaveLength(4);
  });

  it('that are asynchronous and fail are logged, and nothing waits for them', async () => {
    const { runtime, source, reload, log } = await app();
    runtime.observers.add({ ended: (() => Promise.reject(new Error('late'))) as () => void });
    source.set({ n: 2 });
    expect(await reload()).toMatchObject({ outcome: 'applied' });
    await Promise.resolve();
    expect(log).toContain('error: An observer of reloads failed: late');
  });

  it('see the version in the history, and are called before any handler', async () => {
    const { runtime, source, reload } = await app();
    const order: unknown[] = [];
    runtime.core.dispatcher.subscribe('n', () => void order.push('handler'));
    runtime.observers.add({
      committed: ({ commit, previous, result }) =>
        order.push(
          runtime.core.history.records.at(-1)?.version,
          commit.snapshot.version,
          previous?.version,
          result.changes.map(({ path }) => path),
        ),
    });
    source.set({ n: 2 });
    await reload();
    await runtime.settled();
    expect(order).toEqual([2, 2, 1, ['n'], 'handler']);
  });
});

describe('The built-in observers', () => {
  it('record, then put on probation, then notify, then report: one list says so', async () => {
    const order: string[] = [];
    const source = new MemorySource({ n: 1 });
    const { runtime, reload } = await booted([source], { probation: { for: '1m' } });
    const { history, dispatcher, reloadLog, hooks, probation } = runtime.core;
    const note = <O extends object>(name: string, object: O, method: keyof O) => {
      const original = object[method] as (...parameters: unknown[]) => unknown;
      Object.assign(object, {
        [method]: (...parameters: unknown[]) => {
          order.push(name);
          return original.apply(object, parameters);
        },
      });
    };
    note('history', history, 'add');
    note('probation', probation!, 'committed');
    note('dispatcher', dispatcher, 'committed');
    note('log', reloadLog, 'ended');
    note('hooks', hooks, 'ended');
    runtime.observers.add({ ended: () => order.push('outside') });
    source.set({ n: 2 });
    await reload();
    expect(order).toEqual(['history', 'probation', 'dispatcher', 'log', 'hooks', 'outside']);
  });
});
