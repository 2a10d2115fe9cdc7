import { describe, expect, it } from 'vitest';
import type { ConfigSource, HotConfigModuleOptions, ReloadResult, SubscribeOptions } from 'nestjs-hot-config';
import { MemorySource } from '../support/memory.source.js';
import { booted, type Bench } from './support/runtime.js';

type Request = (bench: Bench) => Promise<unknown>;

/** Requests that wait for the running reload, except `plan()`. */
const REQUESTS: Readonly<Record<string, Request>> = {
  'reload()': ({ runtime }) => runtime.manager.reload(),
  'set()': ({ runtime }) => runtime.manager.set('other', 1),
  'rollback()': ({ runtime }) => runtime.manager.rollback({ version: 1 }),
  'addSource()': ({ runtime }) => runtime.manager.addSource(new MemorySource({ m: 1 }, 'more')),
  'settled()': ({ runtime }) => runtime.manager.settled(),
};

/** The places from which a reload calls code of the app, and waits for it. */
const PLACES: Readonly<
  Record<
    string,
    (run: () => Promise<unknown>) => { options?: HotConfigModuleOptions; add?: (bench: Bench) => void }
  >
> = {
  'a veto': (run) => ({
    add: ({ runtime }) =>
      runtime.core.vetoes.add({ label: 'A.check', timeout: 600_000, select: (all) => all, call: run }),
  }),
  'a validator': (run) => ({ options: { validators: [async () => void (await run())] } }),
  'a schema': (run) => ({ options: { schema: async (tree: object) => (await run(), tree) } }),
  'a load': (run) => ({ options: { sources: [sourceThatCalls(run)] } }),
  'a hook before reloads': (run) => ({
    add: ({ runtime }) => runtime.core.hooks.add('beforeConfigReload', { label: 'A.before', call: run }),
  }),
};

function sourceThatCalls(run: () => Promise<unknown>): ConfigSource {
  const source = new MemorySource({ s: 1 }, 'slow');
  const load = source.load.bind(source);
  source.load = async () => (await run(), load());
  return source;
}

/** Runs `request` in one place during one reload. The timeouts of the place are longer than that of the test. */
async function requestIn(place: string, request: Request) {
  const source = new MemorySource({ n: 1 });
  let outcome: unknown;
  let isOn = false;
  const { options = {}, add } = PLACES[place]!(async () => {
    if (!isOn) return;
    isOn = false;
    outcome = await request(bench).catch((error: unknown) => error);
  });
  const { sources = [], ...others } = options;
  const bench: Bench = await booted([source, ...sources], others);
  add?.(bench);
  isOn = true;
  source.set({ n: 2 });
  const result = await bench.reload();
  return { bench, result, outcome: outcome as ReloadResult };
}

describe('Code that a reload waits for', () => {
  for (const place of Object.keys(PLACES))
    it.each(Object.entries(REQUESTS))(
      `is told at once that it would wait for itself: ${place}, %s`,
      async (_name, request) => {
        const { bench, result, outcome } = await requestIn(place, request);
        expect(result.outcome).toBe('applied');
        const error = outcome.outcome === 'rejected' ? outcome.error : outcome;
        expect(error).toMatchObject({ code: 'CONFIG_SELF_WAIT' });
        expect(bench.log.join('\n')).toMatch(/was requested by .*, which (it|the running reload) waits for/);
        expect((await bench.reload()).outcome).toBe('unchanged');
      },
    );

  it.each(['a validator', 'a schema', 'a load'])(
    'cannot plan a reload, which would call it again: %s',
    async (place) => {
      const { outcome } = await requestIn(place, ({ runtime }) => runtime.manager.plan());
      expect(outcome).toMatchObject({ outcome: 'rejected', error: { code: 'CONFIG_SELF_WAIT' } });
    },
  );

  it('can plan a reload in a veto, which plans do not call', async () => {
    const { outcome } = await requestIn('a veto', ({ runtime }) => runtime.manager.plan());
    expect(outcome).toMatchObject({ outcome: 'applied' });
  });

  it('can neither plan nor reload in a plan', async () => {
    let run: (() => Promise<{ outcome: string }>) | undefined;
    const outcomes: string[] = [];
    const validator = async () => {
      if (run !== undefined) outcomes.push((await run()).outcome);
    };
    const { runtime } = await booted([new MemorySource({ n: 1 })], { validators: [validator] });
    for (const request of [() => runtime.manager.plan(), () => runtime.manager.reload()]) {
      run = request;
      expect((await runtime.manager.plan({ n: 2 })).outcome).toBe('applied');
    }
    expect(outcomes).toEqual(['rejected', 'rejected']);
  });

  it('may start and stop watching: that does not wait for the reload then', async () => {
    for (const name of ['enable', 'disable'] as const) {
      const { result } = await requestIn('a veto', ({ runtime }) => runtime.manager[name]());
      expect(result.outcome).toBe('applied');
    }
  });

  it('may request a reload when its call has ended', async () => {
    const source = new MemorySource({ n: 1 });
    const { runtime, reload } = await booted([source]);
    let later: Promise<ReloadResult> | undefined;
    runtime.core.vetoes.add({
      label: 'A.check',
      timeout: 10_000,
      select: (all) => all,
      call: () => {
        later ??= new Promise((resolve) => setImmediate(() => resolve(runtime.manager.set('m', 1))));
      },
    });
    source.set({ n: 2 });
    await reload();
    expect((await later)?.outcome).toBe('applied');
  });
});

