import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ReloadJob } from '../../lib/reload/reload-job.js';
import { describe, expect, it } from 'vitest';
import { ReloadQueue } from '../../lib/reload/reload-queue.js';
import { MemorySource } from '../support/memory.source.js';
import { booted } from './support/runtime.js';

/** A queue whose reloads the test ends. */
function openQueue() {
  const running: { request: ReloadJob; end: (result?: unknown) => void; fail: () => void }[] = [];
  const queue = new ReloadQueue(
    (request) =>
      new Promise((resolve, reject) =>
        running.push({
          request,
          end: (result) => resolve(result as never),
          fail: () => reject(new Error('x')),
        }),
      ),
  );
  return { queue, running };
}

describe('Reloads', () => {
  it('that are requested in one turn of the event loop become one', async () => {
    const source = new MemorySource({ n: 1 });
    const { runtime, results } = await booted([source]);
    source.set({ n: 2 });
    const all = await Promise.all([1, 2, 3].map(() => runtime.reload({ cause: 'manual' })));
    expect(source.loads).toBe(2);
    expect(results).toHaveLength(2);
    expect(new Set(all).size).toBe(1);
  });

  it('that are requested during a reload become one follow-up, which reads the latest content', async () => {
    const { queue, running } = openQueue();
    const first = queue.add({ cause: 'file' });
    await nextTurn();
    const followers = [1, 2, 3].map(() => queue.add({ cause: 'file' }));
    await nextTurn();
    expect(running).toHaveLength(1);
    running[0]!.end('first');
    expect(await first).toBe('first');
    await nextTurn();
    expect(running).toHaveLength(2);
    running[1]!.end('second');
    expect(await Promise.all(followers)).toEqual(['second', 'second', 'second']);
    await queue.idle();
    expect(running).toHaveLength(2);
    expect(queue.isIdle).toBe(true);
  });

  it('with an input become one with no other, neither before nor after them', async () => {
    const { queue, running } = openQueue();
    const input = { kind: 'overrides', change: () => [] } as const;
    const jobs: ReloadJob[] = [
      { cause: 'file' },
      { cause: 'override', reason: 'first', input },
      { cause: 'override', reason: 'second', input },
      { cause: 'file' },
    ];
    for (const job of jobs) void queue.add(job);
    for (const at of jobs.keys()) {
      await nextTurn();
      await nextTurn();
      running[at]?.end();
    }
    await queue.idle();
    expect(running.map(({ request }) => request)).toEqual(jobs);
  });

  it('leave a turn of the event loop to others between two of them', async () => {
    const { queue, running } = openQueue();
    void queue.add({ cause: 'file' });
    await nextTurn();
    void queue.add({ cause: 'file' });
    running[0]!.end();
    for (let step = 0; step < 50; step += 1) await Promise.resolve();
    expect(running).toHaveLength(1);
    await nextTurn();
    await nextTurn();
    expect(running).toHaveLength(2);
    running[1]!.end();
  });

  it('never overlap, however they are requested', async () => {
    let at = 0;
    let most = 0;
    const source = new MemorySource({ n: 0 });
    const { runtime, value } = await booted([source]);
    const load = source.load.bind(source);
    source.load = async () => {
      most = Math.max(most, (at += 1));
      await nextTurn();
      at -= 1;
      return load();
    };
    for (let n = 1; n <= 50; n += 1) {
      source.set({ n });
      void runtime.reload({ cause: n % 2 === 0 ? 'manual' : 'file' });
      if (n % 3 === 0) await nextTurn();
    }
    await runtime.settled();
    expect(most).toBe(1);
    expect(value()).toEqual({ n: 50 });
  });

  it.each<[string, ReloadJob[], ReloadJob]>([
    [
      'a person and a file: a person, with what they said',
      [{ cause: 'manual', reason: 'why', actor: 'who' }, { cause: 'file' }],
      { cause: 'manual', reason: 'why', actor: 'who' },
    ],
    [
      'a file and an audit: a file',
      [{ cause: 'file', audit: 'safety-poll' }, { cause: 'file' }],
      { cause: 'file' },
    ],
    [
      'an audit and a person: a person',
      [{ cause: 'file', audit: 'catch-up' }, { cause: 'manual' }],
      { cause: 'manual' },
    ],
    [
      'two audits: an audit',
      [
        { cause: 'file', audit: 'safety-poll' },
        { cause: 'file', audit: 'catch-up' },
      ],
      { cause: 'file', audit: 'catch-up' },
    ],
    [
      'all three',
      [{ cause: 'file' }, { cause: 'manual', actor: 'who' }, { cause: 'file', audit: 'safety-poll' }],
      { cause: 'manual', actor: 'who' },
    ],
    [
      'a file and a change of the app: a change of the app, which asks for no fresh content',
      [{ cause: 'file' }, { cause: 'manual', isInternal: true }],
      { cause: 'manual', isInternal: true },
    ],
    [
      'a person and a change of the app: a person',
      [{ cause: 'manual' }, { cause: 'manual', isInternal: true }],
      { cause: 'manual' },
    ],
    ['a remote store and an override', [{ cause: 'override' }, { cause: 'remote' }], { cause: 'override' }],
  ])('that become one keep the most important cause: %s', async (_what, requests, merged) => {
    const { queue, running } = openQueue();
    for (const request of requests) void queue.add(request);
    await nextTurn();
    expect(running.map(({ request }) => request)).toEqual([merged]);
    running[0]!.end();
    await queue.idle();
  });

  it('continue after one that threw unexpectedly', async () => {
    const { queue, running } = openQueue();
    const first = queue.add({ cause: 'manual' });
    await nextTurn();
    const second = queue.add({ cause: 'manual' });
    running[0]!.fail();
    await expect(first).rejects.toThrow('x');
    await nextTurn();
    running[1]!.end('fine');
    expect(await second).toBe('fine');
  });

  it('are settled when the handlers have finished, and the reloads that these requested', async () => {
    const source = new MemorySource({ n: 1 });
    const { runtime, value } = await booted([source]);
    runtime.core.dispatcher.subscribe('n', async (event) => {
      await nextTurn();
      if (event.current.get('n') === 5) return;
      source.set({ n: (event.current.get('n') as number) + 1 });
      void runtime.reload({ cause: 'manual' });
    });
    source.set({ n: 2 });
    void runtime.reload({ cause: 'manual' });
    await runtime.settled();
    expect(value()).toEqual({ n: 5 });
  });
});
