import { describe, expect, it } from 'vitest';
import { builtInInstruments } from '../../lib/metrics/built-in-instruments.js';
import { HISTOGRAMS } from '../../lib/metrics/durations.js';
import type { ObservableInstrument } from '../../lib/runtime/instrument.interface.js';
import { findInstrumentMistake } from '../../lib/runtime/instrument-names.js';

const gauge: ObservableInstrument = { kind: 'gauge', help: 'Some.', read: () => [] };

describe('The name of an instrument of a part', () => {
  it.each(['fleet.members', 'canary2.requests_per_arm', 'remote.age', 'pin.count'])('can be %s', (name) => {
    expect(findInstrumentMistake(name, gauge)).toBeUndefined();
  });

  it.each([
    'members',
    'fleet_members',
    'fleet.members.ready',
    'fleet_a.members',
    'Fleet.members',
    'fleet.Members',
    'fleet.',
    '.members',
    'fleet.members_',
    'fleet.a__b',
    'fleet.4',
    'fleet.members{x="1"}',
    'fleet.members\n',
    '__proto__',
  ])('cannot be %j', (name) => {
    expect(findInstrumentMistake(name, gauge)).toMatch(/^its name must be the part and a name in lower case/);
  });

  it('cannot end with what exporters append', () => {
    for (const name of ['fleet.votes_total', 'fleet.age_seconds'])
      expect(findInstrumentMistake(name, gauge)).toMatch(/^exporters append _seconds and _total/);
  });

  it('never collides with a built-in name, dots or underscores', () => {
    const builtIn = [
      ...builtInInstruments(undefined as never).map(([name]) => name),
      ...HISTOGRAMS.map(({ name }) => name),
    ];
    expect(builtIn.length).toBeGreaterThan(25);
    for (const name of builtIn) {
      const [part = ''] = name.split(/[._]/);
      expect(findInstrumentMistake(`${part}.members`, gauge)).toBe(
        `names that begin with '${part}' belong to built-in metrics`,
      );
    }
  });
});

describe('The labels of an instrument of a part', () => {
  const labelled = (...labels: string[]) => findInstrumentMistake('fleet.members', { ...gauge, labels });

  it('are at most two', () => {
    expect(labelled('cohort', 'vote_state')).toBeUndefined();
    expect(labelled('a', 'b', 'c')).toBe('it has more than 2 labels');
  });

  it('have names that every exporter accepts, each once', () => {
    for (const wrong of ['A', '1', 'a-b', '__name__', 'a.b', ''])
      expect(labelled(wrong)).toBe(`'${wrong}' cannot be a label, or is repeated`);
    expect(labelled('a', 'a')).toBe("'a' cannot be a label, or is repeated");
  });
});
