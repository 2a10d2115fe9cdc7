// What takes too long for each change, but must hold before a release: `npm run soak`. Without the mutants, it takes
// about one hour on two cores; they take some hours.
import { run } from './node-binary.mjs';

const steps = [
  {
    title: 'storms, longer than in .ci/run',
    script: 'test:storms',
    env: { STORM_SAVES: '20000', STORM_KILLS: '1000' },
  },
  // Each day other inputs.
  {
    title: 'new inputs for parsers and protocols',
    script: 'fuzz',
    args: ['--', '--seconds', '1800', '--seed', String(Math.floor(Date.now() / 86_400_000))],
    env: {},
  },
  { title: 'the suite under every supported version of Node', script: 'test:matrix', env: {} },
  { title: 'mutants of the core', script: 'test:mutants', env: {} },
];

// In CI, a test whose program is missing fails, and is not skipped.
const CI = { CI: 'true' };
const outcomes = [];
for (const { title, script, args = [], env } of steps) {
  console.log(`\n==> ${title} (npm run ${script})\n`);
  const started = Date.now();
  const { code } = await run('npm', ['run', script, ...args], {
    env: { ...process.env, ...CI, ...env },
    mayFail: true,
  });
  const minutes = ((Date.now() - started) / 60_000).toFixed(1);
  outcomes.push({ ok: code === 0, text: `${title}: ${minutes} min` });
}

console.log('\nSoak');
for (const { ok, text } of outcomes) console.log(`  ${ok ? 'ok    ' : 'FAILED'} ${text}`);
process.exitCode = outcomes.every(({ ok }) => ok) ? 0 : 1;
