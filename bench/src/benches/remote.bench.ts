import { setTimeout as delay } from 'node:timers/promises';
import { keyOf, STORES, textOf, type Engine } from '../apps/remote/content.js';
import { Child } from '../harness/child.js';
import type { Bench, Row, Target } from '../harness/result.interface.js';
import { Server } from '../harness/server.js';
import { row } from '../harness/stats.js';
import type { ConfigStore } from '../../hot-config.js';

const ENGINES: readonly Engine[] = ['redis', 'etcd', 'postgres'];
const COUNTS = [1, 1_000];
/** Puts at the same time, of those to all keys. */
const TOGETHER = 20;

interface Contestant {
  readonly name: string;
  readonly count: number;
  readonly server: Server;
  readonly store: ConfigStore;
  readonly app: Child;
  /** The number that was put last. */
  number: number;
}

interface Usage {
  readonly app: number;
  readonly server: number;
}

async function start(engine: Engine, count: number): Promise<Contestant> {
  const server = await Server.start(engine);
  const store = STORES[engine](server.url);
  if (engine === 'postgres') await createTables(server.url);
  const contestant = { name: `${engine}Store(), ${of(count)}`, count, server, store, number: 0 };
  await putAll(contestant);
  return { ...contestant, app: await Child.start('remote.app', [engine, server.url, String(count)]) };
}

/** It listens a little before it answers. */
async function createTables(url: string): Promise<void> {
  const store = STORES.postgres(url);
  while (
    !(await store.ensureSchema().then(
      () => true,
      () => false,
    ))
  )
    await delay(50);
  await store.close();
}

function of(count: number): string {
  return count === 1 ? '1 source' : `${count.toLocaleString('en')} sources`;
}

async function stop({ app, store, server }: Contestant): Promise<void> {
  await app.stop();
  await store.close();
  await server.stop();
}

/** Puts the number to all keys. */
async function putAll({ store, count, number }: Omit<Contestant, 'app'>): Promise<void> {
  const indexes = Array.from({ length: count }, (_, index) => index).values();
  const putInTurn = async () => {
    for (const index of indexes) await put(store, index, number);
  };
  await Promise.all(Array.from({ length: TOGETHER }, putInTurn));
}

async function put(store: ConfigStore, index: number, number: number): Promise<void> {
  const { outcome } = await store.put(keyOf(index), textOf(number));
  if (outcome !== 'done') throw new Error(`a put to ${store.name} was ${outcome}`);
}

async function usageOf({ app, server }: Contestant): Promise<Usage> {
  const { cpuUs } = await app.ask('usage');
  return { app: cpuUs! / 1_000, server: server.cpuMs };
}

/** Returns the CPU of an app and its server while `work` runs, in ms, divided by a number. */
async function spentIn(contestant: Contestant, by: number, work: () => Promise<unknown>): Promise<Usage> {
  const before = await usageOf(contestant);
  await work();
  const after = await usageOf(contestant);
  return { app: (after.app - before.app) / by, server: (after.server - before.server) / by };
}

function cpuRows(group: string, name: string, { app, server }: Usage): Row[] {
  return [
    row(`${group}: CPU of the app`, name, 'ms', [app]),
    row(`${group}: CPU of the server`, name, 'ms', [server]),
  ];
}

async function idleRows(contestants: readonly Contestant[], seconds: number): Promise<Row[]> {
  const rows = contestants.map(async (contestant) => {
    const { name, app } = contestant;
    const minutes = seconds / 60;
    const { most } = await app.ask('connections');
    const spent = await spentIn(contestant, minutes, () => delay(seconds * 1_000));
    const { open } = await app.ask('connections');
    return [
      row('connections, idle', name, '', [open!]),
      row('connections, at most at the start', name, '', [most!]),
      ...cpuRows('a minute without a change', name, spent),
    ];
  });
  return (await Promise.all(rows)).flat();
}

/** One put after the other, each to another key. */
async function oneRows(contestant: Contestant, times: number): Promise<Row[]> {
  const { name, app, store, count } = contestant;
  const ms: number[] = [];
  const spent = await spentIn(contestant, times, async () => {
    for (let time = 0; time < times; time += 1) {
      contestant.number += 1;
      const inForce = app.ask('one');
      const began = performance.now();
      await put(store, contestant.number % count, contestant.number);
      await inForce;
      ms.push(performance.now() - began);
      await delay(20);
    }
  });
  return [row('a put: until it is in force', name, 'ms', ms), ...cpuRows('a put', name, spent)];
}

/** A put to each key, many at a time. */
async function allRows(contestant: Contestant): Promise<Row[]> {
  const { name, app, count } = contestant;
  const ms: number[] = [];
  const spent = await spentIn(contestant, count, async () => {
    contestant.number += 1;
    const inForce = app.ask('all');
    const began = performance.now();
    await putAll(contestant);
    await inForce;
    ms.push(performance.now() - began);
  });
  return [
    row(`${count.toLocaleString('en')} puts: until all are in force`, name, 'ms', ms),
    ...cpuRows(`each of ${count.toLocaleString('en')} puts`, name, spent),
  ];
}

const METHOD = [
  'Servers of Debian on loopback, each with one app: without TLS, with the durability that is their default. Each source is one key of the same store, a YAML text of 5 values. All options have their defaults: each source is probed every 30 s, and PostgreSQL is asked for changes every 5 s.',
  'Another process puts. "In force" ends when a handler of the app has seen the new value.',
  '"A put" is one after the other, each to another key. Of the puts to all keys, 20 are in progress at a time. All CPU is that of the whole time, divided by the number of puts; that of a server includes the writes, and that of PostgreSQL what it does between its polls.',
].join(' ');

/** Many keys of one store. */
export const remote: Bench = {
  name: 'remote',
  async run(quick) {
    const present = ENGINES.filter((engine) => {
      const missing = Server.missing(engine);
      if (missing !== undefined)
        console.log(`${engine} is not measured: ${missing} is not installed on this machine.`);
      return missing === undefined;
    });
    const rows: Row[] = [];
    const contestants: Contestant[] = [];
    for (const engine of present)
      for (const count of COUNTS) {
        const contestant = await start(engine, count);
        const { name, app } = contestant;
        rows.push(
          row('start', name, 'ms', [app.ready['startMs']!]),
          row('CPU of the start', name, 'ms', [app.ready['startCpuMs']!]),
        );
        contestants.push(contestant);
      }
    await delay(2_000); // for work left over from the start
    rows.push(...(await idleRows(contestants, quick ? 10 : 60)));
    for (const contestant of contestants) {
      const isSlow = contestant.name.startsWith('postgres');
      rows.push(...(await oneRows(contestant, quick || isSlow ? 10 : 50)));
      if (contestant.count > 1) rows.push(...(await allRows(contestant)));
    }
    await Promise.all(contestants.map(stop));
    const groups = [...new Set(rows.map(({ group }) => group))];
    return {
      name: 'remote',
      title: 'Many sources of one store',
      method: METHOD,
      rows: rows.toSorted((a, b) => groups.indexOf(a.group) - groups.indexOf(b.group)),
      targets: rows
        .filter(({ group, contestant }) => group === 'connections, idle' && contestant.endsWith(of(1_000)))
        .map(({ contestant, median }): Target => ({
          text: `connections, ${contestant}: one that watches, and few for calls`,
          measured: median,
          atMost: 3,
          unit: '',
        })),
    };
  },
};
