import { deepEqual, equal, notEqual, ok, rejects } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { ConfigOptionsError } from '../errors/config.errors.js';
import { isInstance } from '../util/is-instance.js';
import { withTimeout } from '../util/timeouts.js';
import { ConfigStoreError } from '../stores/contract/config-store.error.js';
import type { ConfigStore, StoreListener } from '../stores/contract/config-store.interface.js';
import type { FleetStore } from '../stores/contract/fleet-store.interface.js';

/**
 * One promise of a store.
 *
 * @publicApi
 */
export interface StoreCheck {
  /** The promise, as a sentence. */
  readonly name: string;
  /** Rejects if the store breaks it. */
  readonly run: () => Promise<void>;
}

/**
 * The server of a store, as a test controls it.
 *
 * @publicApi
 */
export interface StoreServer {
  /** Ends it, without its clients being told. */
  stop(): void | Promise<void>;
  /** Starts it again, with its content. */
  start(): void | Promise<void>;
  /** Lets it answer nothing, while its connections stay open. Omit it if that cannot be done. */
  freeze?(): void | Promise<void>;
  /** Ends `freeze()`. */
  thaw?(): void | Promise<void>;
}

/**
 * Options of `storeChecks()`.
 *
 * @publicApi
 */
export interface StoreChecksOptions {
  /** The server, to check what the store does without it. Default: that is not checked. */
  readonly server?: StoreServer;
}

/** Longest time that a message may take to arrive, in ms: a store may look for changes from time to time only. */
const LONGEST_DELAY = 30_000;

type Opened<T extends ConfigStore> = () => T | Promise<T>;

/**
 * Returns the checks of a `ConfigStore`: what `stored()` and the rest of this library rely on. They need no test runner of
 * their own; give each of them to yours, with a time limit of 60 s: some wait for 30 s before they say what is missing. They
 * write below keys of their own, and delete these.
 *
 * @param open returns a new client of one and the same server each time, as each process of an app has one
 *
 * @example
 * ```ts
 * describe('my store', () => {
 *   for (const { name, run } of storeChecks(() => myStore({ url }))) it(name, run, 60_000);
 * });
 * ```
 *
 * @publicApi
 */
