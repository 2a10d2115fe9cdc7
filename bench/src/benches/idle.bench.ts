import { setTimeout as delay } from 'node:timers/promises';
import { Child } from '../harness/child.js';
import type { Bench, Row } from '../harness/result.interface.js';
import { medianOf, row } from '../harness/stats.js';

const CONTESTANTS = new Map([
  ['without the module', '0'],
  ['1 file', '1'],
  ['1,000 files', '1000'],
]);

/** CPU of an idle app. */
export const idle: Bench = {
  name: 'idle',
  async run(quick) {
    const seconds = quick ? 10 : 60;
    const apps = await Promise.all(
      [...CONTESTANTS].map(async ([name, files]) => ({
        name,
        child: await Child.start('idle.app', [files]),
      })),
    );
    await delay(3_000); // for work left over from the start
    const before = await Promise.all(apps.map(({ child }) => child.ask('usage')));
    await delay(seconds * 1_000);
    const after = await Promise.all(apps.map(({ child }) => child.ask('usage')));
    const rows: Row[] = apps.flatMap(({ name }, index) => {
      const [then, now] = [before[index]!, after[index]!];
      return [
        row('CPU', name, '%', [(now['cpuUs']! - then['cpuUs']!) / (seconds * 10_000)]),
        row('wakeups a second', name, '', [(now['wakeups']! - then['wakeups']!) / seconds]),
      ];
    });
    await Promise.all(apps.map(({ child }) => child.stop()));
    const over = (name: string) => medianOf(rows, 'CPU', name) - medianOf(rows, 'CPU', 'without the module');
    return {
      name: 'idle',
      title: 'An app that does nothing',
      method: `Three apps run at the same time for ${seconds} s, and nothing changes. The safety poll has its default of 30 s.`,
      rows,
      targets: [
        {
          text: 'of one CPU, 1 file, over an app without the module',
          measured: over('1 file'),
          atMost: 1,
          unit: '%',
        },
        {
          text: 'of one CPU, 1,000 files, over an app without the module',
          measured: over('1,000 files'),
          atMost: 1,
          unit: '%',
        },
      ],
    };
  },
};
