import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  type ConfigSnapshot,
  file,
  type HotConfigModuleOptions,
  type ReloadPlan,
  type ReloadResult,
} from 'nestjs-hot-config';
import { HotConfigManager } from '../../lib/runtime/hot-config.manager.js';
import { booted } from '../reload/support/runtime.js';
import { MemorySource } from '../support/memory.source.js';
import { TempFolder } from '../support/temp-folder.js';
import { shownOf } from './support/canary.js';

const RIGHT = '4711';
const CONFIG = { pin: RIGHT, vault: { a: 1, b: 'x' }, note: 'open', probe: { x: '' } };

async function appWith(tree: object = CONFIG, options: HotConfigModuleOptions = {}) {
  const upper = new MemorySource({});
  const bench = await booted([new MemorySource(tree as never), upper], {
    secrets: ['pin', 'vault', '**.plain'],
    ...options,
  });
  return { ...bench, upper, manager: new HotConfigManager(bench.runtime) };
}

const REFERRING = {
  pin: RIGHT,
  url: 'https://host/?key=${pin}',
  other: '<${url}>',
  note: '${missing:-none}',
};

type App = Awaited<ReturnType<typeof appWith>>;

/** All that a client sees of a change, without times and hashes. */
async function seen({ manager, log }: App, result: ReloadResult | ReloadPlan) {
  const { changes, outcome } = result;
  const versions = manager
    .history()
    .map(({ version, stats, sources, cause }) => ({ version, stats, sources, cause }));
  const { version, comparableHash, overrides, drifted } = manager.status();
  return {
    outcome,
    changes: changes.map(String),
    versions,
    status: { version, comparableHash, drifted, overrides: overrides.map(({ path }) => path) },
    diffs: await Promise.all(versions.map(async (from) => (await manager.diff(from.version)).toText())),
    explanation: JSON.stringify(manager.explain('pin')).replaceAll(/"\d{4}-[^"]*"/g, ''),
    log: log.map((line) => line.replaceAll(/\d+(\.\d+)? ms/g, '')),
  };
}

/** A client that does something with a guess, in an app where the guess may be right. */
type Attack = (app: App, guess: string) => Promise<ReloadResult | ReloadPlan>;

const ATTACKS: Readonly<Record<string, Attack>> = {
  'sets it': ({ manager }, pin) => manager.set('pin', pin),
  'sets it twice': async ({ manager }, pin) => {
    await manager.set('pin', pin);
    return manager.set('pin', pin);
  },
  'sets it on top of what another client has set': async ({ manager }, pin) => {
    await manager.set('pin', RIGHT);
    return manager.set('pin', pin);
  },
  'sets a part of a secret object': ({ manager }, pin) =>
    manager.set('vault', { a: pin === RIGHT ? 1 : 2, b: 'x' }),
  'sets it and unsets it': async ({ manager }, pin) => {
    await manager.set('pin', pin);
    return manager.unset('pin');
  },
  'sets it and rolls back': async ({ manager }, pin) => {
    await manager.set('pin', pin);
    return manager.rollback();
  },
  'plans it': ({ manager }, pin) => manager.plan({ pin, note: 'other' }),
  'plans nothing else': ({ manager }, pin) => manager.plan({ pin }),
  'writes it into a source': async ({ upper, reload }, pin) => {
    upper.set({ pin, note: 'other' });
    return reload();
  },
  'writes it into a source, and plans': async ({ upper, manager }, pin) => {
    upper.set({ pin });
    return manager.plan();
  },
  'removes it from a source': async ({ upper, reload }, pin) => {
    upper.set({ pin });
    await reload();
    upper.set({});
    return reload();
  },
};

