import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Child } from '../harness/child.js';
import type { Bench, Row, Target } from '../harness/result.interface.js';
import { medianOf, row } from '../harness/stats.js';

const BARE = 'without the module';
const ONE = '1 file';
const MANY = '1,000 files';
const LARGE = '1,000 files, 10,000 keys, 1,000 subscriptions';

/** The files of each app, the keys of each file, and the subscriptions. */
const CONTESTANTS = new Map([
  [BARE, [0, 0, 0]],
  [ONE, [1, 1, 0]],
  [MANY, [1_000, 1, 0]],
  [LARGE, [1_000, 10, 1_000]],
]);

/** The order of display. */
const GROUPS = ['CPU', 'wake-ups a second', 'timers that are set', 'memory'];

interface IdleApp {
  readonly name: string;
  readonly child: Child;
  readonly folder: string;
}

async function startApp(name: string, sizes: readonly number[]): Promise<IdleApp> {
  const folder = await mkdtemp(join(tmpdir(), 'hot-config-bench-'));
  const child = await Child.start('idle.app', [...sizes.map(String), folder], ['--expose-gc']);
  return { name, child, folder };
}

function figuresOf(name: string, held: Record<string, number>, cpu: number, wakeups: number): Row[] {
  return [
    row('CPU', name, '%', [cpu]),
    row('wake-ups a second', name, '', [wakeups]),
    row('timers that are set', name, '', [held['timers']!]),
    row('memory', name, 'KiB', [held['bytes']! / 1024]),
  ];
}

/** CPU, wake-ups, timers and memory of an idle app. */
export const idle: Bench = {
  name: 'idle',
  async run(quick) {
    const seconds = quick ? 10 : 45;
    const apps = await Promise.all([...CONTESTANTS].map(([name, sizes]) => startApp(name, sizes)));
    await delay(3_000); // for work left over from the start
    const ask = (question: string) => Promise.all(apps.map(({ child }) => child.ask(question)));
    const held = await ask('held');
    await delay(1_000);
    const before = await ask('usage');
    await delay(seconds * 1_000);
    const after = await ask('usage');
    const rows = apps
      .flatMap(({ name }, index) => {
        const spent = (figure: string) => after[index]![figure]! - before[index]![figure]!;
        return figuresOf(name, held[index]!, spent('cpuUs') / (seconds * 10_000), spent('wakeups') / seconds);
      })
      .toSorted((a, b) => GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group));
    await Promise.all(apps.map(({ child }) => child.stop()));
    await Promise.all(apps.map(({ folder }) => rm(folder, { recursive: true })));
    const target = (name: string): Target => ({
      text: `of one CPU, ${name}, over an app without the module`,
      measured: medianOf(rows, 'CPU', name) - medianOf(rows, 'CPU', BARE),
      atMost: 1,
      unit: '%',
    });
    return {
      name: 'idle',
      title: 'An app that does nothing',
      method: `All apps run at the same time for ${seconds} s, and nothing changes. The safety poll has its default of 30 s. Memory is what the app holds after its start, in the heap and outside of it, after garbage collection.`,
      rows,
      targets: [ONE, MANY, LARGE].map(target),
    };
  },
};