export function storeChecks(
  open: () => ConfigStore | Promise<ConfigStore>,
  options: StoreChecksOptions = {},
): StoreCheck[] {
  const check = checkWith(open);
  const { server } = options;
  return [
    check('a key that does not exist is read as undefined', async ({ store, key }) => {
      equal(await store.get(key), undefined);
    }),
    ...Object.entries(VALUES).map(([kind, value]) =>
      check(`a value is read as it was written: ${kind}`, async ({ store, other, key }) => {
        equal((await store.put(key, value)).outcome, 'done');
        equal((await store.get(key))?.value, value);
        equal((await other.get(key))?.value, value);
      }),
    ),
    check(
      'an entry has the key that was asked for, without the prefix of the store',
      async ({ store, key }) => {
        await store.put(key, 'a');
        equal((await store.get(key))?.key, key);
      },
    ),
    check('the revision of a write is the one that all clients read', async ({ store, other, key }) => {
      const revision = await written(store, key, 'a');
      equal((await store.get(key))?.revision, revision);
      equal((await other.get(key))?.revision, revision);
    }),
    check('another value has another revision', async ({ store, key }) => {
      notEqual(await written(store, key, 'a'), await written(store, key, 'b'));
    }),
    check('a write with the revision in the store is done', async ({ store, key }) => {
      const revision = await written(store, key, 'a');
      equal((await store.put(key, 'b', { if: { revision } })).outcome, 'done');
      equal((await store.get(key))?.value, 'b');
    }),
    check(
      'a write with an earlier revision is a conflict, and changes nothing',
      async ({ store, other, key }) => {
        const revision = await written(store, key, 'a');
        await other.put(key, 'b');
        deepEqual(await store.put(key, 'c', { if: { revision } }), { outcome: 'conflict' });
        equal((await store.get(key))?.value, 'b');
      },
    ),
    check('a write with a revision is a conflict if the key does not exist', async ({ store, key }) => {
      const revision = await written(store, key, 'a');
      await store.put(key, undefined);
      deepEqual(await store.put(key, 'b', { if: { revision } }), { outcome: 'conflict' });
      equal(await store.get(key), undefined);
    }),
    check('a write with a revision that is not of this store is a conflict', async ({ store, key }) => {
      await store.put(key, 'a');
      for (const revision of ['', 'none', '0', "'; x", '99999999999999999999999'])
        deepEqual(await store.put(key, 'b', { if: { revision } }), { outcome: 'conflict' });
      equal((await store.get(key))?.value, 'a');
    }),
    check('a write of a new key only is done once', async ({ store, key }) => {
      equal((await store.put(key, 'a', { if: 'absent' })).outcome, 'done');
      deepEqual(await store.put(key, 'b', { if: 'absent' }), { outcome: 'conflict' });
      equal((await store.get(key))?.value, 'a');
    }),
    check('of many writes with the same revision, exactly one is done', async ({ store, other, key }) => {
      const revision = await written(store, key, 'start');
      const writes = Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? store : other).put(key, `writer ${index}`, { if: { revision } }),
      );
      const done = (await Promise.all(writes)).flatMap(({ outcome }, index) =>
        outcome === 'done' ? [index] : [],
      );
      equal(done.length, 1, `${done.length} of 20 writes were done`);
      equal((await store.get(key))?.value, `writer ${done[0]}`);
    }),
    check('of many writes of a new key only, exactly one is done', async ({ store, other, key }) => {
      const writes = Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? store : other).put(key, `writer ${index}`, { if: 'absent' }),
      );
      const done = (await Promise.all(writes)).filter(({ outcome }) => outcome === 'done');
      equal(done.length, 1, `${done.length} of 20 writes were done`);
    }),
    check('undefined deletes a key', async ({ store, other, key }) => {
      await store.put(key, 'a');
      deepEqual(await store.put(key, undefined), { outcome: 'done' });
      equal(await other.get(key), undefined);
      deepEqual(await store.put(key, undefined), { outcome: 'done' }, 'deleting it again');
    }),
    check('a deletion with another revision is a conflict', async ({ store, key }) => {
      const before = await written(store, key, 'a');
      const revision = await written(store, key, 'b');
      deepEqual(await store.put(key, undefined, { if: { revision: before } }), { outcome: 'conflict' });
      equal((await store.get(key))?.value, 'b');
      deepEqual(await store.put(key, undefined, { if: { revision } }), { outcome: 'done' });
      equal(await store.get(key), undefined);
    }),
    check('the revision of a deleted key is not that of its next value', async ({ store, key }) => {
      const revision = await written(store, key, 'a');
      await store.put(key, undefined);
      await store.put(key, 'b');
      deepEqual(await store.put(key, 'c', { if: { revision } }), { outcome: 'conflict' });
      equal((await store.get(key))?.value, 'b');
    }),
    check(
      'a list has the keys below a prefix, sorted, with their values and revisions',
      async ({ store, key }) => {
        const revision = await written(store, `${key}/b`, '2');
        await store.put(`${key}/a`, '1');
        await store.put(`${key}/B`, '0');
        await store.put(`${key}-other`, 'no');
        const { entries, more } = await store.list(`${key}/`);
        deepEqual(
          entries.map((entry) => [entry.key, entry.value]),
          [
            [`${key}/B`, '0'],
            [`${key}/a`, '1'],
            [`${key}/b`, '2'],
          ],
        );
        equal(entries[2]?.revision, revision);
        equal(more, false);
      },
    ),
    check('a list is continued after its last key', async ({ store, key }) => {
      for (const name of ['a', 'b', 'c', 'd', 'e']) await store.put(`${key}/${name}`, name);
      const first = await store.list(`${key}/`, { limit: 2 });
      const second = await store.list(`${key}/`, { limit: 2, after: `${key}/b` });
      const third = await store.list(`${key}/`, { limit: 2, after: `${key}/d` });
      deepEqual(
        [first, second, third].map(({ entries }) => entries.map(({ value }) => value)),
        [['a', 'b'], ['c', 'd'], ['e']],
      );
      deepEqual([first.more, second.more, third.more], [true, true, false]);
    }),
    check('a list with a limit or a start that is not valid is refused', async ({ store, key }) => {
      const wrong = [{ limit: 0 }, { limit: -1 }, { limit: 1.5 }, { limit: Number.NaN }, { after: 'a\n' }];
      for (const options of wrong)
        await rejects(
          () => store.list(key, options),
          ConfigOptionsError,
          `list() did not reject ${inspect(options)} with a ConfigOptionsError`,
        );
    }),
    check('each character of a key stands for itself', async ({ store, key }) => {
      const names = [
        '%',
        '_',
        '*',
        '?',
        '[a]',
        '\\',
        "'",
        '"',
        '$',
        '{x}',
        'ä',
        '日本',
        ' ',
        '..',
        '#',
        '😀',
      ];
      for (const name of names) await store.put(`${key}/${name}/x`, name);
      for (const name of names) {
        equal((await store.get(`${key}/${name}/x`))?.value, name);
        const { entries } = await store.list(`${key}/${name}/`);
        deepEqual(
          entries.map(({ value }) => value),
          [name],
        );
      }
    }),
    check(
      'of many keys that are read at the same time, each has its own value',
      async ({ store, other, key }) => {
        const names = Array.from({ length: 250 }, (_, index) => `${key}/${index}`);
        await Promise.all(names.slice(0, 200).map((name) => other.put(name, `value of ${name}`)));
        const values = await Promise.all(names.map(async (name) => (await store.get(name))?.value));
        deepEqual(
          values,
          names.map((name, index) => (index < 200 ? `value of ${name}` : undefined)),
        );
      },
    ),
    check('long values can be read at the same time', async ({ store, other, key }) => {
      const names = Array.from({ length: 14 }, (_, index) => `${key}/${index}`);
      for (const name of names) await other.put(name, name.padEnd(1_000_000, '.'));
      const lengths = await Promise.all(names.map(async (name) => (await store.get(name))?.value.length));
      deepEqual(
        lengths,
        names.map(() => 1_000_000),
      );
    }),
    check('a watch hears of writes and deletions by other clients', async ({ store, other, key }) => {
      const heard = listener();
      const handle = store.watch(key, heard);
      await untilHeard(heard, key, (index) => other.put(key, `value ${index}`));
      await untilHeard(heard, key, (index) => other.put(key, index % 2 === 0 ? undefined : 'a'));
      await handle.close();
    }),
    check('each of two watches hears its own keys only', async ({ store, other, key }) => {
      const [first, second] = [listener(), listener()];
      const handles = [store.watch(`${key}/a`, first), store.watch(`${key}/b`, second)];
      await untilHeard(first, `${key}/a1`, (index) => other.put(`${key}/a1`, `value ${index}`));
      await untilHeard(second, `${key}/b1`, (index) => other.put(`${key}/b1`, `value ${index}`));
      deepEqual([...new Set(first.keys)], [`${key}/a1`]);
      deepEqual([...new Set(second.keys)], [`${key}/b1`]);
      for (const handle of handles) await handle.close();
    }),
    check('a watch that was closed hears nothing, and the others go on', async ({ store, other, key }) => {
      const [closed, open] = [listener(), listener()];
      const handle = store.watch(key, closed);
      const kept = store.watch(key, open);
      await untilHeard(open, key, (index) => other.put(key, `value ${index}`));
      await handle.close();
      closed.keys.length = 0;
      await untilHeard(open, key, (index) => other.put(key, `later ${index}`));
      deepEqual(closed.keys, []);
      await kept.close();
    }),
    check('what a message of a watch has is what the key had', async ({ store, other, key }) => {
      const heard = listener();
      const handle = store.watch(key, heard);
      await untilHeard(heard, key, (index) => other.put(key, `value ${index}`));
      for (const entry of heard.entries) {
        equal(entry.key, key);
        ok(entry.value.startsWith('value '), 'another value than any that was written');
        notEqual(entry.revision, '');
      }
      await handle.close();
    }),
    check('after close(), calls are refused with a ConfigStoreError', async ({ store, key }) => {
      await store.get(key);
      await store.close();
      await store.close();
      for (const call of [() => store.get(key), () => store.list(key), () => store.put(key, 'a')])
        equal(await failureOf(call), 'closed');
    }),
    check('the name does not show a password', async ({ store }) => {
      ok(store.name !== '');
      ok(!/:[^/@]*@/.test(store.name), `the name is ${store.name}`);
    }),
    ...(server === undefined ? [] : outageChecks(check, server)),
  ];
}

