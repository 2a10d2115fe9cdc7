import 'reflect-metadata';
import {
  ConfigOptionsError,
  type ConfigSnapshot,
  type HotConfigModuleOptions,
  type ProbationOptions,
} from 'nestjs-hot-config';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type StartedApp, startApp } from '../support/start-app.js';

/** Logged lines by level. */
class Log {
  readonly lines: string[] = [];
  log = (text: string) => void this.lines.push(`log ${text}`);
  warn = (text: string) => void this.lines.push(`warn ${text}`);
  error = (text: string) => void this.lines.push(`error ${text}`);

  with(part: string): string[] {
    return this.lines.filter((line) => line.includes(part));
  }
}

let log: Log;
beforeEach(() => {
  log = new Log();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** An app whose versions are on probation for 30 s. */
function start(
  probation: Partial<ProbationOptions>,
  options: HotConfigModuleOptions = {},
): Promise<StartedApp> {
  return startApp(
    { n: 1 },
    {},
    { ...options, enabled: false, logger: log, probation: { for: '30s', ...probation } },
  );
}

/** Advances the time, and waits until everything that this triggers has ended. */
async function pass(ms: number, { manager }: StartedApp): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  await manager.settled();
}

/** Runs pinned work on the version in force; some of it fails. */
async function work({ config }: StartedApp, count: number, failures: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const run = config.runPinned(async () => {
      await Promise.resolve();
      if (n < failures) throw new Error('it failed');
    });
    await run.catch(() => undefined);
  }
}

