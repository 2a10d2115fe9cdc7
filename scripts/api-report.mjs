// Reports what users of the package rely on, into api/: `npm run api:report`. With `--check`, it writes nothing, and fails if
// a report has changed: `npm run api:check`. It reads what `npm run build` has built.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTwoFilesPatch } from 'diff';
import { namesReport } from './api/names-report.mjs';
import { typeReport } from './api/type-report.mjs';

const FOLDER = 'api';

const [before, now] = [await committedReports(), await currentReports()];
const changed = [...new Set([...before.keys(), ...now.keys()])].filter(
  (name) => before.get(name) !== now.get(name),
);
if (process.argv.includes('--check')) check();
else await write();

function check() {
  for (const name of changed)
    console.log(createTwoFilesPatch(join(FOLDER, name), 'now', before.get(name) ?? '', now.get(name) ?? ''));
  if (changed.length === 0) return;
  console.error(
    'What users rely on has changed. If that is intended, run `npm run api:report`, and commit api/ in the same commit. ' +
      'A line that is removed or changed can break an app: see CONTRIBUTING.md.',
  );
  process.exitCode = 1;
}

async function write() {
  await mkdir(FOLDER, { recursive: true });
  for (const name of changed) {
    if (now.has(name)) await writeFile(join(FOLDER, name), now.get(name));
    else await rm(join(FOLDER, name));
  }
  console.log(changed.length === 0 ? 'No report has changed.' : `Written: ${changed.join(', ')}`);
}

/** Returns the reports in the folder, by the names of their files. */
async function committedReports() {
  const names = await readdir(FOLDER).catch(() => []);
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(FOLDER, name), 'utf8')])),
  );
}

/** Returns the reports of what is built: one for each entry in `exports` of package.json, and one for all other names. */
async function currentReports() {
  const { exports } = JSON.parse(await readFile('package.json', 'utf8'));
  const reports = new Map([['names.txt', await namesReport()]]);
  for (const [entry, target] of Object.entries(exports)) {
    if (typeof target === 'string') continue; // package.json itself
    const name = entry === '.' ? 'index' : entry.slice('./'.length).replaceAll('/', '-');
    reports.set(`${name}.api.md`, await typeReport(target.import.types));
  }
  return reports;
}
