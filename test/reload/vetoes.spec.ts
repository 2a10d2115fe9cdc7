import { ConfigVetoError, type BeforeConfigChangeEvent } from 'nestjs-hot-config';
import { describe, expect, it, vi } from 'vitest';
import type { Veto } from '../../lib/reload/vetoes.js';
import { MemorySource } from '../support/memory.source.js';
import { booted } from './support/runtime.js';
import { veto } from './support/veto.js';

const refuse = (why: unknown) => () => {
  throw why;
};

async function llm() {
  const source = new MemorySource({ llm: { model: 'a', budget: 1 }, log: 'info' });
  const bench = await booted([source]);
  const save = (model: string, budget: number, log = 'info') => {
    source.set({ llm: { model, budget }, log });
    return bench.reload();
  };
  return { ...bench, save, vetoes: bench.runtime.core.vetoes };
}

describe('A veto', () => {
  it('keeps the snapshot in force, and the error names the veto, the path and the reason', async () => {
    const { vetoes, save, runtime } = await llm();
    vetoes.add(veto('Llm.check', 'llm.*', refuse(new Error('there is no model b'))));
    const before = runtime.core.store.current;
    const result = await save('b', 1);
    expect(result).toMatchObject({ outcome: 'rejected', stage: 'prepare', version: 1 });
    if (result.outcome !== 'rejected') throw new Error('it must be rejected');
    expect(result.error).toBeInstanceOf(ConfigVetoError);
    expect(result.error.message).toBe(
      'The change was refused\n  memory:3:1  Llm.check refused the change of llm.model: there is no model b',
    );
    expect(result.issues.map(({ path }) => path)).toEqual(['llm.model']);
    expect(runtime.core.store.current).toBe(before);
  });

  it('is reported for every method that refuses, also if it refuses late or throws a value that is not an error', async () => {
    const { vetoes, save } = await llm();
    vetoes.add(veto('A.a', 'llm.model', () => Promise.reject(new Error('late'))));
    vetoes.add(veto('B.b', 'llm.budget', refuse('too expensive')));
    vetoes.add(veto('C.c', '**', () => 'what a handler returns is no veto'));
    const result = await save('b', 9);
    expect(result.issues.map(({ message }) => message)).toEqual([
      'A.a refused the change of llm.model: late',
      'B.b refused the change of llm.budget: too expensive',
    ]);
  });

  it.each([0, 1, 2])('is enough, whatever the others say: number %i of three', async (refusing) => {
    const { vetoes, save, value } = await llm();
    for (const at of [0, 1, 2])
      vetoes.add(veto(`Check.${at}`, '**', at === refusing ? refuse(new Error('no')) : () => true));
    const result = await save('b', 1);
    expect(result).toMatchObject({ outcome: 'rejected', stage: 'prepare' });
    expect(result.issues.map(({ message }) => message)).toEqual([
      `Check.${refusing} refused the change of llm.model: no`,
    ]);
    expect(value()).toMatchObject({ llm: { model: 'a' } });
  });

  it('is called only for changes that its patterns select', async () => {
    const { vetoes, save } = await llm();
    const call = vi.fn<Veto['call']>();
    vetoes.add(veto('A.a', 'llm.model', call));
    await save('a', 2);
    expect(call).not.toHaveBeenCalled();
    await save('b', 3);
    expect(call).toHaveBeenCalledTimes(1);
    const [event] = call.mock.calls[0] as [BeforeConfigChangeEvent];
    expect(event.changes.map(({ path }) => path)).toEqual(['llm.model']);
  });

  it('receives the candidate and the snapshot in force, and reads the one in force', async () => {
    const { vetoes, save, runtime } = await llm();
    const seen: unknown[] = [];
    vetoes.add(
      veto('A.a', 'llm', async ({ candidate, current, cause }: BeforeConfigChangeEvent) => {
        await Promise.resolve();
        seen.push(current.get('llm.model'), candidate.get('llm.model'), candidate.version, cause);
        seen.push(runtime.core.pins.ambient().get('llm.model'));
        expect(Object.isFrozen(candidate.value['llm'])).toBe(true);
      }),
    );
    expect((await save('b', 1)).outcome).toBe('applied');
    expect(seen).toEqual(['a', 'b', 2, 'manual', 'a']);
  });

  it('that takes too long counts as a refusal, and its signal is aborted', async () => {
    const { vetoes, save } = await llm();
    let aborted: AbortSignal | undefined;
    let fail: (error: Error) => void = () => undefined;
    vetoes.add(
      veto(
        'Slow.check',
        'llm',
        ({ signal }) => {
          aborted = signal;
          return new Promise((_resolve, reject) => (fail = reject));
        },
        20,
      ),
    );
    const result = await save('b', 1);
    expect(result.issues.map(({ message }) => message)).toEqual([
      'Slow.check refused the change of llm.model: no answer within 20 ms',
    ]);
    expect(aborted?.aborted).toBe(true);
    // Its later failure is ignored: it must not end the process as an unhandled rejection.
    fail(new Error('too late'));
    await new Promise((resolve) => setImmediate(resolve));
  });

  it('is not called after it was removed', async () => {
    const { vetoes, save } = await llm();
    const remove = vetoes.add(veto('A.a', '**', refuse(new Error('never'))));
    expect((await save('b', 1)).outcome).toBe('rejected');
    remove();
    expect((await save('b', 1)).outcome).toBe('applied');
  });

  it('is not remembered: the same content is judged again when it comes again', async () => {
    const { vetoes, save, value } = await llm();
    let refusing = true;
    vetoes.add(
      veto('A.a', 'llm', () => {
        if (refusing) throw new Error('not now');
      }),
    );
    await save('b', 1);
    refusing = false;
    expect((await save('b', 1)).outcome).toBe('applied');
    expect(value()).toEqual({ llm: { model: 'b', budget: 1 }, log: 'info' });
  });
});