describe('A health check', () => {
  it('that always succeeds lets the version pass', async () => {
    const app = await start({ healthCheck: () => true });
    await app.change({ n: 2 });
    expect(app.manager.status().probation).toMatchObject({ version: 2, requests: 0, errors: 0, checks: 0 });

    await pass(29_999, app);
    expect(app.manager.status().probation).toMatchObject({ version: 2, checks: 29 });
    await pass(1, app);

    expect(app.manager.status().probation).toBeUndefined();
    expect(app.manager.status().version).toBe(2);
    expect(log.with('version 2 passed its probation')).toHaveLength(1);
  });

  it.each<[string, ProbationOptions['healthCheck'], string]>([
    [
      'throws',
      () => {
        throw new Error('no model');
      },
      'the health check failed: no model',
    ],
    ['rejects', () => Promise.reject(new Error('no model')), 'the health check failed: no model'],
    ['answers false', () => Promise.resolve(false), 'the health check returned false'],
    ['hangs', () => new Promise(() => undefined), 'the health check failed: no answer within 2000 ms'],
  ])('that %s rolls back to the version before, and the log says why', async (_name, check, reason) => {
    const app = await start({
      timeout: '2s',
      healthCheck: (snapshot, signal) => (snapshot.value['n'] === 1 ? true : check!(snapshot, signal)),
    });
    await app.change({ n: 2 });
    await pass(3_100, app);

    expect(app.config.get('n')).toBe(1);
    expect(app.manager.status()).toMatchObject({ version: 3, cause: 'rollback', drifted: true });
    expect(app.manager.status().probation).toBeUndefined();
    expect(app.manager.history().at(-1)).toMatchObject({
      version: 3,
      cause: 'rollback',
      restored: 1,
      actor: 'probation',
      reason,
    });
    expect(log.with('error')).toEqual([
      `error Configuration version 2 failed its probation, rolling back to version 1: ${reason}. Changed since version 1: n`,
    ]);
  });

  it('hides a secret that the check repeats, also if it contains credentials', async () => {
    const app = await start({
      healthCheck: ({ value: { password } }) => {
        if (password !== 'right') throw new Error(`the database refuses <${String(password)}>`);
      },
    });
    await app.change({ n: 1, password: 'right' });
    await pass(31_000, app);
    await app.change({ n: 1, password: 'key=walrus lagoon pewter' });
    await pass(3_100, app);

    const reason = 'the health check failed: the database refuses <[hidden]>';
    expect(app.manager.history().at(-1)).toMatchObject({ cause: 'rollback', reason });
    expect(log.with('failed its probation')).toEqual([expect.stringContaining(reason)]);
  });

  it('runs pinned to the version on probation, one run at a time', async () => {
    const seen: [number, unknown][] = [];
    const app: StartedApp = await start({
      healthCheck: async ({ version }: ConfigSnapshot) => {
        await new Promise((resolve) => setTimeout(resolve, 3_000));
        seen.push([version, app.config.get('n')]);
      },
    });
    await app.change({ n: 2 });
    await pass(9_000, app);
    await app.change({ n: 3 });
    await pass(8_000, app);

    // Each takes 3 s and comes 1 s after the one before.
    expect(seen).toEqual([
      [2, 2],
      [2, 2],
      [2, 3], // aborted when version 3 was committed, and no longer pinned
      [3, 3],
      [3, 3],
    ]);
  });

  it('that hangs is aborted at its timeout, and then no longer pins its version', async () => {
    let signal: AbortSignal | undefined;
    const app = await start({
      healthCheck: (_snapshot, received) => {
        signal = received;
        return new Promise(() => undefined);
      },
    });
    await app.change({ n: 2 });
    await pass(1_500, app);
    expect(app.manager.status().pins.byVersion).toEqual({ 2: 1 });

    await app.change({ n: 3 });
    await pass(0, app);

    expect(app.manager.status().pins.byVersion).toEqual({});
    expect(signal?.aborted).toBe(true);
  });

  it('that still runs when the time is over may finish', async () => {
    const app = await start({
      for: '10s',
      interval: '9s',
      timeout: '5s',
      healthCheck: () => new Promise(() => undefined),
    });
    await app.change({ n: 2 });
    await pass(12_000, app);
    expect(app.manager.status().probation).toMatchObject({ version: 2 });
    await pass(2_000, app);

    expect(app.config.get('n')).toBe(1);
  });

  it('runs at least once, however long its interval', async () => {
    const app = await start({ for: '10s', interval: '1h', healthCheck: () => false });
    await app.change({ n: 2 });
    await pass(10_000, app);

    expect(app.config.get('n')).toBe(1);
  });

  it('may fail fewer times in a row than `failures`', async () => {
    let count = 0;
    const app = await start({ failures: 3, healthCheck: () => (count += 1) % 3 === 0 });
    await app.change({ n: 2 });
    await pass(30_000, app);

    expect(app.manager.status()).toMatchObject({ version: 2 });
    expect(log.with('passed its probation')).toHaveLength(1);
  });

  it('cannot log the credentials of a URL in its error', async () => {
    const app = await start({
      healthCheck: () => Promise.reject(new Error('cannot reach postgres://app:canary@db/main')),
    });
    await app.change({ n: 2 });
    await pass(1_000, app);

    expect(app.manager.history().at(-1)?.reason).toContain('postgres://[hidden]@db/main');
    expect(log.lines.join()).not.toContain('canary');
  });
});

