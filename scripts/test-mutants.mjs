// Changes the core on purpose, one place at a time, and looks whether a spec fails: `npm run test:mutants`,
// `npm run test:mutants -- snapshot`, and with arguments of Stryker after a second `--`:
// `npm run test:mutants -- reload -- --mutate lib/reload/vetoes.ts`.
import { readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname } from 'node:path';
import { checkPlaces, survivorsPage } from '../test/mutation/survivors-page.mjs';
import { installNode, run } from './node-binary.mjs';

/**
 * The specs of each area. Without those that start processes, try many examples or measure memory: a mutant runs all that
 * cover it.
 */
const AREAS = {
  snapshot: ['test/snapshot/!(*.property|read-allocations).spec.ts', 'test/runtime/dotted-keys.spec.ts'],
  secrets: ['test/secrets/!(sources|growth).spec.ts'],
  pinning: [
    'test/pinning/*.spec.ts',
    'test/module/pinning/*.spec.ts',
    'test/reload/request-guard.spec.ts',
    'test/refreshable/refreshables.spec.ts',
    'test/e2e/http-*.spec.ts',
    'test/e2e/request-version.spec.ts',
  ],
  reload: [
    'test/reload/!(*.property).spec.ts',
    'test/refreshable/refreshables.spec.ts',
    'test/probation/probation.spec.ts',
    'test/runtime/check-arguments.spec.ts',
  ],
};

const given = process.argv.slice(2);
const end = given.includes('--') ? given.indexOf('--') : given.length;
const areas = end > 0 ? given.slice(0, end) : Object.keys(AREAS);
const options = given.slice(end + 1);

checkPlaces(); // not after hours
const node = await installNode('24'); // Stryker does not run on Node 20
const PATH = dirname(node) + delimiter + process.env.PATH;
const outcomes = [];
for (const area of areas) {
  console.log(`\n==> lib/${area}\n`);
  const started = Date.now();
  const stryker = ['node_modules/@stryker-mutator/core/bin/stryker.js', 'run'];
  const { code } = await run(node, [...stryker, 'test/mutation/stryker.config.mjs', ...options], {
    env: { ...process.env, PATH, MUTANTS_AREA: area, MUTANTS_SPECS: AREAS[area].join(' ') },
    mayFail: true,
  });
  const minutes = ((Date.now() - started) / 60_000).toFixed(1);
  outcomes.push({ ok: code === 0, text: `lib/${area}: ${minutes} min` });
}

// A part of them is no measurement.
if (areas.length === Object.keys(AREAS).length && !options.includes('--mutate')) {
  const texts = await Promise.all(areas.map((area) => readFile(`.mutants/${area}.json`, 'utf8')));
  await writeFile('test/mutation/survivors.md', survivorsPage(texts.map((text) => JSON.parse(text))));
}

console.log('\nMutants');
for (const { ok, text } of outcomes) console.log(`  ${ok ? 'ok    ' : 'FAILED'} ${text}`);
process.exitCode = outcomes.every(({ ok }) => ok) ? 0 : 1;
