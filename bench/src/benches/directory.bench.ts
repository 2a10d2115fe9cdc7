import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from '../harness/child.js';
import type { Bench, Row, Target } from '../harness/result.interface.js';
import { median, quartilesOf, row } from '../harness/stats.js';

const SIZES = [10, 100, 1_000, 3_000];
const IMPORTS = 4_000;

const METHOD = [
  'An app has its configuration in many YAML files of 10 values each: those of a `directory()`, or those that one file imports.',
  '"One file edited" replaces one of them by a rename, and waits for the handler. "Unchanged" calls `reload()`. "Nothing" does nothing: so much is spent in the same time without a reload.',
  'The CPU is that of the process, from before the save until 200 ms after the handler was called. "Held" is the longest event-loop delay in this time (`monitorEventLoopDelay`, every ms).',
  '"Start" is the time in which Nest creates the app, with all files read.',
].join(' ');

const WORKS = { nothing: 'nothing', edit: 'one file edited', reload: 'unchanged' } as const;
const FIGURES = { cpuMs: 'CPU', held: 'held', ms: 'time' } as const;

type Samples = Readonly<Record<keyof typeof WORKS, readonly Record<string, number>[]>>;

async function samplesOf(kind: string, count: number, times: number): Promise<Samples & { booted: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'hot-config-bench-'));
  const app = await Child.start('directory.app', [kind, String(count), folder]);
  const samples = { nothing: [], edit: [], reload: [] } as Record<
    keyof typeof WORKS,
    Record<string, number>[]
  >;
  for (let time = -2; time < times; time += 1)
    for (const work of Object.keys(WORKS) as (keyof typeof WORKS)[]) {
      const figures = await app.ask(work);
      if (time >= 0) samples[work].push(figures); // the first ones warm up
    }
  await app.stop();
  await rm(folder, { recursive: true });
  return { ...samples, booted: app.ready['booted']! };
}

function rowsOf(title: string, samples: Samples): Row[] {
  return Object.entries(FIGURES).flatMap(([figure, name]) =>
    (Object.keys(WORKS) as (keyof typeof WORKS)[])
      .filter((work) => figure !== 'ms' || work !== 'nothing')
      .map((work) =>
        row(
          `${title}: ${name}`,
          WORKS[work],
          'ms',
          samples[work].map((sample) => sample[figure]!),
        ),
      ),
  );
}

function targetOf(
  text: string,
  samples: readonly Record<string, number>[],
  figure: string,
  atMost: number,
): Target {
  const figures = samples.map((sample) => sample[figure]!);
  return { text, measured: median(figures), quartiles: quartilesOf(figures), atMost, unit: 'ms' };
}

/** Cost of a configuration in many files. */
export const directory: Bench = {
  name: 'directory',
  async run(quick) {
    const times = quick ? 2 : 5;
    const rows: Row[] = [];
    const targets: Target[] = [];
    for (const count of SIZES) {
      const title = `${count.toLocaleString('en')} files`;
      const samples = await samplesOf('directory', count, times);
      rows.push(row(`${title}: start`, 'directory()', 'ms', [samples.booted]), ...rowsOf(title, samples));
      if (count !== SIZES.at(-1)) continue;
      targets.push(
        targetOf(`${title}, one edited: CPU`, samples.edit, 'cpuMs', 100),
        targetOf(`${title}, unchanged: time of a reload`, samples.reload, 'ms', 50),
      );
    }
    const title = `${IMPORTS.toLocaleString('en')} imports`;
    const samples = await samplesOf('imports', IMPORTS, times);
    rows.push(row(`${title}: start`, '$import', 'ms', [samples.booted]), ...rowsOf(title, samples));
    targets.push(
      { text: `${title}: start`, measured: samples.booted, atMost: 1_500, unit: 'ms' },
      targetOf(`${title}, one edited: time until the handler`, samples.edit, 'ms', 1_500),
    );
    return { name: 'directory', title: 'Many files', method: METHOD, rows, targets };
  },
};
