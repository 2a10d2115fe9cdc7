// Runs the test suite under several versions of Node: `npm run test:matrix`, `npm run test:matrix -- 22 24`, and with
// arguments of vitest after a second `--`: `npm run test:matrix -- 24 -- test/reload`.
import { delimiter, dirname } from 'node:path';
import { installNode, run } from './node-binary.mjs';

const given = process.argv.slice(2);
const end = given.includes('--') ? given.indexOf('--') : given.length;
const versions = end > 0 ? given.slice(0, end) : ['20', '22', '24', '26'];
const options = given.slice(end + 1);

const outcomes = [];
for (const version of versions) {
  const node = await installNode(version);
  const { output: exact } = await run(node, ['--version']);
  console.log(`\n==> Node ${exact.trim()}\n`);
  const started = Date.now();
  const vitest = await run(node, ['node_modules/vitest/vitest.mjs', 'run', ...options], {
    env: environmentFor(node),
    mayFail: true,
  });
  const counts = /^\d+ passed, \d+ failed.*$/m.exec(vitest.output)?.[0] ?? 'no closing line';
  const seconds = Math.round((Date.now() - started) / 1000);
  const failures = vitest.output.match(/^FAILED .*$/gm) ?? [];
  outcomes.push({ ok: vitest.code === 0, text: `Node ${exact.trim()}: ${counts} (${seconds} s)`, failures });
}

console.log('\nTest matrix');
for (const { ok, text, failures } of outcomes) {
  console.log(`  ${ok ? 'ok    ' : 'FAILED'} ${text}`);
  for (const failure of failures) console.log(`         ${failure}`);
}
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
