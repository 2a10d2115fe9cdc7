import { EventEmitter } from 'node:events';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import {
  finalize,
  from,
  lastValueFrom,
  map,
  NEVER,
  Observable,
  of,
  Subject,
  Subscriber,
  take,
  takeUntil,
  timer,
  toArray,
} from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Pins } from '../../lib/pinning/pins.js';
import { Freezer } from '../../lib/snapshot/freeze.js';
import { Snapshot } from '../../lib/snapshot/snapshot.js';
import { CommitStore } from '../../lib/reload/commit.js';
import { commitOf } from '../support/commit-of.js';
import { collectGarbage } from '../support/collect-garbage.js';
import { until } from '../support/until.js';

/** The snapshots and pins of one app; `flip` commits the next version. */
class App {
  readonly store = new CommitStore();
  readonly pins: Pins;

  constructor(afterEnd: 'release' | 'keep' = 'release') {
    this.pins = new Pins(this.store, { afterEnd, traced: false });
    this.flip();
  }

  flip(): Snapshot {
    const snapshot = this.snapshot((this.store.inForce.snapshot?.version ?? 0) + 1);
    this.store.replace(commitOf(snapshot));
    return snapshot;
  }

  snapshot(version: number): Snapshot {
    const value = new Freezer().freeze({ version });
    return new Snapshot({ version, hash: '', time: new Date(), cause: 'manual', value });
  }

  /** The version that the running code reads. */
  get version(): number {
    return this.pins.ambient().version;
  }

  get held(): number {
    return this.pins.leases.status().total;
  }
}

