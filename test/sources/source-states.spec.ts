import type { ConfigSource, Layer, SourceHealth } from 'nestjs-hot-config';
import { memory } from 'nestjs-hot-config/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConfigSourceError } from '../../lib/errors/config.errors.js';
import { formatTime } from '../../lib/util/format-time.js';
import { safeLogger } from '../support/safe-logger.js';
import { statesOf } from './support/source-states.js';

const START = new Date('2030-01-01T00:00:00Z');
const at = (seconds: number) => START.getTime() + seconds * 1_000;
const pass = (seconds: number) => vi.advanceTimersByTime(seconds * 1_000);

const file: ConfigSource = {
  name: 'a file',
  onError: 'keep',
  load: () => Promise.reject(new Error('not called')),
};
const remote: ConfigSource = {
  ...file,
  name: 'a store',
  kind: 'remote',
  watch: () => ({ close: () => undefined }),
};
const layer: Layer = { source: 'x', tree: {}, hash: 'h', revision: 'r1', locate: () => undefined };
const refused = () =>
  new ConfigSourceError('a could not be read', [{ path: '', message: 'connection refused' }]);

function withHealth(health: () => unknown, source = file): ConfigSource {
  return { ...source, health: health as () => SourceHealth };
}

beforeEach(() => void vi.useFakeTimers({ now: START }));
afterEach(() => void vi.useRealTimers());