/**
 * Returns the checks of what a `FleetStore` has beyond a `ConfigStore`: sessions. See `storeChecks()`.
 *
 * @publicApi
 */
export function fleetStoreChecks(open: () => FleetStore | Promise<FleetStore>): StoreCheck[] {
  const check = checkWith(open);
  return [
    check('a key of a session is there until the session is closed', async ({ store, other, key }) => {
      const session = await store.session(5_000);
      await store.put(key, 'a', { session });
      equal((await other.get(key))?.value, 'a');
      equal(session.ended.aborted, false);
      await session.close();
      equal(await other.get(key), undefined);
      deepEqual((await other.list(key)).entries, []);
      equal(session.ended.aborted, true);
    }),
    check('a session is renewed for longer than its ttl', async ({ store, other, key }) => {
      const session = await store.session(1_000);
      await store.put(key, 'a', { session });
      await delay(3_000);
      equal(session.ended.aborted, false);
      equal((await other.get(key))?.value, 'a');
      await session.close();
    }),
    check('the end of a session leaves the keys of another one', async ({ store, other, key }) => {
      const [first, second] = [await store.session(5_000), await other.session(5_000)];
      await store.put(`${key}/1`, 'a', { session: first });
      await other.put(`${key}/2`, 'b', { session: second });
      notEqual(first.id, second.id);
      await first.close();
      deepEqual(
        (await store.list(key)).entries.map(({ value }) => value),
        ['b'],
      );
      await second.close();
    }),
    check('a key that is written again without its session stays', async ({ store, other, key }) => {
      const session = await store.session(5_000);
      await store.put(key, 'a', { session });
      await store.put(key, 'b');
      await session.close();
      equal((await other.get(key))?.value, 'b');
    }),
    check('a key with a session can be written with a condition', async ({ store, other, key }) => {
      const [session, rival] = [await store.session(5_000), await other.session(5_000)];
      equal((await store.put(key, 'mine', { session, if: 'absent' })).outcome, 'done');
      deepEqual(await other.put(key, 'yours', { session: rival, if: 'absent' }), { outcome: 'conflict' });
      await session.close();
      equal((await other.put(key, 'yours', { session: rival, if: 'absent' })).outcome, 'done');
      await rival.close();
    }),
    check(
      'a write with a session that has ended is refused, and writes nothing',
      async ({ store, other, key }) => {
        const session = await store.session(5_000);
        await session.close();
        equal(await failureOf(() => store.put(key, 'a', { session })), 'refused');
        equal(await other.get(key), undefined);
        equal(await failureOf(() => store.put(key, undefined, { session, if: 'absent' })), 'refused');
        await store.put(key, 'b');
        equal(await failureOf(() => store.put(key, undefined, { session })), 'refused');
        equal((await other.get(key))?.value, 'b');
      },
    ),
    check(
      'a write with the session of another client is refused, and writes nothing',
      async ({ store, other, key }) => {
        const session = await other.session(5_000);
        equal(await failureOf(() => store.put(key, 'a', { session })), 'refused');
        equal(await other.get(key), undefined);
        await session.close();
      },
    ),
    check('a watch hears of the keys that end with a session', async ({ store, other, key }) => {
      const heard = listener();
      const handle = store.watch(key, heard);
      await untilHeard(heard, key, async () => {
        const session = await other.session(5_000);
        await other.put(key, 'a', { session });
        await session.close();
      });
      await until(`${key} is gone`, async () => (await store.get(key)) === undefined);
      await handle.close();
    }),
    check('close() ends the sessions of a client', async ({ store, other, key }) => {
      const session = await store.session(5_000);
      await store.put(key, 'a', { session });
      await store.close();
      equal(session.ended.aborted, true);
      await until(`${key} is gone`, async () => (await other.get(key)) === undefined);
    }),
  ];
}