let app: App;
beforeEach(() => {
  app = new App();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Reads the version before and after a commit. */
async function readTwice(): Promise<number[]> {
  const first = app.version;
  app.flip();
  await turn();
  return [first, app.version];
}

describe('Reading', () => {
  it('returns the current snapshot outside of any pin', async () => {
    expect(await readTwice()).toEqual([1, 2]);
  });

  it('returns one snapshot inside a pin, across awaits, timers and events', async () => {
    const emitter = new EventEmitter();
    const seen = await app.pins.runPinned(async () => {
      const versions = await readTwice();
      await new Promise<void>((resolve) => setTimeout(resolve, 1));
      versions.push(app.version);
      emitter.once('event', () => versions.push(app.version));
      emitter.emit('event');
      await Promise.all([1, 2].map(async () => versions.push((await turn(), app.version))));
      return versions;
    });
    expect(new Set(seen)).toEqual(new Set([1]));
    expect(app.version).toBe(2);
  });

  it('returns to each of several parallel contexts its own snapshot', async () => {
    const runs = Array.from({ length: 50 }, () => {
      const seen = app.pins.runPinned(async () => {
        const first = app.version;
        for (let step = 0; step < 5; step += 1) await turn();
        return [first, app.version];
      });
      app.flip();
      return seen;
    });
    for (const [at, [first, last]] of (await Promise.all(runs)).entries()) {
      expect([first, last]).toEqual([at + 1, at + 1]);
    }
  });
});

describe('Running pinned', () => {
  it('ends with a function that returns, and returns its result', () => {
    expect(app.pins.runPinned(() => [app.version, app.held])).toEqual([1, 1]);
    expect(app.held).toBe(0);
  });

  it('ends with a function that throws, and throws the same error', () => {
    const error = new Error('no');
    const run = () =>
      app.pins.runPinned(() => {
        throw error;
      });
    expect(run).toThrow(error);
    expect(app.held).toBe(0);
  });

  it('ends with a promise that resolves or rejects', async () => {
    const fine = app.pins.runPinned(readTwice);
    const failing = app.pins.runPinned(() => turn().then(() => Promise.reject(new Error('no'))));
    expect(app.held).toBe(2);
    expect(await fine).toEqual([1, 1]);
    await expect(failing).rejects.toThrow('no');
    expect(app.held).toBe(0);
  });

  it('runs a lazy query once and pinned, although it is both inspected and awaited', async () => {
    const queries: number[] = [];
    const lazy: PromiseLike<string> = {
      // eslint-disable-next-line unicorn/no-thenable -- as query builders are
      then: (fulfilled) => {
        queries.push(app.version);
        return Promise.resolve('row').then(fulfilled);
      },
    };
    const old = app.store.current;
    app.flip();
    expect(await app.pins.runPinned(() => lazy, old)).toBe('row');
    expect(queries).toEqual([1]);
    expect(app.held).toBe(0);
  });

  it('ends if inspecting the result throws', () => {
    const broken = {
      // eslint-disable-next-line unicorn/no-thenable -- as broken as can be
      get then(): never {
        throw new Error('broken');
      },
    };
    expect(() => app.pins.runPinned(() => broken)).toThrow('broken');
    expect(app.held).toBe(0);
  });

  it('lasts as long as the subscription to an Observable', async () => {
    const stream = app.pins.runPinned(() =>
      from([1, 2]).pipe(
        map(() => {
          app.flip();
          return app.version;
        }),
      ),
    );
    expect(await lastValueFrom(stream.pipe(toArray()))).toEqual([1, 1]);
    expect(app.held).toBe(0);

    const endless = app.pins.runPinned(() => new Observable<number>());
    endless.subscribe().unsubscribe();
    expect(app.held).toBe(0);

    const subscriber = new Subscriber<number>();
    subscriber.unsubscribe();
    app.pins.runPinned(() => new Observable<number>()).subscribe(subscriber);
    expect(app.held).toBe(0);
  });

  it('lasts as long as an async generator: until it is exhausted, abandoned or failed', async () => {
    const versions = () =>
      app.pins.runPinned(async function* () {
        yield* await readTwice();
        app.flip();
        yield app.version;
      });
    const seen: number[] = [];
    for await (const version of versions()) seen.push(version);
    expect(seen).toEqual([1, 1, 1]);
    expect(app.held).toBe(0);

    for await (const _version of versions()) break;
    expect(app.held).toBe(0);

    const failing = versions();
    await failing.next();
    await expect(failing.throw(new Error('no'))).rejects.toThrow('no');
    expect(app.held).toBe(0);
  });

  it('ends a stream that its subscriber leaves, or that ends, in the context of the work', async () => {
    const seen: number[] = [];
    const left = new Subject<void>();
    const work = () => NEVER.pipe(finalize(() => seen.push(app.version)));
    app.pins.runPinned(work).pipe(takeUntil(left)).subscribe();
    app.flip();
    left.next();
    expect([seen, app.held]).toEqual([[1], 0]);
    const ends = () => timer(0).pipe(finalize(() => seen.push(app.version)));
    const running = lastValueFrom(app.pins.runPinned(ends));
    app.flip();
    await running;
    expect([seen, app.held]).toEqual([[1, 2], 0]);
  });

  it('stops a synchronous stream of which its subscriber has enough', () => {
    let produced = 0;
    const work = () =>
      new Observable<number>((subscriber) => {
        while (!subscriber.closed && produced < 1_000) subscriber.next((produced += 1));
      });
    const taken: number[] = [];
    app.pins
      .runPinned(work)
      .pipe(take(2))
      .subscribe((value) => taken.push(value));
    expect([taken, produced, app.held]).toEqual([[1, 2], 2, 0]);
  });

  it.each<[string, () => unknown]>([
    ['an Observable', () => of(1)],
    ['a promise of an Observable', async () => of(1)],
    [
      'an async generator',
      async function* () {
        yield 1;
      },
    ],
  ])('ends when %s that nothing has read is collected', async (_, work) => {
    await app.pins.runPinned(work);
    expect(app.held).toBe(1);
    await until('it has ended', async () => {
      await collectGarbage();
      return app.held === 0;
    });
  });

  it('lasts as long as a subscription, even if its Observable is collected', async () => {
    const source = new Subject<number>();
    const subscription = app.pins.runPinned(() => source.asObservable()).subscribe();
    for (let round = 0; round < 5; round += 1) await collectGarbage();
    expect(app.held).toBe(1);
    subscription.unsubscribe();
    expect(app.held).toBe(0);
  });

  it('ends when a plain generator is created: its steps run in the context of their caller', () => {
    const steps = app.pins.runPinned(function* () {
      yield app.version;
    });
    app.flip();
    expect(steps.next().value).toBe(2);
  });

  it('uses the snapshot that is passed, by default the ambient one, and returns to the outer one', () => {
    const old = app.store.current;
    const seen = app.pins.runPinned(() => {
      app.flip();
      const before = app.version;
      const inner = app.pins.runPinned(() => app.version);
      const newer = app.pins.runPinned(
        () => [app.version, app.pins.runPinned(() => app.version, old)],
        app.store.current,
      );
      return [before, inner, ...newer, app.version];
    });
    expect(seen).toEqual([1, 1, 2, 1, 1]);
    expect(app.held).toBe(0);
  });
});

describe('A pin', () => {
  it('keeps its version for work that was pinned within it and runs longer', async () => {
    let work: Promise<number[]> | undefined;
    app.pins.runPinned(() => {
      work = app.pins.runPinned(async () => {
        await turn();
        return [app.version, app.held];
      });
    });
    app.flip();
    expect(app.held).toBe(1);
    expect(await work).toEqual([1, 1]);
    expect(app.held).toBe(0);
  });

  it('can be entered several times, until it ends', () => {
    const pin = app.pins.take();
    app.flip();
    expect([app.pins.enter(pin, () => app.version), app.pins.enter(pin, () => app.version)]).toEqual([1, 1]);
    pin.end();
    expect(app.pins.enter(pin, () => app.version)).toBe(2);
  });

  it('ends once, however often end() is called', () => {
    const released: number[] = [];
    app.pins.onVersionReleased(() => released.push(app.held));
    const [first, second] = [app.pins.take(), app.pins.take()];
    app.flip();
    first.end();
    first.end();
    expect([app.held, released]).toEqual([1, []]);
    second.end();
    expect([app.held, released]).toEqual([0, [0]]);
  });

  it('releases its version at its end only if that is not in force', () => {
    const released: number[] = [];
    app.pins.onVersionReleased(() => released.push(app.version));
    app.pins.take().end();
    const [superseded, candidate] = [app.pins.take(), app.pins.take(app.snapshot(7))];
    app.flip();
    candidate.end();
    superseded.end();
    expect(released).toEqual([2, 2]);
  });

  it('releases its snapshot at its end: code that its work left behind reads the current one', async () => {
    let leftBehind!: Promise<number>;
    app.pins.runPinned(() => {
      leftBehind = turn().then(() => app.version);
    });
    app.flip();
    expect(await leftBehind).toBe(2);
  });

  it('keeps its snapshot for code that its work left behind, with afterEnd: keep', async () => {
    app = new App('keep');
    let leftBehind!: Promise<number>;
    app.pins.runPinned(() => {
      leftBehind = turn().then(() => app.version);
    });
    app.flip();
    expect(await leftBehind).toBe(1);
    expect(app.held).toBe(0);
  });

  it('keeps no snapshot alive after its end, even if a timer still runs in its context', async () => {
    let timer!: NodeJS.Timeout;
    const old = (() => {
      const reference = new WeakRef(app.store.current);
      app.pins.runPinned(() => {
        timer = setInterval(() => app.version, 60_000);
      });
      app.flip();
      return reference;
    })();
    await collectGarbage();
    expect(old.deref()).toBeUndefined();
    clearInterval(timer);
  });

  it('keeps its snapshot alive until its end', async () => {
    const pin = app.pins.take();
    const old = new WeakRef(app.store.current);
    app.flip();
    await collectGarbage();
    expect(old.deref()?.version).toBe(1);
    pin.end();
  });

  it('describes the work that it was taken for', () => {
    expect(app.pins.take().describe()).toBe('a pinned function');
    expect(app.pins.take(app.store.current, () => 'GET /').describe()).toBe('GET /');
    expect(app.pins.runPinned(() => app.pins.leases.oldest?.takenAt)).toBeUndefined();
    const traced = new Pins(app.store, { afterEnd: 'release', traced: true });
    expect(traced.runPinned(() => traced.leases.oldest?.takenAt)).toMatch(/^ +at .*pins[.]spec/);
    expect(traced.take().takenAt).toBeUndefined();
  });

  it('is counted for the version of its snapshot', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    vi.advanceTimersByTime(60_000);
    const pins = [app.pins.take(), app.pins.take()];
    app.flip();
    vi.advanceTimersByTime(1_500);
    pins.push(app.pins.take());
    expect(app.pins.leases.status()).toEqual({ total: 3, byVersion: { 1: 2, 2: 1 }, oldestAgeMs: 1_500 });
    for (const pin of [pins[1]!, pins[0]!, pins[2]!]) pin.end();
    expect(app.pins.leases.status()).toEqual({ total: 0, byVersion: {}, oldestAgeMs: undefined });
  });

  it('is listed while it is held, however many others there are', () => {
    const pins = Array.from({ length: 2_000 }, () => app.pins.take());
    expect(app.pins.leases.held).toEqual(pins);
    for (const pin of pins.slice(1)) pin.end();
    expect(app.pins.leases.heldOn(1, 2)).toEqual([pins[0]]);
  });

  it('is found by its version, in a range that ends before the last number', () => {
    const first = app.pins.take();
    app.flip();
    const second = app.pins.take();
    app.flip();
    const { leases } = app.pins;
    const found = (from: number, until: number) => {
      const held = leases.heldOn(from, until);
      expect(leases.isPinned(from, until)).toBe(held.length > 0);
      return held;
    };
    expect([found(0, 1), found(1, 2), found(2, 3), found(3, 9)]).toEqual([[], [first], [second], []]);
    expect(found(1, 3)).toEqual([first, second]);
    second.end();
    expect([found(2, 3), found(1, 3)]).toEqual([[], [first]]);
  });

  it('is in no list after its end, while its version stays in force', async () => {
    const ended = (() => {
      const pin = app.pins.take();
      pin.end();
      return new WeakRef(pin);
    })();
    for (let next = 0; next < 1_000; next += 1) app.pins.take().end();
    await collectGarbage();
    expect(ended.deref()).toBeUndefined();
  });

  it('is in no list after its end, if its version has been replaced', async () => {
    app = new App('keep');
    const old = (() => {
      const [pin, snapshot] = [app.pins.take(), new WeakRef(app.store.current)];
      app.flip();
      pin.end();
      return snapshot;
    })();
    await collectGarbage();
    expect(old.deref()).toBeUndefined();
  });

  it('is listed once if the request goes on after its end', async () => {
    const request = new IncomingMessage(new Socket());
    const pin = app.pins.takeForRequest(request, new ServerResponse(request));
    pin.closed();
    await turn();
    expect([app.held, pin.isHeld]).toEqual([0, false]);
    expect(pin.run(() => app.pins.leases.held)).toEqual([pin]);
  });
});

describe('The pin of a message', () => {
  it('that ends without an outcome holds nothing, but keeps its version while that is in memory', async () => {
    const pin = app.pins.takeForMessage(() => 'the message "read"');
    const snapshot = new WeakRef(pin.snapshot!); // it is held
    const seen = app.pins.enter(pin, async () => {
      const before = app.version;
      await turn();
      return [before, app.version];
    });
    pin.end();
    const first = app.store.current;
    app.flip();
    expect(app.held).toBe(0);
    expect([await seen, first.version]).toEqual([[1, 1], 1]);
    expect(snapshot.deref()).toBe(first);
  });

  it('keeps no snapshot alive after its end', async () => {
    const pin = app.pins.takeForMessage(() => 'the message "read"');
    const snapshot = new WeakRef(app.store.current);
    pin.end();
    app.flip();
    await until('it is collected', async () => {
      await collectGarbage();
      return snapshot.deref() === undefined;
    });
    expect(app.pins.enter(pin, () => app.version)).toBe(2);
  });

  it.each(['succeeded', 'failed'] as const)(
    'that has %s releases its version: what its work left behind reads the current one',
    (outcome) => {
      const pin = app.pins.takeForMessage(() => 'the message "read"');
      pin.end(outcome);
      app.flip();
      expect(app.pins.enter(pin, () => app.version)).toBe(2);
    },
  );
});

describe('Leaving', () => {
  it('reads the current snapshot inside a pin, and only there', async () => {
    const seen = await app.pins.runPinned(async () => {
      app.flip();
      const outside = await app.pins.leave(async () => (await turn(), app.version));
      return [outside, app.version];
    });
    expect(seen).toEqual([2, 1]);
  });

  it('can be undone by a function that was bound before', () => {
    app.pins.runPinned(() => {
      const pinned = app.pins.bind();
      app.flip();
      expect(app.pins.leave(() => pinned(() => app.version))).toBe(1);
    });
  });
});

describe('Two apps in one process', () => {
  it('do not see each other’s pins', () => {
    const other = new App();
    app.pins.runPinned(() => {
      app.flip();
      other.flip();
      expect([app.version, other.version]).toEqual([1, 2]);
      other.pins.runPinned(() => {
        other.flip();
        expect([app.version, other.version, app.held, other.held]).toEqual([1, 2, 1, 1]);
      });
    });
  });
});
