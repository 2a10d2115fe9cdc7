import { type LoggerService, Module } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import {
  BeforeConfigChange,
  ConfigDisposedError,
  ConfigOptionsError,
  ConfigRefreshError,
  type ConfigSnapshot,
  HotConfigService,
  Refreshable,
  refreshable,
  type RefreshableOptions,
  type ReloadResult,
} from 'nestjs-hot-config';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startApp } from '../../support/start-app.js';
import { until } from '../../support/until.js';

type Config = { a: number; b: number };
const start = { a: 1, b: 1 };

/** A component that records its events. */
class Part {
  constructor(
    readonly name: string,
    readonly events: string[],
  ) {
    events.push(`build ${name}`);
  }
  dispose() {
    this.events.push(`dispose ${this.name}`);
  }
}

/** A component `A` that is built from `a`. */
function partA(events: string[], options: Partial<RefreshableOptions<Part, Config>> = {}) {
  return refreshable<Part, Config>({
    provide: 'A',
    on: 'a',
    useFactory: (snapshot) => new Part(`A${snapshot.value.a}`, events),
    dispose: (part) => part.dispose(),
    ...options,
  });
}

/** A component `B` that is built from `b` and from `A`. */
function partB(events: string[], options: Partial<RefreshableOptions<Part, Config>> = {}) {
  return refreshable<Part, Config>({
    provide: 'B',
    on: 'b',
    inject: ['A'],
    useFactory: (snapshot: ConfigSnapshot<Config>, a: Refreshable<Part>) =>
      new Part(`B${snapshot.value.b}(${a.get().name})`, events),
    dispose: (part) => part.dispose(),
    ...options,
  });
}

function outcomeOf(result: ReloadResult): string {
  return result.outcome === 'rejected' ? result.error.message : result.outcome;
}

/** A promise that the test resolves. */
function gate() {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}

afterEach(() => vi.useRealTimers());