describe('The health of a source', () => {
  it('is live from its first load on, stale from the first failed load on, and live again after a good one', () => {
    const states = statesOf();
    const state = states.of(file);
    state.loaded();
    pass(10);
    expect(states.healthOf(file, layer)).toEqual({ state: 'live', since: at(0) });
    state.failedToLoad(refused());
    pass(10);
    state.failedToLoad(refused());
    expect(states.healthOf(file, layer)).toEqual({
      state: 'stale',
      since: at(10),
      detail: 'connection refused',
    });
    pass(10);
    state.loaded();
    pass(10);
    state.loaded();
    expect(states.healthOf(file, layer)).toEqual({ state: 'live', since: at(30) });
  });

  it('is stale too if its failed load rejects the reload, and only the log of the reload says when that is over', () => {
    const log: string[] = [];
    const logger = safeLogger((message) => void log.push(message));
    const states = statesOf(new Map(), { logger });
    const rejecting: ConfigSource = { ...file, onError: 'reject' };
    states.of(rejecting).loaded();
    states.of(rejecting).failedToLoad(refused());
    expect(states.healthOf(rejecting, layer)).toMatchObject({ state: 'stale', detail: 'connection refused' });
    states.of(rejecting).loaded();
    expect(states.healthOf(rejecting, layer)).toMatchObject({ state: 'live' });
    expect(log).toEqual([]);
  });

  it('is logged once when it is good again: after failed loads whose layer was kept, and after a failed watch', () => {
    const log: string[] = [];
    const logger = safeLogger((message) => void log.push(message));
    const state = statesOf(new Map(), { logger }).of(file);
    for (let outage = 1; outage <= 2; outage += 1) {
      state.failedToLoad(refused());
      state.failedToLoad(refused());
      expect(state.outages).toBe(outage);
      state.loaded();
      state.loaded();
    }
    state.watchFailed('lost');
    state.watchRecovered();
    state.watchFailed('lost');
    state.changed();
    state.changed();
    expect(log).toEqual([
      ...Array<unknown>(2).fill(
        expect.stringMatching(
          /^a file can be read again\. It could not be read since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\.$/,
        ),
      ),
      ...Array<unknown>(2).fill(
        expect.stringMatching(/^The watch of a file works again\. Changes may have been missed since \d{4}/),
      ),
    ]);
  });

  it.each([
    ['load', ['watchRecovered', 'loaded']],
    ['watch', ['loaded', 'watchRecovered']],
  ] as const)(
    'has one line for the end of an outage of its watch and its loads: that of the %s',
    (_last, [first, last]) => {
      const log: string[] = [];
      const state = statesOf(new Map(), { logger: safeLogger((message) => void log.push(message)) }).of(file);
      const started = formatTime(new Date());
      state.watchFailed('lost');
      pass(60);
      state.failedToLoad(refused());
      state[first]();
      expect(log).toEqual([]);
      state[last]();
      expect(log).toEqual([`a file can be read again. It could not be read since ${started}.`]);
    },
  );

  it('is down if it has never loaded, and stale if a layer of an earlier version is used instead', () => {
    const states = statesOf();
    pass(5);
    states.of(file).failedToLoad(refused());
    const health = { since: at(5), detail: 'connection refused' };
    expect(states.healthOf(file, undefined)).toMatchObject({ ...health, state: 'down' });
    expect(states.healthOf(file, layer)).toMatchObject({ ...health, state: 'stale' });
  });

  it('is stale from the first failure of the watch until it recovers or reports a change', () => {
    const states = statesOf();
    const state = states.of(file);
    state.loaded();
    for (const end of [() => state.watchRecovered(), () => state.changed()]) {
      const since = Date.now() + 5_000;
      pass(5);
      expect(state.watchFailed(new Error('connection lost'))).toBe(true);
      pass(5);
      expect(state.watchFailed(new Error('no route'))).toBe(false);
      expect(states.healthOf(file, layer)).toEqual({
        state: 'stale',
        since,
        detail: 'its watch failed: no route',
      });
      end();
      expect(states.healthOf(file, layer)).toEqual({ state: 'live', since: since + 5_000 });
    }
    expect(state.watchRecovered()).toBe(false);
  });

  it('is stale as long as one of several problems lasts', () => {
    const states = statesOf();
    const state = states.of(file);
    state.loaded();
    pass(5);
    state.failedToLoad(refused());
    pass(5);
    state.watchFailed('lost');
    state.loaded();
    expect(states.healthOf(file, layer)).toEqual({
      state: 'stale',
      since: at(5),
      detail: 'its watch failed: lost',
    });
  });

  it('is stale while nothing watches a remote source, but not for a local one or one without a watch', () => {
    const states = statesOf();
    const constant: ConfigSource = { ...file, name: 'constant', kind: 'remote' };
    const local = { ...remote, kind: 'local' } as const;
    for (const source of [remote, constant, local]) states.of(source).loaded();
    pass(5);
    const stateOf = (source: ConfigSource) => states.healthOf(source, layer).state;
    expect([remote, constant, local].map(stateOf)).toEqual(['stale', 'live', 'live']);
    states.of(remote).watched();
    pass(5);
    expect(states.healthOf(remote, layer)).toEqual({ state: 'live', since: at(5) });
    states.of(remote).unwatched();
    states.of(local).unwatched(new Error('EMFILE'));
    expect(states.healthOf(remote, layer)).toEqual({
      state: 'stale',
      since: at(10),
      detail: 'is not watched',
    });
    states.of(remote).unwatched(new Error('no such channel'));
    expect(states.healthOf(remote, layer).detail).toBe('cannot be watched: no such channel');
    expect(stateOf(local)).toBe('live');
  });

  it('is the worse of what the loads show and what the source reports', () => {
    const states = statesOf();
    const reports = (state: SourceHealth['state']) =>
      withHealth(() => ({ state, since: 1, detail: `it is ${state}` }));
    const [live, stale, down] = [reports('live'), reports('stale'), reports('down')];
    const healthOf = (source: ConfigSource) => states.healthOf(source, layer);
    expect(healthOf(live)).toEqual({ state: 'live', since: 1, detail: 'it is live' });
    expect(healthOf(stale)).toEqual({ state: 'stale', since: 1, detail: 'it is stale' });
    for (const source of [live, stale, down]) states.of(source).failedToLoad(refused());
    expect(healthOf(live)).toEqual({ state: 'stale', since: at(0), detail: 'connection refused' });
    expect(healthOf(stale)).toEqual({ state: 'stale', since: 1, detail: 'it is stale' });
    expect(healthOf(down)).toEqual({ state: 'down', since: 1, detail: 'it is down' });
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('x');
      },
      'its health() failed: x',
    ],
    ['returns nonsense', () => ({ state: 'fine' }), 'its health() failed: it returned no state'],
    ['returns null', () => null, expect.stringContaining('its health() failed')],
  ])('is that of its loads if its health() %s', (_case, health, detail) => {
    const states = statesOf();
    const source = withHealth(health);
    states.of(source).loaded();
    expect(states.healthOf(source, layer)).toEqual({ state: 'live', since: at(0), detail });
  });
});