describe('Code that calls the same again and again', () => {
  it.each<[string, Request]>([
    ...Object.entries(REQUESTS).filter(([name]) => name !== 'addSource()'),
    ['plan()', ({ runtime }) => runtime.manager.plan()],
    ['diff() of a version that is not kept', ({ runtime }) => runtime.manager.diff(1, 99)],
    ['rollback() to one', ({ runtime }) => runtime.manager.rollback({ version: 99 })],
    ['enable()', ({ runtime }) => runtime.manager.enable()],
    ['disable()', ({ runtime }) => runtime.manager.disable()],
  ])('leaves the event loop its turns, also if there is nothing to do: %s', async (_name, request) => {
    const bench = await booted([new MemorySource({ n: 1 })]);
    await request(bench).catch(() => undefined);
    let hasHadTurn = false;
    setImmediate(() => (hasHadTurn = true));
    let calls = 0;
    for (; !hasHadTurn && calls < 1_000; calls += 1) await request(bench).catch(() => undefined);
    expect(calls).toBeLessThan(1_000);
  });
});

describe('A handler', () => {
  it('that awaits settled() is told at once that it would wait for itself', async () => {
    const source = new MemorySource({ n: 1 });
    const { runtime, reload } = await booted([source]);
    let error: unknown;
    runtime.core.dispatcher.subscribe(
      'n',
      () => runtime.settled().catch((thrown: unknown) => (error = thrown)),
      {
        label: 'A.onChange',
        timeout: 600_000,
      },
    );
    source.set({ n: 2 });
    await reload();
    await runtime.settled();
    expect(error).toMatchObject({
      code: 'CONFIG_SELF_WAIT',
      summary: expect.stringContaining('settled() was requested by A.onChange') as string,
    });
  });

  it('may plan, reload, and set values of its own', async () => {
    const source = new MemorySource({ n: 1 });
    const { runtime, reload, value, log } = await booted([source]);
    const outcomes: string[] = [];
    runtime.core.dispatcher.subscribe('n', async () => {
      outcomes.push((await runtime.manager.plan()).outcome);
      outcomes.push((await runtime.manager.reload()).outcome);
      for (const path of ['a', 'b', 'c']) outcomes.push((await runtime.manager.set(path, 1)).outcome);
    });
    source.set({ n: 2 });
    await reload();
    await runtime.settled();
    expect(outcomes).toEqual(['unchanged', 'unchanged', 'applied', 'applied', 'applied']);
    expect(value()).toEqual({ n: 2, a: 1, b: 1, c: 1 });
    expect(log.filter((line) => line.startsWith('warn'))).toEqual([]);
  });
});

