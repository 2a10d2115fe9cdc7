// Runs benches on the Node that runs it, and writes the results to a file: `main.js <file> [--quick] NAME …`.
import { writeFile } from 'node:fs/promises';
import { BENCH_NAMES } from './bench-names.js';
import { describeMachine } from './harness/machine.js';
import type { Bench } from './harness/result.interface.js';
import type { MeasuredResult, Run } from './report/merge.js';
import { terminalTable } from './report/table.js';

const [output = '', ...rest] = process.argv.slice(2);
const quick = rest.includes('--quick');
const selected = rest.filter((argument) => !argument.startsWith('--'));
const machine = describeMachine();
const results: MeasuredResult[] = [];
for (const name of BENCH_NAMES.filter((candidate) => selected.includes(candidate))) {
  console.log(`\n==> ${name}, on Node ${process.version}`);
  // Loaded one by one, so that the dependencies of a bench do not slow down the others.
  const benches = (await import(`./benches/${name}.bench.js`)) as Record<string, Bench>;
  const result = await benches[name]!.run(quick);
  console.log(terminalTable(result));
  results.push({ ...result, machine });
}
const run: Run = { machine, results };
await writeFile(output, JSON.stringify(run, null, 2));
process.exit();
