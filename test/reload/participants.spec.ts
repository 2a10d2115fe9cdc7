import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { Candidate, Participant, PreparedPart } from '../../lib/reload/participant.interface.js';
import { Participants } from '../../lib/reload/participants.js';
import { veto } from './support/veto.js';
import { MemorySource } from '../support/memory.source.js';
import { booted } from './support/runtime.js';

const candidate = {} as Candidate; // the participants below do not look at it

const unexpected = (error: unknown) => expect.fail(String(error));

/** Participants that record what they are asked. */
function recorded() {
  const calls: string[] = [];
  const note = async (call: string) => {
    calls.push(`${call}…`);
    await turn();
    calls.push(call);
  };
  const participant = (name: string, part: Partial<PreparedPart> = {}): Participant => ({
    prepare: async () => {
      await note(`${name} prepares`);
      return {
        isCurrent: () => true,
        commit: () => void calls.push(`${name} commits`),
        discard: () => note(`${name} discards`),
        ...part,
      };
    },
    concernedBy: () => [],
  });
  const refusal: Participant = { prepare: () => Promise.reject(new Error('no')), concernedBy: () => [] };
  return { calls, participant, refusal };
}

describe('Participants', () => {
  it('are asked one after the other, and commit in the same order', async () => {
    const { calls, participant } = recorded();
    const participants = new Participants([participant('A')], unexpected);
    participants.add(participant('B'));
    const prepared = await participants.prepare(candidate);
    expect(calls).toEqual(['A prepares…', 'A prepares', 'B prepares…', 'B prepares']);
    prepared.commit();
    expect(calls.slice(4)).toEqual(['A commits', 'B commits']);
  });

  it('have discarded what they prepared, the last one first, when the refusal of a later one is known', async () => {
    const { calls, participant, refusal } = recorded();
    const all = [participant('A'), participant('B'), refusal, participant('C')];
    await expect(new Participants(all, unexpected).prepare(candidate)).rejects.toThrow('no');
    expect(calls.slice(4)).toEqual(['B discards…', 'B discards', 'A discards…', 'A discards']);
  });

  it('commit although an earlier one throws, and its error is reported', async () => {
    const { calls, participant } = recorded();
    const error = new Error('broken');
    const broken = participant('A', {
      commit: () => {
        throw error;
      },
    });
    const onError = vi.fn<(error: unknown) => void>();
    (await new Participants([broken, participant('B')], onError).prepare(candidate)).commit();
    expect(calls.at(-1)).toBe('B commits');
    expect(onError.mock.calls).toEqual([[error]]);
  });

  it('prepare again if one of them has changed, or if another one was added', async () => {
    const { participant } = recorded();
    let isCurrent = true;
    const changing = participant('A', { isCurrent: () => isCurrent });
    const participants = new Participants([changing, participant('B')], unexpected);
    const first = await participants.prepare(candidate);
    expect(first.isCurrent()).toBe(true);
    isCurrent = false;
    expect(first.isCurrent()).toBe(false);
    isCurrent = true;
    participants.add(participant('C'));
    expect(first.isCurrent()).toBe(false);
    expect((await participants.prepare(candidate)).isCurrent()).toBe(true);
  });

  it('prepare again in a reload when a veto was added, after what they prepared has been disposed of', async () => {
    const source = new MemorySource({ url: 'a' });
    const { runtime, reload } = await booted([source]);
    const { refreshables, vetoes } = runtime.core;
    const calls: string[] = [];
    const build = () => {
      calls.push('built');
      if (calls.length === 2) vetoes.add(veto('Late.check', 'url', () => calls.push('asked')));
      return {};
    };
    const dispose = async () => {
      await turn();
      calls.push('disposed of');
    };
    const component = { label: 'Pool', on: 'url', build, dispose };
    await refreshables.register(
      component,
      () => [],
      () => runtime.snapshot,
    );
    source.set({ url: 'b' });
    expect(await reload()).toMatchObject({ outcome: 'applied', version: 2 });
    expect(calls.slice(0, 5)).toEqual(['built', 'built', 'disposed of', 'asked', 'built']);
  });
});
