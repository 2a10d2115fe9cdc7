// Runs the benchmarks: `npm run bench`, `npm run bench -- read latency`. With --quick it tries them out; with --check it
// ends with code 1 where a target was missed. On the Node that runs it, and on Node 24.
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installNode, run } from '../scripts/node-binary.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('..', import.meta.url));
const resultsFile = join(here, 'results.json');
const isQuick = process.argv.includes('--quick');
const names = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));

await run('npm', ['run', 'build']);
if (!existsSync(join(here, 'node_modules'))) await run('npm', ['ci', '--ignore-scripts'], { cwd: here });
await run(process.execPath, [
  join(root, 'node_modules/typescript/bin/tsc'),
  '-p',
  join(here, 'tsconfig.json'),
]);

const nodes = [process.execPath];
if (!process.version.startsWith('v24.')) nodes.push(await installNode('24'));
const folder = await mkdtemp(join(tmpdir(), 'hot-config-bench-'));
const runs = [];
for (const [index, node] of nodes.entries()) {
  const output = join(folder, `${index}.json`);
  const options = isQuick ? ['--quick'] : [];
  await run(node, [join(here, 'dist/main.js'), output, ...options, ...names], {
    cwd: here,
    env: { ...process.env, NODE_ENV: 'production' },
  });
  runs.push(JSON.parse(await readFile(output, 'utf8')));
}
await rm(folder, { recursive: true });

const { merged } = await import('./dist/report/merge.js');
const { missedTargets, writeReport } = await import('./dist/report/report.js');
if (isQuick) {
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
if (process.argv.includes('--check') && missed.length > 0) process.exitCode = 1;