describe('The error rate of requests', () => {
  it('rolls back to the version before if it has risen too much', async () => {
    const app = await start({});
    await work(app, 100, 2);
    await app.change({ n: 2 });
    await work(app, 20, 9);
    await pass(0, app);

    expect(app.config.get('n')).toBe(1);
    expect(app.manager.history().at(-1)?.reason).toBe('9 of 10 requests failed (2 of 100 on version 1)');
  });

  it('lets the version pass if it is as high as before', async () => {
    const app = await start({});
    await work(app, 100, 50);
    await app.change({ n: 2 });
    await work(app, 9, 0);
    await work(app, 20, 12);
    await pass(30_000, app);

    expect(app.manager.status().version).toBe(2);
    expect(log.with('version 2 passed its probation (0 checks, 12 of 29 requests failed)')).toHaveLength(1);
  });

  it('is judged only after `minRequests` have ended', async () => {
    const app = await start({ minRequests: 50 });
    await app.change({ n: 2 });
    await work(app, 49, 49);
    await pass(0, app);
    expect(app.manager.status().probation).toMatchObject({ version: 2, requests: 49, errors: 49 });

    await work(app, 1, 0);
    await pass(0, app);
    expect(app.config.get('n')).toBe(1);
  });

  it('may rise by up to `maxErrorRate`', async () => {
    const app = await start({});
    await work(app, 100, 30);
    await app.change({ n: 2 });
    await work(app, 60, 0);
    await work(app, 40, 40);
    await pass(0, app);
    expect(app.manager.status().probation).toMatchObject({ requests: 100, errors: 40 });

    await work(app, 1, 1);
    await pass(0, app);
    expect(app.config.get('n')).toBe(1);
  });

  it('is not excused by a single failure on the version before', async () => {
    const app = await start({});
    await work(app, 1, 1);
    await app.change({ n: 2 });
    await work(app, 10, 10);
    await pass(0, app);

    expect(app.config.get('n')).toBe(1);
  });

  it('is compared with the recent past', async () => {
    const app = await start({});
    await work(app, 1_000, 1_000);
    await pass(60_001, app);
    await work(app, 100, 0);
    await app.change({ n: 2 });
    await work(app, 10, 2);
    await pass(0, app);

    expect(app.config.get('n')).toBe(1);
    expect(app.manager.history().at(-1)?.reason).toBe('2 of 10 requests failed (0 of 100 on version 1)');
  });

  it('does not include handlers of changes: their failures are reported separately', async () => {
    const app = await start({ minRequests: 1 });
    app.config.onChange('**', () => {
      throw new Error('a handler failed');
    });
    await app.change({ n: 2 });
    await pass(30_000, app);

    expect(app.manager.status().version).toBe(2);
  });

  it('never fails a version if `maxErrorRate` is 1', async () => {
    const app = await start({ maxErrorRate: 1 });
    await app.change({ n: 2 });
    await work(app, 50, 50);
    await pass(30_000, app);

    expect(app.manager.status().version).toBe(2);
  });
});