describe('A chain of reloads that handlers cause', () => {
  /** Lets `subscribe` add handlers, changes `n` once, and waits until the chain has ended. */
  async function chain(subscribe: (bench: Bench) => void) {
    const source = new MemorySource({ n: 1 });
    const bench = await booted([source]);
    subscribe(bench);
    source.set({ n: 2 });
    await bench.reload();
    await bench.runtime.settled();
    return { ...bench, source };
  }

  it('is named in a warning and then refused, once each; a change from outside is not affected', async () => {
    let count = 0;
    const refusals: ReloadResult[] = [];
    const { runtime, log, source, reload } = await chain(({ runtime: { manager, core } }) =>
      core.dispatcher.subscribe(
        '**',
        async () => {
          const result = await manager.set('seen', (count += 1));
          if (result.outcome === 'rejected') refusals.push(result);
        },
        { label: 'A.onChange' },
      ),
    );
    expect(refusals).toEqual([
      expect.objectContaining({ error: expect.objectContaining({ code: 'CONFIG_RELOAD_CHAIN' }) }),
    ]);
    expect(runtime.status().version).toBe(102);
    const warned = log.filter((line) => line.startsWith('warn'));
    expect(warned).toHaveLength(1);
    expect(warned[0]).toContain(
      'A.onChange has requested 10 reloads in a row (the last one has changed seen)',
    );
    expect(log.filter((line) => line.startsWith('error: A.onChange has requested 100 reloads'))).toHaveLength(
      1,
    );
    source.set({ n: 3 });
    expect((await reload()).outcome).toBe('applied');
  });

  it('names all handlers that call each other', async () => {
    let count = 0;
    const { log } = await chain(({ runtime: { manager, core } }) => {
      core.dispatcher.subscribe('n', () => manager.set('ping', 1), { label: 'A.start' });
      core.dispatcher.subscribe('ping', () => manager.set('pong', (count += 1)), { label: 'A.ping' });
      core.dispatcher.subscribe('pong', () => manager.set('ping', (count += 1)), { label: 'A.pong' });
    });
    expect(log.join('\n')).toMatch(
      /warn: A\.start, A\.(ping, A\.pong|pong, A\.ping) have requested 10 reloads in a row/,
    );
    expect(log.join('\n')).toMatch(
      /error: A\.start, A\.(ping, A\.pong|pong, A\.ping) have requested 100 reloads/,
    );
  });

  it.each<[string, (bench: Bench, next: () => number) => unknown, SubscribeOptions?]>([
    ['that nobody awaits', ({ runtime }, next) => void runtime.manager.set('seen', next())],
    [
      'in a pinned function',
      ({ runtime }, next) => runtime.core.pins.runPinned(() => runtime.manager.set('seen', next())),
    ],
    [
      'outside of the pin',
      ({ runtime }, next) => runtime.core.pins.leave(() => runtime.manager.set('seen', next())),
    ],
    [
      'after the handler has ended',
      ({ runtime }, next) => void setTimeout(() => void runtime.manager.set('seen', next()), 0),
    ],
    [
      'by other sources',
      ({ runtime: { manager } }, next) => {
        const seen = next();
        const isAdded = seen % 2 === 0;
        return isAdded ? manager.removeSource('more') : manager.addSource(new MemorySource({ seen }, 'more'));
      },
    ],
    ['with debouncing', ({ runtime }, next) => runtime.manager.set('seen', next()), { debounce: 1 }],
  ])('is stopped, however they request them: %s', async (_how, request, options = {}) => {
    let count = 0;
    const { log } = await chain((bench) =>
      bench.runtime.core.dispatcher.subscribe('**', () => request(bench, () => (count += 1)), {
        label: 'A.onChange',
        ...options,
      }),
    );
    await expect
      .poll(() => log.join('\n'), { timeout: 60_000 })
      .toContain('A.onChange has requested 100 reloads');
  });

  it('is stopped if the reloads are rejected, and a hook causes them', async () => {
    const validators = [
      ({ invalid }: { invalid?: number }) => {
        if (invalid !== undefined) throw new Error('invalid is set');
      },
    ];
    const { runtime, log } = await booted([new MemorySource({ n: 1 })], { validators });
    let count = 0;
    const request = () => runtime.manager.set('invalid', (count += 1));
    runtime.core.hooks.add('onConfigRejected', { label: 'A.onConfigRejected', call: request });
    await request();
    await expect
      .poll(() => log.join('\n'), { timeout: 60_000 })
      .toContain('A.onConfigRejected has requested 100 reloads in a row');
  });

  it('does not grow by changes from outside', async () => {
    const source = new MemorySource({ n: 0 });
    const { runtime, reload, log } = await booted([source]);
    runtime.core.dispatcher.subscribe('**', () =>
      runtime.manager.set('double', 2 * Number(runtime.snapshot.get('n'))),
    );
    for (let n = 1; n <= 30; n += 1) {
      source.set({ n });
      await reload();
    }
    await runtime.settled();
    expect(runtime.snapshot.value).toEqual({ n: 30, double: 60 });
    expect(log.filter((line) => !line.startsWith('log') && !line.startsWith('verbose'))).toEqual([]);
  });
});

describe('An app that has shut down', () => {
  it('refuses every request, and can still be read', async () => {
    const source = new MemorySource({ n: 1 });
    const { runtime, reload } = await booted([source]);
    source.set({ n: 2 });
    await reload();
    await runtime.stop();
    const { manager } = runtime;
    const results = [
      await manager.reload(),
      await manager.set('n', 3),
      await manager.unset('n'),
      await manager.rollback(),
      await manager.addSource(new MemorySource({ m: 1 }, 'more')),
    ];
    expect(
      results.map((result) => [result.outcome, result.outcome === 'rejected' && result.error.summary]),
    ).toEqual(results.map(() => ['rejected', 'The app has shut down.']));
    expect((await manager.plan()).outcome).toBe('rejected');
    expect(runtime.snapshot.get('n')).toBe(2);
    expect(manager.history()).toHaveLength(2);
  });

  it('refuses requests while it shuts down', async () => {
    const { runtime } = await booted([new MemorySource({ n: 1 })]);
    let isClosing = false;
    // It is closed after the reloader.
    runtime.core.dispatcher.close = async () => void (isClosing = true);
    const stopped = runtime.stop();
    while (!isClosing) await new Promise((resolve) => setImmediate(resolve));
    expect((await runtime.manager.set('n', 2)).outcome).toBe('rejected');
    await stopped;
    expect(runtime.snapshot.get('n')).toBe(1);
  });
});
