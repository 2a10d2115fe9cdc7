import assert from 'node:assert/strict';
import autocannon from 'autocannon';
import { Child } from '../harness/child.js';
import { interleave } from '../harness/interleave.js';
import type { Bench, Row } from '../harness/result.interface.js';
import { pairedRatio, row } from '../harness/stats.js';

const BARE = 'no config';
const OWN = 'nestjs-hot-config';
const FLOOR = 'AsyncLocalStorage, bare';
const PEERS = ['@nestjs/config', 'Scope.REQUEST', 'nestjs-cls'];
const NODE = Number(process.versions.node.split('.')[0]);
/** nestjs-cls does not start on older versions of Node. */
const HAS_CLS = NODE >= 22;

/** One slice of load: requests per second, and CPU of the server for each, in microseconds. */
async function slice(child: Child, seconds: number): Promise<{ rate: number; cpu: number }> {
  const before = await child.ask('usage');
  const { requests, errors, non2xx, duration } = await autocannon({
    url: `http://127.0.0.1:${child.ready['port']}/`,
    connections: 50,
    duration: seconds,
    expectBody: '{"timeout":30}',
  });
  const after = await child.ask('usage');
  assert.equal(errors + non2xx, 0);
  return { rate: requests.total / duration, cpu: (after['cpuUs']! - before['cpuUs']!) / requests.total };
}

/** Cost of pinning a request to one configuration. */
export const request: Bench = {
  name: 'request',
  async run(quick) {
    const rounds = quick ? 7 : 21;
    const seconds = 1;
    const rows: Row[] = [];
    const measured = new Map<string, Map<string, number[]>>();
    for (const adapter of ['express', 'fastify']) {
      const names = [BARE, OWN, FLOOR, ...PEERS].filter((name) => name !== 'nestjs-cls' || HAS_CLS);
      const children = new Map(
        await Promise.all(
          names.map(async (name) => [name, await Child.start('request.app', [adapter, name])] as const),
        ),
      );
      const cpu = new Map<string, number[]>(names.map((name) => [name, []]));
      const warmup = 2;
      const rates = await interleave(
        new Map(
          [...children].map(([name, child]) => [
            name,
            async () => {
              const figures = await slice(child, seconds);
              cpu.get(name)!.push(figures.cpu);
              return figures.rate;
            },
          ]),
        ),
        rounds,
        warmup,
      );
      measured.set(adapter, rates);
      for (const [name, figures] of rates)
        rows.push(row(`${adapter}, requests a second`, name, '/s', figures));
      for (const [name, figures] of cpu)
        rows.push(row(`${adapter}, CPU of a request`, name, 'µs', figures.slice(warmup)));
      await Promise.all([...children.values()].map((child) => child.stop()));
    }
    const against = (adapter: string, name: string) =>
      pairedRatio(measured.get(adapter)!.get(OWN)!, measured.get(adapter)!.get(name)!);
    return {
      name: 'request',
      title: 'Requests to a service that reads one value',
      method: `Each app runs in a process of its own. autocannon loads it from another process, with 50 connections, for ${seconds} s in each turn. nestjs-cls needs Node 22 or newer. The ratios in this table divide two medians. The ratios in the targets are other ones: there, the two figures of each turn are divided first, and the median of these ratios is taken. Trust those: other load on the machine affects both figures of a turn.`,
      rows,
      targets: ['express', 'fastify'].flatMap((adapter) => [
        {
          text: `${adapter}: requests a second against no config`,
          measured: against(adapter, BARE),
          atLeast: 0.97,
          unit: '×',
          floor: `an app with only a bare AsyncLocalStorage reaches ${pairedRatio(measured.get(adapter)!.get(FLOOR)!, measured.get(adapter)!.get(BARE)!).toFixed(2)} ×`,
        },
        ...PEERS.filter((name) => name !== '@nestjs/config' && (name !== 'nestjs-cls' || HAS_CLS)).map(
          (name) => ({
            text: `${adapter}: requests a second against ${name}`,
            measured: against(adapter, name),
            atLeast: 1,
            unit: '×',
          }),
        ),
      ]),
    };
  },
};