describe('A version on probation', () => {
  const badAbove =
    (limit: number): ProbationOptions['healthCheck'] =>
    (snapshot) =>
      (snapshot.value['n'] as number) <= limit;

  it('is neither the one that the app booted with, nor one that a rollback restored', async () => {
    const app = await start({ healthCheck: () => false });
    await pass(60_000, app);
    expect(app.manager.status()).toMatchObject({ version: 1 });

    await app.change({ n: 2 });
    await app.manager.rollback({ steps: 1 });
    expect(app.manager.status().probation).toBeUndefined();
    await pass(60_000, app);

    expect(app.manager.status()).toMatchObject({ version: 3, cause: 'rollback' });
  });

  it('is replaced by newer content, which then falls back to the last proven version', async () => {
    const app = await start({ healthCheck: badAbove(2) });
    await app.change({ n: 2 });
    await pass(30_000, app);
    await app.change({ n: 3 });
    await pass(500, app);
    await app.change({ n: 4 });
    expect(app.manager.status().probation).toMatchObject({ version: 4 });
    await pass(1_000, app);

    expect(app.config.get('n')).toBe(2);
    expect(app.manager.history().at(-1)).toMatchObject({ restored: 2 });
  });

  it('is not one with the content of the last proven version', async () => {
    const app = await start({ healthCheck: badAbove(1) });
    await app.change({ n: 2 });
    await app.change({ n: 1 });

    expect(app.manager.status()).toMatchObject({ version: 3, cause: 'manual' });
    expect(app.manager.status().probation).toBeUndefined();
  });

  it('is rolled back each time, and its content is not applied again by a reload', async () => {
    const app = await start({ healthCheck: badAbove(1) });
    for (const n of [2, 3, 2, 5]) {
      await app.change({ n });
      expect(app.config.get('n')).toBe(n);
      await pass(1_000, app);
      expect(app.config.get('n')).toBe(1);
      expect((await app.manager.reload()).outcome).toBe('unchanged');
    }
    expect(log.with('failed its probation')).toHaveLength(4);
  });

  it('may come from an override', async () => {
    const app = await start({ healthCheck: badAbove(1) });
    await app.manager.set('n', 9);
    await pass(1_000, app);

    expect(app.config.get('n')).toBe(1);
    expect(app.manager.status().overrides).toEqual([]);
  });

  it('can be rolled back, however short the history is', async () => {
    const app = await start({ healthCheck: badAbove(1) }, { history: { max: 1 } });
    for (const n of [2, 3, 4, 5]) await app.change({ n });
    await pass(1_000, app);

    expect(app.config.get('n')).toBe(1);
  });

  it('is not rolled back while a reload is in progress that replaces it', async () => {
    let isSlow = false;
    const slow = () =>
      isSlow ? new Promise<undefined>((go) => setTimeout(() => go(undefined), 900)) : undefined;
    const app = await start({ healthCheck: badAbove(1) }, { validators: [slow] });
    await app.change({ n: 2 });
    isSlow = true;
    await vi.advanceTimersByTimeAsync(500);
    const changed = app.change({ n: 0 });
    // The check of version 2 fails while version 3 is being validated.
    await vi.advanceTimersByTimeAsync(32_000);
    await changed;

    expect(app.manager.status()).toMatchObject({ version: 3, cause: 'manual' });
    expect(app.manager.status().probation).toBeUndefined();
    expect(log.with('failed its probation')).toEqual([]);
  });
});

describe('The end of a probation', () => {
  it('comes with disable(), and the version counts as proven', async () => {
    const app = await start({ healthCheck: () => false });
    await app.change({ n: 2 });
    await app.manager.disable();
    await pass(60_000, app);

    expect(app.manager.status()).toMatchObject({ version: 2 });
    expect(app.manager.status().probation).toBeUndefined();
  });

  it('comes when the app closes, and leaves no timer', async () => {
    const app = await start({ healthCheck: () => new Promise(() => undefined) });
    await app.change({ n: 2 });
    await vi.advanceTimersByTimeAsync(1_500);
    await app.app.close();

    expect(vi.getTimerCount()).toBe(0);
  });

  it('is logged as an error if the rollback is rejected', async () => {
    let isOpen = true;
    const app = await start(
      { healthCheck: () => false },
      { validators: [() => (isOpen ? undefined : 'the door is closed')] },
    );
    await app.change({ n: 2 });
    isOpen = false;
    await pass(1_000, app);

    expect(app.config.get('n')).toBe(2);
    expect(app.manager.status().probation).toBeUndefined();
    expect(log.with('STAYS IN FORCE: the rollback to version 1 was rejected')).toHaveLength(1);
    expect(log.with('the door is closed').length).toBeGreaterThan(0);

    isOpen = true;
    await app.change({ n: 3 });
    await pass(1_000, app);
    expect(app.config.get('n')).toBe(1);
  });
});

it.each<[Partial<ProbationOptions>, string]>([
  [{ for: 'soon' as '1s' }, '"probation.for"'],
  [{ interval: -1 }, '"probation.interval"'],
  [{ maxErrorRate: 5 }, '"probation.maxErrorRate" must be a number from 0 to 1, but is 5'],
  [{ minRequests: 0 }, '"probation.minRequests"'],
  [{ failures: 0.5 }, '"probation.failures"'],
])('Options that make no sense are refused: %j', async (probation, message) => {
  const starting = start(probation);

  await expect(starting).rejects.toThrow(ConfigOptionsError);
  await expect(starting).rejects.toThrow(message);
});
