import { FOLLOWING, OWN, OWN_CLASS, OWN_ZOD, RESTART } from '../apps/stall/contestant-names.js';
import type { Bench, Row, Target } from '../harness/result.interface.js';
import { median, pairedRatios, quartilesOf, row } from '../harness/stats.js';
import { figure } from '../report/table.js';
import { nameOf, type Config } from './stall/case.js';
import { measureHolds, type Holds } from './stall/holds.js';
import { KINDS, measureRequests } from './stall/requests.js';
import { measureRestarts } from './stall/restarts.js';

const SIZES = [1_000, 10_000, 100_000];
const FORMATS = ['yaml', 'json'] as const;
/** The longest time for which a reload may hold the event loop, in ms, by the number of keys. */
const HELD_AT_MOST: Readonly<Record<number, number>> = { 1_000: 10, 10_000: 10, 100_000: 50 };
const UNDER_LOAD: Config = { format: 'yaml', keys: 10_000 };

const METHOD = [
  'A live app (Fastify) takes a file in which one leaf has changed. The file is replaced by a rename.',
  'nestjs-hot-config watches it. The others are told of the save, which saves them the watching.',
  '"Held" is the longest time between two turns of the event loop (`setImmediate`) during a reload, and 20 ms after it: the time that a request has to wait. There are no requests then. "Quiet" is the longest one in 50 ms between two reloads.',
  '"In the stage validate" is the part of a reload in which the schema is called; the schema checks each key. "Held by the schema" is the longest time between two turns in the schema itself (`calls` of the result): a part of "held" that the module cannot shorten.',
  '"p99 of requests" is under load: requests come over TCP from another process, at a rate at which the app uses 30 % of one CPU. Turns of 2 s without a reload, with one a second, and with one after the other. A request counts from the time at which it should have been sent.',
  '"Event-loop delay" is the longest one of such a turn (`monitorEventLoopDelay`, every ms).',
  '"A restart" kills the process of an app with @nestjs/config and starts it again: the time until it answers again, and the requests lost, if one comes every 5 ms.',
].join(' ');

async function holdsOf(config: Config, times: number): Promise<{ rows: Row[]; targets: Target[] }> {
  const rows: Row[] = [];
  const targets: Target[] = [];
  const all = new Map<string, Holds>();
  for (const name of FOLLOWING) all.set(name, await measureHolds(name, config, times));
  const title = nameOf(config);
  rows.push(row(`${title}: held`, 'quiet', 'ms', all.get(OWN)!.quiet));
  for (const [name, { held }] of all) rows.push(row(`${title}: held`, name, 'ms', held));
  for (const [name, { took }] of all)
    rows.push(row(`${title}: from the save until in force`, name, 'ms', took));
  for (const name of [OWN, OWN_ZOD, OWN_CLASS])
    rows.push(row(`${title}: in the stage validate`, name, 'ms', all.get(name)!.validate));
  for (const name of [OWN_ZOD, OWN_CLASS]) {
    const { schema } = all.get(name)!;
    if (schema.length > 0) rows.push(row(`${title}: held by the schema`, name, 'ms', schema));
  }
  for (const name of [OWN, OWN_CLASS]) {
    const { held, schema } = all.get(name)!;
    targets.push({
      text: `${title}: event loop held by ${name}`,
      measured: median(held),
      quartiles: quartilesOf(held),
      atMost: HELD_AT_MOST[config.keys]!,
      unit: 'ms',
      ...(schema.length > 0 && { floor: `the schema itself holds it for ${figure(median(schema))} ms` }),
    });
  }
  return { rows, targets };
}

async function requestsOf(
  config: Config,
  roundsOf: (name: string) => number,
): Promise<{ rows: Row[]; targets: Target[] }> {
  const rows: Row[] = [];
  const targets: Target[] = [];
  const title = nameOf(config);
  for (const name of FOLLOWING) {
    const turns = await measureRequests(name, config, roundsOf(name));
    const p99 = (kind: (typeof KINDS)[number]) => turns[kind].map((turn) => turn.p99);
    for (const kind of KINDS) rows.push(row(`${title}: p99 of requests, ${name}`, kind, 'ms', p99(kind)));
    for (const kind of KINDS)
      rows.push(
        row(
          `${title}: event-loop delay, ${name}`,
          kind,
          'ms',
          turns[kind].map((turn) => turn.delay),
        ),
      );
    if (name !== OWN) continue;
    const ratios = pairedRatios(p99('a reload a second'), p99('quiet'));
    targets.push({
      text: `${title}: p99 of requests, a reload a second against quiet`,
      measured: median(ratios),
      quartiles: quartilesOf(ratios),
      atMost: 1.5,
      unit: '×',
    });
  }
  return { rows, targets };
}

async function restartsOf(config: Config, times: number): Promise<Row[]> {
  const { without, lost } = await measureRestarts(config, times);
  return [
    row(`${nameOf(config)}: without service`, RESTART, 'ms', without),
    row(`${nameOf(config)}: requests lost`, RESTART, '', lost),
  ];
}

/** What an app and its requests notice of a reload. */
export const stall: Bench = {
  name: 'stall',
  async run(quick) {
    const rows: Row[] = [];
    const targets: Target[] = [];
    const sizes = quick ? SIZES.slice(0, 2) : SIZES;
    for (const format of FORMATS)
      for (const keys of sizes) {
        const holds = await holdsOf({ format, keys }, quick ? 4 : 10);
        rows.push(...holds.rows, ...(await restartsOf({ format, keys }, quick ? 1 : 2)));
        targets.push(...holds.targets);
      }
    const requests = await requestsOf(UNDER_LOAD, (name) => (quick || name !== OWN ? 1 : 5));
    rows.push(...requests.rows);
    targets.push(...requests.targets);
    return { name: 'stall', title: 'What a running app notices of a reload', method: METHOD, rows, targets };
  },
};