/** Values that stores, drivers and protocols have changed before. */
const VALUES: Readonly<Record<string, string>> = {
  'an empty one': '',
  'line breaks and spaces at both ends': ' \n\ta: 1\r\n \n',
  'quotes and backslashes': `'a' "b" \\n \\u0000 $1 %s`,
  'other languages': 'größer: 日本語 😀 \u{feff}',
  'something that looks like a number': '0123',
  'something that looks like null': 'null',
  '200 KB': 'configuration: "ü"\n'.repeat(10_000),
};

type Check = (name: string, work: (context: CheckContext<ConfigStore>) => Promise<void>) => StoreCheck;

interface CheckContext<T extends ConfigStore> {
  readonly store: T;
  /** Another client of the same server. */
  readonly other: T;
  /** A key that nobody else has. */
  readonly key: string;
}

function checkWith<T extends ConfigStore>(open: Opened<T>) {
  return (name: string, work: (context: CheckContext<T>) => Promise<void>): StoreCheck => ({
    name,
    run: async () => {
      const [store, other] = [await open(), await open()];
      const key = `checks/${randomUUID()}`;
      try {
        await work({ store, other, key });
      } finally {
        await deleteBelow(key, open).catch(() => undefined); // the check itself says what is wrong
        await Promise.all([store.close(), other.close()]);
      }
    },
  });
}

