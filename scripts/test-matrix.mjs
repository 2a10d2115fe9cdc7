// Runs the test suite under other versions of Node: `npm run test:matrix` or `npm run test:matrix -- 22 24`.
import { delimiter, dirname } from 'node:path';
import { installNode, run } from './node-binary.mjs';

const versions = process.argv.length > 2 ? process.argv.slice(2) : ['22', '24', '26'];

await run('npm', ['run', 'build']);

const outcomes = [];
for (const version of versions) {
  const node = await installNode(version);
  const { output: exact } = await run(node, ['--version']);
  console.log(`\n==> Node ${exact.trim()}\n`);
  const started = Date.now();
  const vitest = await run(node, ['node_modules/vitest/vitest.mjs', 'run'], {
    env: environmentFor(node),
    mayFail: true,
  });
  const counts = /^\d+ passed, \d+ failed.*$/m.exec(vitest.output)?.[0] ?? 'no closing line';
  const seconds = Math.round((Date.now() - started) / 1000);
  outcomes.push({ ok: vitest.code === 0, text: `Node ${exact.trim()}: ${counts} (${seconds} s)` });
}

console.log('\nTest matrix');
for (const { ok, text } of outcomes) console.log(`  ${ok ? 'ok    ' : 'FAILED'} ${text}`);
process.exitCode = outcomes.every(({ ok }) => ok) ? 0 : 1;

/** What a spec starts by name, `node` or `npm`, must run on the version under test as well. */
function environmentFor(node) {
  return {
    ...process.env,
    PATH: dirname(node) + delimiter + process.env.PATH,
    NODE: node,
    npm_node_execpath: node,
  };
}