describe('refreshable()', () => {
  it('is built once at boot, and again before a change of its paths is committed', async () => {
    const events: string[] = [];
    const versionOf: { current: () => number | string } = { current: () => 'boot' };
    const healthCheck = (part: Part) => void events.push(`check ${part.name} before ${versionOf.current()}`);
    const { app, config, change } = await startApp(start, { providers: [partA(events, { healthCheck })] });
    versionOf.current = () => config.current.version + 1;
    const handle = app.get<Refreshable<Part>>('A');
    expect(handle.get().name).toBe('A1');

    expect(outcomeOf(await change({ a: 2, b: 1 }))).toBe('applied');
    expect(handle.get().name).toBe('A2');
    expect(config.current.version).toBe(2);
    expect(events).toEqual([
      'build A1',
      'check A1 before boot',
      'build A2',
      'check A2 before 2',
      'dispose A1',
    ]);
  });

  it('is not built again by changes that do not concern it', async () => {
    const events: string[] = [];
    const { app, change } = await startApp(start, { providers: [partA(events)] });
    const before = app.get<Refreshable<Part>>('A').get();
    expect(outcomeOf(await change({ a: 1, b: 2 }))).toBe('applied');
    expect(app.get<Refreshable<Part>>('A').get()).toBe(before);
    expect(events).toEqual(['build A1']);
  });

  it('is built for the candidate: it sees its snapshot, in HotConfigService and other components too', async () => {
    const events: string[] = [];
    const { change } = await startApp(start, {
      providers: [
        partB(events),
        partA(events, {
          inject: [HotConfigService],
          useFactory: async (snapshot: ConfigSnapshot<Config>, config: HotConfigService) => {
            await Promise.resolve();
            return new Part(
              `A${snapshot.value.a}=${config.get<number>('a')}@${config.snapshot.version}`,
              events,
            );
          },
        }),
      ],
    });
    await change({ a: 2, b: 1 });
    await until('the old ones are disposed of', () => events.length === 6);
    expect(events).toEqual([
      'build A1=1@1',
      'build B1(A1=1@1)',
      'build A2=2@2',
      'build B1(A2=2@2)',
      'dispose B1(A1=1@1)',
      'dispose A1=1@1',
    ]);
  });

  it.each<[string, Partial<RefreshableOptions<Part, Config>>, string]>([
    [
      'its factory throws',
      {
        useFactory: (snapshot) => {
          if (snapshot.value.b === 2) throw new Error('no route to host');
          return new Part('B', []);
        },
      },
      'B could not be built after the change of b: no route to host',
    ],
    [
      'its factory hangs',
      {
        buildTimeout: 30,
        useFactory: (snapshot) => (snapshot.value.b === 2 ? new Promise(() => undefined) : new Part('B', [])),
      },
      'B could not be built after the change of b: no answer within 30 ms',
    ],
    [
      'its health check throws',
      {
        healthCheck: (part) => {
          if (part.name.startsWith('B2')) throw new Error('connection refused');
        },
      },
      'B could not be built after the change of b: connection refused',
    ],
    [
      'its health check rejects',
      {
        healthCheck: async (part) => {
          await Promise.resolve();
          if (part.name.startsWith('B2')) throw new Error('connection refused');
        },
      },
      'B could not be built after the change of b: connection refused',
    ],
    [
      'its health check returns false',
      { healthCheck: (part) => !part.name.startsWith('B2') },
      'B could not be built after the change of b: its health check returned false',
    ],
    [
      'its health check hangs',
      {
        buildTimeout: 30,
        healthCheck: (part) => (part.name.startsWith('B2') ? new Promise(() => undefined) : true),
      },
      'B could not be built after the change of b: no answer within 30 ms',
    ],
  ])('rejects the reload and changes nothing if %s', async (_what, options, message) => {
    const events: string[] = [];
    const { app, config, manager, change } = await startApp(start, {
      providers: [partA(events), partB(events, options)],
    });
    const [a, b] = [app.get<Refreshable<Part>>('A').get(), app.get<Refreshable<Part>>('B').get()];
    const result = await change({ a: 2, b: 2 });
    expect(result.outcome === 'rejected' && result.error).toBeInstanceOf(ConfigRefreshError);
    expect(outcomeOf(result)).toContain(message);

    expect(app.get<Refreshable<Part>>('A').get()).toBe(a);
    expect(app.get<Refreshable<Part>>('B').get()).toBe(b);
    expect(config.get('a')).toBe(1);
    expect(events.filter((event) => event.includes('A'))).toContain('dispose A2');
    expect(events.filter((event) => event === 'dispose A1')).toEqual([]);
    // Everything built for the candidate is disposed of; the two in force remain.
    const { built, disposed, draining } = manager.status().refreshables;
    expect([built - disposed, draining]).toEqual([2, 0]);

    expect(outcomeOf(await change({ a: 3, b: 3 }))).toBe('applied');
    expect(app.get<Refreshable<Part>>('A').get().name).toBe('A3');
  });

  it('names the change that it, or a component that it is built from, could not be built for', async () => {
    const fail = (value: string, bad: string) => {
      if (value === bad) throw new Error('no route to host');
    };
    const { change } = await startApp(start, {
      providers: [
        partA([], { healthCheck: ({ name }) => fail(name, 'A2') }),
        partB([], { healthCheck: ({ name }) => fail(name, 'B1(A3)') }),
      ],
    });
    const issuesOf = (result: ReloadResult) => (result.outcome === 'rejected' ? result.error.issues : []);
    expect(issuesOf(await change({ a: 2, b: 1 }))).toMatchObject([
      {
        path: 'a',
        message: 'A could not be built after the change of a: no route to host',
        origin: { file: 'memory', line: 2 },
      },
    ]);
    expect(issuesOf(await change({ a: 3, b: 1 }))).toMatchObject([
      { path: 'a', message: 'B could not be built after the change of a: no route to host' },
    ]);
  });

  it('is disposed of if it is built after its timeout', async () => {
    const events: string[] = [];
    const { open, opened } = gate();
    const { change } = await startApp(start, {
      providers: [
        partA(events, {
          buildTimeout: 20,
          useFactory: async (snapshot) => {
            if (snapshot.value.a === 2) await opened;
            return new Part(`A${snapshot.value.a}`, events);
          },
        }),
      ],
    });
    expect((await change({ a: 2, b: 1 })).outcome).toBe('rejected');
    expect(events).toEqual(['build A1']);
    open();
    await until('it is disposed of', () => events.length === 3);
    expect(events).toEqual(['build A1', 'build A2', 'dispose A2']);
  });

  it('stops the app at boot if its first instance cannot be built', async () => {
    const failing = partA([], {
      useFactory: () => {
        throw new Error('no route to host');
      },
    });
    await expect(startApp(start, { providers: [failing] })).rejects.toThrow(
      'A could not be built: no route to host',
    );
  });

  it('is not built if the change is vetoed', async () => {
    class Guard {
      @BeforeConfigChange('a')
      refuse() {
        throw new Error('not today');
      }
    }
    const events: string[] = [];
    const { change } = await startApp(start, { providers: [partA(events), Guard] });
    expect(outcomeOf(await change({ a: 2, b: 1 }))).toContain('not today');
    expect(events).toEqual(['build A1']);
  });

  it('stays the same for pinned work; the old instance is disposed of once, when the last such work has ended', async () => {
    const events: string[] = [];
    const { app, config, manager, change } = await startApp(start, { providers: [partA(events)] });
    const handle = app.get<Refreshable<Part>>('A');
    const [first, second] = [gate(), gate()];
    const work = (until: Promise<void>) =>
      config.runPinned(async () => {
        const before = handle.get();
        await until;
        return [before.name, handle.get().name];
      });
    const [one, two] = [work(first.opened), work(second.opened)];
    await change({ a: 2, b: 1 });
    const three = work(first.opened);
    expect(handle.get().name).toBe('A2');
    expect(manager.status().refreshables).toEqual({ built: 2, disposed: 0, disposeErrors: 0, draining: 1 });

    first.open();
    expect([await one, await three]).toEqual([
      ['A1', 'A1'],
      ['A2', 'A2'],
    ]);
    expect(events).toEqual(['build A1', 'build A2']);
    second.open();
    expect(await two).toEqual(['A1', 'A1']);
    await until('the old one is disposed of', () => manager.status().refreshables.disposed === 1);
    expect(events).toEqual(['build A1', 'build A2', 'dispose A1']);
    expect(manager.status().refreshables).toEqual({ built: 2, disposed: 1, disposeErrors: 0, draining: 0 });
  });

  it('is kept for every version that it served, not only for the one it was built for', async () => {
    const events: string[] = [];
    const { app, config, change } = await startApp(start, { providers: [partA(events)] });
    const { open, opened } = gate();
    await change({ a: 1, b: 2 });
    const work = config.runPinned(async () => {
      await opened;
      return app.get<Refreshable<Part>>('A').get().name;
    });
    await change({ a: 2, b: 2 });
    await change({ a: 3, b: 2 });
    expect(events).toEqual(['build A1', 'build A2', 'build A3', 'dispose A2']);
    open();
    expect(await work).toBe('A1');
    await until('the oldest is disposed of', () => events.at(-1) === 'dispose A1');
  });

  it('is disposed of after drainTimeout, even if work still uses it; a later get() throws', async () => {
    const events: string[] = [];
    const { app, config, change } = await startApp(start, {
      providers: [partA(events, { drainTimeout: 20 })],
    });
    const { open, opened } = gate();
    const work = config.runPinned(async () => {
      await opened;
      return app.get<Refreshable<Part>>('A').get().name;
    });
    await change({ a: 2, b: 1 });
    expect(events).toEqual(['build A1', 'build A2']);
    await until('the old one is disposed of', () => events.length === 3);
    open();
    await expect(work).rejects.toThrow(ConfigDisposedError);
    expect(app.get<Refreshable<Part>>('A').get().name).toBe('A2');
    expect(events).toEqual(['build A1', 'build A2', 'dispose A1']);
  });

  it.each([
    { drainTimeout: '30' },
    { drainTimeout: '100d' },
    { drainTimeout: -1 },
    { drainTimeout: null },
    { buildTimeout: '25 days' },
    { buildTimeout: Infinity },
  ])('refuses a time that is none, or too long for a timer: %o', (options) => {
    const name = Object.keys(options)[0]!;
    expect(() => partA([], options as object)).toThrow(ConfigOptionsError);
    expect(() => partA([], options as object)).toThrow(
      `The option "${name}" must be a number of milliseconds`,
    );
    expect(() => Refreshable('a', options as object)).toThrow(`The option "${name}" must be`);
  });

  it('refuses an unknown option of the decorator', () => {
    expect(() => Refreshable('a', { drainTimout: '5m' } as object)).toThrow(
      'Unknown option "drainTimout" of @Refreshable(); did you mean "drainTimeout"?',
    );
  });

  it('logs and counts instances that cannot be disposed of', async () => {
    const errors: string[] = [];
    const silent = () => undefined;
    const logger: LoggerService = {
      log: silent,
      warn: silent,
      error: (message: string) => void errors.push(message),
    };
    const dispose = () => Promise.reject(new Error('still busy'));
    const { manager, change } = await startApp(start, { providers: [partA([], { dispose })] }, { logger });
    expect((await change({ a: 2, b: 1 })).outcome).toBe('applied');
    await until('it failed', () => manager.status().refreshables.disposeErrors === 1);
    expect(manager.status().refreshables).toEqual({ built: 2, disposed: 0, disposeErrors: 1, draining: 0 });
    expect(errors).toEqual(['Disposing of component A failed: still busy']);
  });

  it('is disposed of when the app closes: all instances, once, each before those it is built from', async () => {
    const events: string[] = [];
    const { app, config, change } = await startApp(start, { providers: [partB(events), partA(events)] });
    const handle = app.get<Refreshable<Part>>('A');
    void config.runPinned(() => new Promise(() => undefined));
    await change({ a: 2, b: 1 });
    events.length = 0;
    await Promise.all([app.close(), app.close()]);
    expect(events).toEqual(['dispose B1(A2)', 'dispose B1(A1)', 'dispose A2', 'dispose A1']);
    expect(handle.get().name).toBe('A2');
  });

  it('is disposed of if it is being built while the app closes, and no instance twice', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const events: string[] = [];
    const { open, opened } = gate();
    const { app, change } = await startApp(start, {
      providers: [
        partA(events),
        partB(events, {
          buildTimeout: 60_000,
          useFactory: async (snapshot) => {
            if (snapshot.value.b === 2) await opened;
            return new Part(`B${snapshot.value.b}`, events);
          },
        }),
      ],
    });
    const result = change({ a: 2, b: 2 });
    await vi.waitUntil(() => events.includes('build A2'));
    const closed = app.close();
    await vi.advanceTimersByTimeAsync(10_000); // the app waits a while for reloads
    await closed;
    open();
    expect(outcomeOf(await result)).toContain('the app is shutting down');
    expect(events.filter((event) => event.startsWith('dispose')).toSorted()).toEqual([
      'dispose A1',
      'dispose A2',
      'dispose B1',
      'dispose B2',
    ]);
  });

  it('does not block the shutdown of the app if its disposal hangs', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const events: string[] = [];
    const dispose = () => new Promise(() => undefined);
    const { app, manager } = await startApp(start, {
      providers: [partA(events), partB(events, { dispose })],
    });
    let closed = false;
    void app.close().then(() => (closed = true));
    await vi.advanceTimersByTimeAsync(29_000);
    expect(closed).toBe(false);
    await vi.advanceTimersByTimeAsync(2_000);
    await vi.waitUntil(() => closed);
    expect(events.at(-1)).toBe('dispose A1');
    expect(manager.status().refreshables.disposeErrors).toBe(1);
  });

  it.each([
    ['[Symbol.asyncDispose]', (done: () => void) => ({ [Symbol.asyncDispose]: async () => done() })],
    ['[Symbol.dispose]', (done: () => void) => ({ [Symbol.dispose]: done })],
    [
      'the [Symbol.dispose] of a function',
      (done: () => void) => Object.assign(() => 1, { [Symbol.dispose]: done }),
    ],
  ])('is disposed of by its own %s if no dispose option is set', async (_what, make) => {
    let disposed = 0;
    const provider = refreshable({
      provide: Symbol('it'),
      on: '**',
      useFactory: () => make(() => (disposed += 1)),
    });
    const { app } = await startApp(start, { providers: [provider] });
    await app.close();
    expect(disposed).toBe(1);
  });

  it.each([
    ['nothing to dispose of', {}],
    ['null', null],
    ['a string', 'text'],
  ])('may be %s', async (_what, value) => {
    class Token {}
    const { app, change } = await startApp(start, {
      providers: [refreshable({ provide: Token, on: '**', useFactory: () => value })],
    });
    await change({ a: 2, b: 2 });
    expect(app.get<Refreshable<unknown>>(Token as never).get()).toBe(value);
    await app.close();
  });

  it('is built again if a change is committed while its first instance is being built', async () => {
    const events: string[] = [];
    const { open, opened } = gate();
    const { app, change } = await startApp(start);
    const useFactory = async ({ value }: ConfigSnapshot<Config>) => {
      const part = new Part(`A${value.a}`, events);
      if (value.a === 1) await opened;
      return part;
    };
    @Module({ providers: [partA(events, { useFactory })] })
    class LateModule {}
    const loading = app.get(LazyModuleLoader).load(() => LateModule);
    await until('it is being built', () => events.length === 1);
    await change({ a: 2, b: 1 });
    open();
    const late = await loading;
    expect(late.get<Refreshable<Part>>('A').get().name).toBe('A2');
    expect(events).toEqual(['build A1', 'dispose A1', 'build A2']);
  });

  it('is rebuilt by a change that is in progress when its module is loaded', async () => {
    const events: string[] = [];
    const { open, opened } = gate();
    const useFactory = async ({ value }: ConfigSnapshot<Config>) => {
      const part = new Part(`B${value.b}`, events);
      if (value.b === 2) await opened;
      return part;
    };
    const { app, change } = await startApp(start, { providers: [partB(events, { inject: [], useFactory })] });
    const result = change({ a: 2, b: 2 });
    await until('B is being built', () => events.includes('build B2'));
    @Module({ providers: [partA(events)] })
    class LateModule {}
    const late = await app.get(LazyModuleLoader).load(() => LateModule);
    expect(late.get<Refreshable<Part>>('A').get().name).toBe('A1');
    open();
    expect(outcomeOf(await result)).toBe('applied');
    expect(late.get<Refreshable<Part>>('A').get().name).toBe('A2');
  });
});