async function deleteBelow(key: string, open: () => ConfigStore | Promise<ConfigStore>): Promise<void> {
  const store = await open();
  try {
    for (const entry of (await store.list(key)).entries) await store.put(entry.key, undefined);
  } finally {
    await store.close();
  }
}

function outageChecks(check: Check, server: StoreServer): StoreCheck[] {
  const whileDown = async (
    { store, other, key }: CheckContext<ConfigStore>,
    stop: () => void | Promise<void>,
    start: () => void | Promise<void>,
  ) => {
    const secret = 'value-that-nobody-prints';
    const heard = listener();
    const handle = store.watch(key, heard);
    await written(store, key, secret);
    await untilHeard(heard, key, (index) => other.put(key, `value ${index}`));
    equal(heard.restoredCount, 0, 'restored() was called, although nothing was lost');
    await stop();
    let result: unknown;
    try {
      await until(
        'a call fails',
        async () => (await failureOf(() => ended('get', store.get(key)))) !== undefined,
      );
      result = await ended('put', store.put(key, secret)).catch((error: unknown) => error);
      ok(
        isInstance(result, ConfigStoreError) || (result as { outcome: string }).outcome === 'unknown',
        'a write without a server neither failed nor was unknown',
      );
      ok(!JSON.stringify([String(result), result]).includes(secret), 'an error shows a value');
      await until('the watch is told that it may miss messages: lost()', () => heard.lostCount > 0);
    } finally {
      await start();
    }
    await until('the store answers again', async () => (await failureOf(() => store.get(key))) === undefined);
    await until('the watch is told that messages arrive again: restored()', () => heard.restoredCount > 0);
    equal(heard.lostCount, 1, 'lost() was called more than once until restored()');
    equal(heard.restoredCount, 1, 'restored() was called more than once');
    if (isInstance(result, ConfigStoreError))
      notEqual(
        (await store.get(key))?.value,
        secret,
        'put() has rejected, but the value was written: if the request may have arrived, the outcome is unknown',
      );
    await untilHeard(heard, key, (index) => other.put(key, `later ${index}`));
    await handle.close();
  };
  return [
    check('while the server is stopped, calls fail, and afterwards all is as before', (context) =>
      whileDown(
        context,
        () => server.stop(),
        () => server.start(),
      ),
    ),
    ...(server.freeze === undefined
      ? []
      : [
          check('while the server is frozen, calls end, and afterwards all is as before', (context) =>
            whileDown(
              context,
              () => server.freeze?.(),
              () => server.thaw?.(),
            ),
          ),
        ]),
  ];
}

async function written(store: ConfigStore, key: string, value: string): Promise<string> {
  const result = await store.put(key, value);
  ok(
    result.outcome === 'done' && result.revision !== undefined,
    `the write was ${result.outcome}, without a revision`,
  );
  return result.revision;
}

interface Heard extends StoreListener {
  readonly keys: string[];
  readonly entries: { key: string; value: string; revision: string }[];
  lostCount: number;
  restoredCount: number;
}

function listener(): Heard {
  const heard: Heard = {
    keys: [],
    entries: [],
    lostCount: 0,
    restoredCount: 0,
    changed: (key, entry) => {
      heard.keys.push(key);
      if (entry !== undefined) heard.entries.push(entry);
    },
    lost: () => (heard.lostCount += 1),
    restored: () => (heard.restoredCount += 1),
  };
  return heard;
}

/** Writes again until a message arrives: one may be lost, for example while the watch is being opened. */
async function untilHeard(
  heard: Heard,
  key: string,
  write: (index: number) => Promise<unknown>,
): Promise<void> {
  heard.keys.length = 0;
  const deadline = performance.now() + LONGEST_DELAY;
  for (let index = 0; ; index += 1) {
    await write(index);
    for (let look = 0; look < 40; look += 1) {
      if (heard.keys.includes(key)) return;
      await delay(25);
    }
    if (performance.now() > deadline)
      throw new Error(`no message about ${key} arrived within ${LONGEST_DELAY} ms`);
  }
}

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + LONGEST_DELAY;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await delay(25);
  }
}

/** Rejects if a call has no deadline of its own. */
function ended<T>(name: string, call: Promise<T>): Promise<Awaited<T>> {
  const problem = `${name}() needs a deadline of its own: it has not ended`;
  return withTimeout(LONGEST_DELAY, () => call, { problem });
}

/** Returns why a call has failed; undefined if it has not. */
async function failureOf(call: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    if (!isInstance(error, ConfigStoreError)) throw error;
    return error.failure;
  }
}
