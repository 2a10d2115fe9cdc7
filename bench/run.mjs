// Runs the benchmarks: `npm run bench`, `npm run bench -- read latency`. With --quick it tries them out; with --check it
// ends with code 1 if a target is missed. On the Node that runs it and on Node 24, `request` also on Nodes 20 and 22; or on those
// that are named: `npm run bench -- --node 22,26 request`.
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installNode, run } from '../scripts/node-binary.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('..', import.meta.url));
const resultsFile = join(here, 'results.json');
const { values, positionals } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    node: { type: 'string' },
  },
  allowPositionals: true,
});
/** The cost of a request depends most on how a version of Node carries async contexts. */
const REQUEST_NODES = ['20', '22', '24'];
const DEFAULT_NODES = [majorOf(process.version), '24'];

await run('npm', ['run', 'build']);
if (!existsSync(join(here, 'node_modules'))) await run('npm', ['ci', '--ignore-scripts'], { cwd: here });
await run(process.execPath, [
  join(root, 'node_modules/typescript/bin/tsc'),
  '-p',
  join(here, 'tsconfig.json'),
]);

const { BENCH_NAMES } = await import('./dist/bench-names.js');
const unknown = positionals.filter((name) => !BENCH_NAMES.includes(name));
if (unknown.length > 0) {
  throw new Error(`Unknown bench ${unknown.join(', ')}. Choose from ${BENCH_NAMES.join(', ')}.`);
}
const names = positionals.length > 0 ? positionals : BENCH_NAMES;
const folder = await mkdtemp(join(tmpdir(), 'hot-config-bench-'));
const runs = [];
for (const [version, namesOfVersion] of plan()) {
  const node = version === majorOf(process.version) ? process.execPath : await installNode(version);
  const output = join(folder, `${version}.json`);
  const options = values.quick ? ['--quick'] : [];
  await run(node, [join(here, 'dist/main.js'), output, ...options, ...namesOfVersion], {
    cwd: here,
    env: { ...process.env, NODE_ENV: 'production' },
  });
  runs.push(JSON.parse(await readFile(output, 'utf8')));
}
await rm(folder, { recursive: true });

const { merged } = await import('./dist/report/merge.js');
const { missedTargets, writeReport } = await import('./dist/report/report.js');
if (values.quick) {
  console.log('\nA quick run is for trying out: no results were written.');
} else {
  const known = existsSync(resultsFile) ? JSON.parse(await readFile(resultsFile, 'utf8')) : [];
  const results = merged(known, runs);
  await writeFile(resultsFile, JSON.stringify(results, null, 2));
  const written = await writeReport(results, join(root, 'docs'));
  await run(process.execPath, [
    join(root, 'node_modules/prettier/bin/prettier.cjs'),
    '--write',
    resultsFile,
    ...written,
  ]);
}
const missed = missedTargets(runs);
for (const line of missed) console.log(`MISSED ${line}`);
if (values.check && missed.length > 0) process.exitCode = 1;

/** Returns the benches to run on each version of Node, the oldest first. */
function plan() {
  const versionsOf = (name) =>
    values.node?.split(',') ?? (name === 'request' ? [...REQUEST_NODES, ...DEFAULT_NODES] : DEFAULT_NODES);
  const versions = [...new Set(names.flatMap(versionsOf))].toSorted((a, b) => Number(a) - Number(b));
  return versions.map((version) => [version, names.filter((name) => versionsOf(name).includes(version))]);
}

function majorOf(version) {
  return version.slice(1).split('.')[0];
}