describe('The status of the sources', () => {
  it('has name, health, start and reason, and the revision in force only of remote sources', () => {
    const layers = new Map([
      [file, layer],
      [remote, layer],
    ]);
    const states = statesOf(layers);
    states.of(remote).watched();
    for (const source of [file, remote]) states.of(source).loaded();
    pass(5);
    states.of(remote).failedToLoad(refused());
    expect(states.status()).toEqual({
      sources: [
        { name: 'a file', health: 'live', since: START },
        {
          name: 'a store',
          health: 'stale',
          since: new Date(at(5)),
          detail: 'connection refused',
          revision: 'r1',
        },
      ],
    });
  });

  it('redacts reasons', () => {
    const states = statesOf(new Map([[remote, layer]]), {
      redact: (text) => text.replaceAll('s3cret', '[hidden]'),
    });
    states.of(remote).failedToLoad(new ConfigSourceError('bad token s3cret', []));
    expect(states.status().sources).toMatchObject([{ detail: 'bad token [hidden]' }]);
  });
});

describe('A source', () => {
  it('learns once about each of its layers that comes into force, even if another source fails', () => {
    const warnings: string[] = [];
    const states = statesOf(new Map(), { logger: safeLogger((message) => warnings.push(message)) });
    const adopted: string[] = [];
    const failing: ConfigSource = {
      ...file,
      adopted: () => {
        throw new Error('disk full');
      },
    };
    const caching: ConfigSource = { ...remote, adopted: ({ revision }) => void adopted.push(revision) };
    const commit = (revision: string) => {
      const layers = new Map([
        [failing, layer],
        [caching, { ...layer, revision }],
      ]);
      states.assigned({ layers });
      states.assigned({ layers });
    };
    commit('r1');
    commit('r2');
    expect(adopted).toEqual(['r1', 'r2']);
    expect(warnings).toEqual(['adopted() of a file failed: disk full']);
  });

  it('may have an asynchronous cache: nothing waits for it, and its failure is logged', async () => {
    const warnings: string[] = [];
    const states = statesOf(new Map(), { logger: safeLogger((message) => warnings.push(message)) });
    const caching: ConfigSource = { ...remote, adopted: () => Promise.reject(new Error('disk full')) };
    states.assigned({ layers: new Map([[caching, layer]]) });
    await Promise.resolve();
    await Promise.resolve();
    expect(warnings).toEqual(['adopted() of a store failed: disk full']);
  });

  it('is not asked again after the app has shut down, by a reload that waited for its turn', async () => {
    const states = statesOf();
    states.close();
    const load = vi.fn<() => Promise<never>>(() => new Promise(() => undefined));
    await expect(states.loads.run(30_000, load)).rejects.toThrow('the app is shutting down');
    expect(load).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('of the testing kit reports a lost connection', () => {
    const source = memory({}, { kind: 'remote' });
    const heard: unknown[] = [];
    const watch = source.watch({
      files: { watch: () => expect.unreachable() },
      changed: (...hint) => heard.push('changed', ...hint),
      failed: (error) => heard.push((error as Error).message),
      recovered: () => heard.push('recovered'),
    });
    source.failWatch(new Error('lost'));
    source.recoverWatch();
    source.set({ n: 1 });
    void watch.close();
    source.failWatch(new Error('unheard'));
    expect(heard).toEqual(['lost', 'recovered', 'changed']);
    expect(source.kind).toBe('remote');
  });
});
