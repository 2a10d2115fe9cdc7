// Runs benches on the Node that runs it, and writes what they gave to a file: `main.js <file> [--quick] [NAME …]`.
import { writeFile } from 'node:fs/promises';
import { BENCH_NAMES } from './bench-names.js';
import { describeMachine } from './harness/machine.js';
import type { Bench, BenchResult } from './harness/result.interface.js';
import { terminalTable } from './report/table.js';

const [output = '', ...rest] = process.argv.slice(2);
const quick = rest.includes('--quick');
const wanted = rest.filter((argument) => !argument.startsWith('--'));
const unknown = wanted.filter((name) => !BENCH_NAMES.includes(name));
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(', ')}; there are ${BENCH_NAMES.join(', ')}.`);
  process.exit(2);
}

const machine = describeMachine();
const results: BenchResult[] = [];
for (const name of BENCH_NAMES.filter((candidate) => wanted.length === 0 || wanted.includes(candidate))) {
  console.log(`\n==> ${name}, on Node ${process.version}`);
  // Loaded only now: what one needs must not weigh on the others.
  const benches = (await import(`./benches/${name}.bench.js`)) as Record<string, Bench>;
  const result = await benches[name]!.run(quick);
  console.log(terminalTable(result));
  results.push(result);
}
await writeFile(output, JSON.stringify({ machine, results }, null, 2));
process.exit();