describe('A guess of a secret', () => {
  it.each(Object.entries(ATTACKS))('looks the same if it is right: a client %s', async (_name, attack) => {
    const [right, wrong] = [await appWith(), await appWith()];
    const ofRight = await seen(right, await attack(right, RIGHT));
    const ofWrong = await seen(wrong, await attack(wrong, '0815'));
    expect(ofRight).toEqual(ofWrong);
    expect(ofRight.outcome).toBe('applied');
    expect(shownOf(ofRight)).not.toContain(RIGHT);
  });

  it('is not answered if it is set within the same millisecond as the secret', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const { manager } = await appWith();
    for (const pin of [RIGHT, RIGHT, '0815', '0815'])
      expect((await manager.set('pin', pin)).outcome).toBe('applied');
  });

  it('looks the same if it is right, also in texts that refer to the secret', async () => {
    const shown = await Promise.all(
      [RIGHT, '0815'].map(async (pin) => {
        const path = new TempFolder().write('a.json', JSON.stringify(REFERRING));
        const bench = await booted([file(path)], { secrets: ['pin'], interpolate: true });
        const app = { ...bench, upper: new MemorySource({}), manager: new HotConfigManager(bench.runtime) };
        const [first, second] = [await app.manager.set('pin', pin), await app.manager.plan({ pin })];
        expect(app.manager.explain('url').value).toBe('[hidden]');
        return [first.changes, second.changes, (await app.manager.diff()).toText()]
          .map(String)
          .concat(String(app.manager.explain('other').version));
      }),
    );
    expect(shown[0]).toEqual(shown[1]);
    expect(shown[0]![0]).toBe(['pin', 'url', 'other'].map((path) => `${path}: [hidden] → [hidden]`).join());
  });

  it('changes the hash of the snapshot, right or not', async () => {
    for (const history of [{}, { key: 'a long key of a test, not of an app' }]) {
      const app = await appWith(CONFIG, { history });
      const hashes = [app.manager.status().hash];
      for (const pin of [RIGHT, '0815', RIGHT]) {
        await app.manager.set('pin', pin);
        hashes.push(app.manager.status().hash);
      }
      expect(new Set(hashes).size).toBe(4);
    }
  });

  it('is shown to vetoes and handlers like any other change', async () => {
    const app = await appWith();
    const called: unknown[] = [];
    const event = { select: (changes: ReloadPlan['changes']) => changes, label: 'veto', timeout: 1000 };
    app.runtime.core.vetoes.add({
      ...event,
      call: ({ changes, candidate }: { changes: ReloadPlan['changes']; candidate: ConfigSnapshot }) =>
        void called.push(
          changes.map(({ path, current }) => [path, current]),
          candidate.version,
        ),
    });
    await app.manager.set('pin', RIGHT);
    expect(called).toEqual([[['pin', RIGHT]], 2]);
  });

  it('is not answered by what is redacted elsewhere', async () => {
    const app = await appWith();
    const guesses = Array.from({ length: 10_000 }, (_, pin) => String(pin).padStart(4, '0')).join(' ');
    const result = await app.manager.set('probe.x', guesses, { reason: guesses });
    expect(result.reason).toBe(`${guesses.slice(0, 499)}…`);
    expect(app.manager.explain('probe.x').value).toBe(guesses);
    expect((await app.manager.diff()).entries[0]?.current).toBe(guesses);
  });

  it('leaves a value that is not secret unchanged', async () => {
    const app = await appWith();
    const outcomes = [
      await app.manager.set('note', 'open'),
      await app.manager.plan({ note: 'open' }),
      (app.upper.set({ note: 'open' }), await app.reload()),
    ];
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['unchanged', 'unchanged', 'unchanged']);
  });

  it('does not make a secret changed that a later source hides', async () => {
    const lower = new MemorySource({ pin: '1' });
    const bench = await booted([lower, new MemorySource({ pin: RIGHT })], { secrets: ['pin'] });
    lower.set({ pin: '2' });
    expect((await bench.reload()).outcome).toBe('unchanged');
  });
});

describe('A short secret', () => {
  it.each([RIGHT, 4711, true, 'a', 'on'])(
    'is redacted in what a validator says about its place: %s',
    async (pin) => {
      const message = `the value ${String(pin)} (${JSON.stringify(pin)}) is one that all know`;
      const app = await appWith(
        { pin: '' },
        {
          validators: [
            (tree) => ((tree as { pin: unknown }).pin === pin ? { path: 'pin', message } : undefined),
          ],
        },
      );
      app.upper.set({ pin });
      const result = await app.reload();
      expect(result.outcome).toBe('rejected');
      expect(result.issues[0]?.message).toMatch(
        /^pin the value \[hidden\] \("?\[hidden\]"?\) is one that all know$/,
      );
      const error = result.outcome === 'rejected' ? result.error : undefined;
      expect(shownOf(error)).not.toContain(`value ${String(pin)} `);
    },
  );

  it('is redacted in the message of a veto on its change', async () => {
    const app = await appWith();
    app.runtime.core.vetoes.add({
      label: 'veto',
      timeout: 1000,
      select: (changes) => changes,
      call: ({ candidate }: { candidate: ConfigSnapshot }) => {
        throw new Error(`the pin is ${String((candidate.value as { pin: string }).pin)}, which is too easy`);
      },
    });
    const result = await app.manager.set('pin', '0000');
    expect(result.outcome === 'rejected' && result.error.message).toContain(
      'the pin is [hidden], which is too easy',
    );
    expect(app.log.join('\n')).not.toContain('0000');
  });
});
