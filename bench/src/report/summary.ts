import { BARE, FLOOR, OWN, SCOPE } from '../apps/request/contestant-names.js';
import { OWN_CLASS, REREAD, RESTART } from '../apps/stall/contestant-names.js';
import type { BenchResult } from '../harness/result.interface.js';
import { figure } from './table.js';

/** A line of the table at the start of the page. Its figures come from the results of one bench. */
export interface SummaryLine {
  /** The name of the bench, which is the section with the details. */
  readonly bench: string;
  readonly cost: string;
  /** The figure of one version of Node. Empty if it was not measured there. */
  readonly of: (result: BenchResult) => string;
  /** What to compare the figure with. */
  readonly comparedWith: (result: BenchResult) => string;
}

/** The group of the largest YAML file in the bench `memory`. */
export const LARGEST = 'a reload of the largest file allowed, yaml, with a heap of 256 MB';

/** What costs what, in the order of the page. */
export const SUMMARY: readonly SummaryLine[] = [
  read('Read a value with `get()`, outside of a request', 'outside of a pin'),
  read('Read a value with `get()`, inside a request', 'inside a pin'),
  ...['express', 'fastify'].flatMap((adapter): SummaryLine[] => [
    {
      bench: 'request',
      cost: `CPU of a request that only reads one value, on ${adapter}, against a bare \`AsyncLocalStorage\``,
      of: target(`${adapter}: CPU of a request against ${FLOOR}`),
      comparedWith: (result) =>
        `1 × is an app that enters it by hand; against request scope: ${target(`${adapter}: CPU of a request against ${SCOPE}`)(result)}`,
    },
    {
      bench: 'request',
      cost: `CPU that this module adds to a request, on ${adapter} (difference of the medians)`,
      of: difference(`${adapter}, CPU of a request, in memory`, OWN, BARE),
      comparedWith: median(
        `${adapter}, CPU of a request, over sockets`,
        BARE,
        'all CPU of a request without it, over TCP: ',
      ),
    },
  ]),
  latency('A file is replaced by a rename: time until the handler is called', 'replaced by rename, 1 KB'),
  latency('A ConfigMap is replaced: time until the handler is called', 'ConfigMap swap, 1 KB'),
  {
    bench: 'latency',
    cost: 'A file is written in place: time until the handler is called',
    of: median('written in place, 1 KB', OWN),
    comparedWith: () => '50 ms of it is the wait for more writes',
  },
  {
    bench: 'reload',
    cost: 'Reload 10,000 keys of JSON: all stages after reading and parsing',
    of: median('json, 10000 keys', 'all but collect'),
    comparedWith: median('json, 10000 keys', 'parse alone', 'parsing alone: '),
  },
  {
    bench: 'reload',
    cost: 'Reload 10,000 keys of YAML: reading and parsing',
    of: median('yaml, 10000 keys', 'collect'),
    comparedWith: median('yaml, 10000 keys', 'parse alone', 'parsing alone: '),
  },
  stall('Reload 10,000 keys of YAML: longest time for which the event loop is held', OWN),
  stall('The same with a schema class that checks each key', OWN_CLASS),
  {
    bench: 'stall',
    cost: 'p99 of requests with one such reload a second, against none',
    of: target('yaml, 10,000 keys: p99 of requests, a reload a second against quiet'),
    comparedWith: median('yaml, 10,000 keys: without service', RESTART, 'a restart, without service: '),
  },
  {
    bench: 'start',
    cost: 'The start of an app takes longer',
    of: target('until the app listens, over an app without it'),
    comparedWith: median('over no config', '@nestjs/config', 'with `@nestjs/config`: '),
  },
  {
    bench: 'directory',
    cost: 'Edit one of 3,000 files: CPU',
    of: target('3,000 files, one edited: CPU'),
    comparedWith: median('100 files: CPU', 'one file edited', 'one of 100: '),
  },
  {
    bench: 'dispatch',
    cost: 'Find and call the one handler of a change, among 100,000',
    of: median('finding and calling, 100,000 subscriptions', OWN),
    comparedWith: median('finding and calling, 10 subscriptions', OWN, 'among 10: '),
  },
  {
    bench: 'memory',
    cost: 'Memory of the module',
    of: target('the module, idle'),
    comparedWith: median('an app', 'without the module', 'an app without it: '),
  },
  {
    bench: 'memory',
    cost: 'Memory of each version that is kept, if one of 100,000 values has changed',
    of: median('a version with one changed leaf', 'of 10⁵ keys'),
    comparedWith: () => '',
  },
  {
    bench: 'memory',
    cost: 'Memory of a process that reloads the largest YAML file allowed, at most',
    of: median(LARGEST, 'memory of the process, at most'),
    comparedWith: median(LARGEST, 'of it, added by the reload', 'added by the reload: '),
  },
  {
    bench: 'idle',
    cost: 'CPU while nothing changes, with 1,000 files',
    of: median('CPU', '1,000 files'),
    comparedWith: median('CPU', 'without the module', 'an app without the module: '),
  },
  {
    bench: 'rollback',
    cost: 'Roll back 100,000 keys, with a schema class',
    of: median('100000 keys', 'with a schema class'),
    comparedWith: median('100000 keys', 'without a schema', 'without a schema: '),
  },
];

function read(cost: string, group: string): SummaryLine {
  const property = median(group, 'plain property', 'a plain property: ');
  const peer = median(group, '@nestjs/config get', '`@nestjs/config`: ');
  return {
    bench: 'read',
    cost,
    of: median(group, 'get'),
    comparedWith: (result) => [property(result), peer(result)].filter((text) => text !== '').join('; '),
  };
}

function stall(cost: string, contestant: string): SummaryLine {
  const group = 'yaml, 10,000 keys: held';
  const rereading = median(group, REREAD, 'to read and parse it by `yaml`: ');
  return { bench: 'stall', cost, of: median(group, contestant), comparedWith: rereading };
}

function latency(cost: string, group: string): SummaryLine {
  const polling = median(group, 'polling every second', 'polling every second: ');
  return { bench: 'latency', cost, of: median(group, OWN), comparedWith: polling };
}

function median(group: string, contestant: string, before = ''): (result: BenchResult) => string {
  return (result) => {
    const row = find(result, group, contestant);
    return row === undefined ? '' : `${before}${figure(row.median)} ${row.unit}`;
  };
}

function difference(group: string, contestant: string, than: string): (result: BenchResult) => string {
  return (result) => {
    const [row, other] = [find(result, group, contestant), find(result, group, than)];
    return row === undefined || other === undefined ? '' : `${figure(row.median - other.median)} ${row.unit}`;
  };
}

function target(text: string): (result: BenchResult) => string {
  return ({ targets }) => {
    const found = targets.find((candidate) => candidate.text === text);
    return found === undefined ? '' : `${figure(found.measured)} ${found.unit}`;
  };
}

function find({ rows }: BenchResult, group: string, contestant: string) {
  return rows.find((row) => row.group === group && row.contestant === contestant);
}
