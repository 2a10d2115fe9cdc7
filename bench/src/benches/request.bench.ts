import {
  BARE,
  CLS,
  CONTESTANTS,
  FLOOR,
  OWN,
  SCOPE,
  type ContestantName,
} from '../apps/request/contestant-names.js';
import { CONNECTIONS, REQUESTS_EACH } from '../apps/request/load.js';
import { Child } from '../harness/child.js';
import { interleave } from '../harness/interleave.js';
import type { Bench, Row, Target } from '../harness/result.interface.js';
import { SocketLoad } from '../harness/socket-load.js';
import { median, pairedRatios, quartilesOf, row } from '../harness/stats.js';

const ADAPTERS = ['express', 'fastify'];
const REQUESTS = CONNECTIONS * REQUESTS_EACH;
/** Since Node 24, an async context needs no async hook. */
const FLOOR_AT_MOST = Number(process.versions.node.split('.')[0]) >= 24 ? 1.05 : 1.1;

interface Turn {
  /** CPU of the server for each request, in microseconds. */
  readonly cpu: number;
  /** Requests a second; not known of a load in memory. */
  readonly rate: number;
}

type Turns = ReadonlyMap<string, readonly Turn[]>;

/** Opens a load on an app; each call of what it returns is one turn. */
type Load = (app: Child) => Promise<() => Promise<Turn>>;

const inMemory: Load = async (app) => async () => {
  const { cpuUs = Number.NaN } = await app.ask('loadInMemory');
  return { cpu: cpuUs / REQUESTS, rate: Number.NaN };
};

const overSockets: Load = async (app) => {
  const load = await SocketLoad.connect(app.ready['port']!, CONNECTIONS);
  return async () => {
    const before = await app.ask('usage');
    const started = performance.now();
    await load.run(REQUESTS_EACH);
    const seconds = (performance.now() - started) / 1_000;
    const after = await app.ask('usage');
    return { cpu: (after['cpuUs']! - before['cpuUs']!) / REQUESTS, rate: REQUESTS / seconds };
  };
};

interface Plan {
  /** How often all apps are started: the same code is faster in one process than in another one. */
  readonly generations: number;
  readonly rounds: number;
  readonly warmup: number;
}

const QUICK: Plan = { generations: 1, rounds: 5, warmup: 3 };
const MEMORY: Plan = { generations: 4, rounds: 8, warmup: 6 };
const SOCKETS: Plan = { generations: 2, rounds: 8, warmup: 4 };

/** Starts all apps, lets them take turns and stops them. */
async function turnsOf(adapter: string, load: Load, { rounds, warmup }: Plan): Promise<Turns> {
  const started = CONTESTANTS.map(async (name) => {
    const app = await Child.start('request.app', [adapter, name]);
    return { name, app, turn: await load(app) };
  });
  const apps = await Promise.all(started);
  const turns = await interleave(new Map(apps.map(({ name, turn }) => [name, turn])), rounds, warmup);
  await Promise.all(apps.map(({ app }) => app.stop()));
  return turns;
}

async function measure(adapter: string, load: Load, plan: Plan): Promise<Turns> {
  const all = new Map<string, Turn[]>(CONTESTANTS.map((name) => [name, []]));
  for (let generation = 0; generation < plan.generations; generation += 1) {
    const turns = await turnsOf(adapter, load, plan);
    for (const [name, samples] of all) samples.push(...turns.get(name)!);
  }
  return all;
}

function rowsOf(group: string, unit: string, turns: Turns, figure: keyof Turn): Row[] {
  return [...turns].map(([name, samples]) =>
    row(
      group,
      name,
      unit,
      samples.map((turn) => turn[figure]),
    ),
  );
}

/** Compares the CPU of this module, turn by turn, with that of another contestant. */
function targetOf(adapter: string, turns: Turns, other: ContestantName, atMost: number): Target {
  const cpu = (name: string) => turns.get(name)!.map((turn) => turn.cpu);
  const ratios = pairedRatios(cpu(OWN), cpu(other));
  return {
    text: `${adapter}: CPU of a request against ${other}`,
    measured: median(ratios),
    quartiles: quartilesOf(ratios),
    atMost,
    unit: '×',
  };
}

const METHOD = [
  `Each app runs in a process of its own, and each turn has ${REQUESTS} requests over ${CONNECTIONS} connections that stay open.`,
  'CPU is the user and system time of the process of the app, divided by the requests.',
  `All apps are started ${MEMORY.generations} times, and ${SOCKETS.generations} times for the figures over sockets, as the same code is faster in one process than in another one.`,
  '"In memory", the requests come through streams in the process of the app. This leaves out the time of the kernel, which varies most. The targets use these figures: each difference is a larger share of them, so the targets are stricter.',
  '"Over sockets", they come from another process, over TCP. Requests a second depend most on the other process and on the system: they are for information.',
  `"${FLOOR}" is an app that does by hand what a pin needs: its request hook enters a bare AsyncLocalStorage, and listens to the end of the response.`,
  `The ratios of the table divide two medians, and compare with "${BARE}". For a target, the two figures of each turn are divided first; its figures are the median and the quartiles of these ratios.`,
  'nestjs-cls needs Node 22 or newer.',
].join(' ');

/** Cost of pinning a request to one configuration. */
export const request: Bench = {
  name: 'request',
  async run(quick) {
    const rows: Row[] = [];
    const targets: Target[] = [];
    for (const adapter of ADAPTERS) {
      const memory = await measure(adapter, inMemory, quick ? QUICK : MEMORY);
      const sockets = await measure(adapter, overSockets, quick ? QUICK : SOCKETS);
      rows.push(
        ...rowsOf(`${adapter}, CPU of a request, in memory`, 'µs', memory, 'cpu'),
        ...rowsOf(`${adapter}, CPU of a request, over sockets`, 'µs', sockets, 'cpu'),
        ...rowsOf(`${adapter}, requests a second, over sockets`, '/s', sockets, 'rate'),
      );
      targets.push(targetOf(adapter, memory, FLOOR, FLOOR_AT_MOST));
      for (const name of [SCOPE, CLS] as const)
        if (memory.has(name)) targets.push(targetOf(adapter, memory, name, 1));
    }
    return {
      name: 'request',
      title: 'Requests to a service that reads one value',
      method: METHOD,
      rows,
      targets,
    };
  },
};
