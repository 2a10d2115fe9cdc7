import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from '../harness/child.js';
import { interleave, type Measure } from '../harness/interleave.js';
import type { Bench, Row } from '../harness/result.interface.js';
import { median, quartilesOf, row } from '../harness/stats.js';

const OWN = 'nestjs-hot-config';
const BARE = 'no config';
const PACKAGES = [OWN, '@nestjs/config', 'nest-typed-config', 'class-validator and class-transformer', 'zod'];
const APPS = [BARE, OWN, `${OWN}, zod`, `${OWN}, class-validator`, '@nestjs/config', 'nest-typed-config'];
const FILE = 'llm:\n  model: small\n  timeout: 30\n';
const LISTENING = 'until the app listens';
const IMPORT = 'the import alone';

const METHOD = [
  'Each figure comes from a process of its own.',
  `"${LISTENING}" is the time from the creation of the process until an app (Express) listens, with a YAML file of two values. nest-typed-config, and the rows that name one, have a schema.`,
  `"Over ${BARE}" is the difference between the two starts of a round. The CPU is that of all threads of the process: other load on the machine changes it less.`,
  `"${IMPORT}" is the time of \`import()\`, after Nest and the other peers of nestjs-hot-config have been imported.`,
].join(' ');

type Figures = Readonly<Record<string, number>>;

/** Returns the figures of an app that has started. */
function starting(...args: string[]): Measure<Figures> {
  return async () => {
    const child = await Child.start('start.app', args);
    await child.stop();
    return child.ready;
  };
}

/** Cost of a start. */
export const start: Bench = {
  name: 'start',
  async run(quick) {
    const rounds = quick ? 3 : 10;
    const folder = await mkdtemp(join(tmpdir(), 'hot-config-bench-'));
    const path = join(folder, 'app.yaml');
    await writeFile(path, FILE);
    const apps = new Map(APPS.map((name) => [name, starting(name, path)]));
    const imports = new Map(PACKAGES.map((name) => [`${IMPORT} ${name}`, starting('import', name)]));
    const samples = await interleave(new Map([...apps, ...imports]), rounds, 1);
    await rm(folder, { recursive: true });
    const of = (name: string, figure = 'ms') => samples.get(name)!.map((sample) => sample[figure]!);
    const over = (name: string, figure = 'ms') => {
      const bare = of(BARE, figure);
      return of(name, figure).map((value, round) => value - bare[round]!);
    };
    const others = APPS.slice(1);
    const rows: Row[] = [
      ...APPS.map((name) => row(LISTENING, name, 'ms', of(name))),
      ...others.map((name) => row(`over ${BARE}`, name, 'ms', over(name))),
      ...others.map((name) => row(`CPU over ${BARE}`, name, 'ms', over(name, 'cpuMs'))),
      ...PACKAGES.map((name) => row(IMPORT, name, 'ms', of(`${IMPORT} ${name}`))),
    ];
    const target = (text: string, figures: number[], atMost: number) => ({
      text,
      measured: median(figures),
      quartiles: quartilesOf(figures),
      atMost,
      unit: 'ms',
    });
    return {
      name: 'start',
      title: 'The start of an app',
      method: METHOD,
      rows,
      targets: [
        target('until the app listens, over an app without it', over(OWN), 120),
        target('the import, after its peers', of(`${IMPORT} ${OWN}`), 80),
      ],
    };
  },
};
