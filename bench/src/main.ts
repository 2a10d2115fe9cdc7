// Runs benches on the Node that runs it, and writes the results to a file: `main.js <file> [--quick] [NAME …]`.
import { writeFile } from 'node:fs/promises';
import { BENCH_NAMES } from './bench-names.js';
import { describeMachine } from './harness/machine.js';
import type { Bench, BenchResult } from './harness/result.interface.js';
import { terminalTable } from './report/table.js';

const [output = '', ...rest] = process.argv.slice(2);
const quick = rest.includes('--quick');
const selected = rest.filter((argument) => !argument.startsWith('--'));
const unknown = selected.filter((name) => !BENCH_NAMES.includes(name));
if (unknown.length > 0) {
  console.error(`Unknown bench ${unknown.join(', ')}. Choose from ${BENCH_NAMES.join(', ')}.`);
  process.exit(2);
}

const machine = describeMachine();
const results: BenchResult[] = [];
for (const name of BENCH_NAMES.filter((candidate) => selected.length === 0 || selected.includes(candidate))) {
  console.log(`\n==> ${name}, on Node ${process.version}`);
  // Loaded one by one, so that the dependencies of a bench do not slow down the others.
  const benches = (await import(`./benches/${name}.bench.js`)) as Record<string, Bench>;
  const result = await benches[name]!.run(quick);
  console.log(terminalTable(result));
  results.push(result);
}
await writeFile(output, JSON.stringify({ machine, results }, null, 2));
process.exit();
