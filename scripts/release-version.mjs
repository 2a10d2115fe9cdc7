// Checks that a tag names the version of package.json, and that CHANGELOG.md has a section of that version with a date:
// `node scripts/release-version.mjs refs/tags/v0.1.0`. A branch has no version to compare.
import { readFileSync } from 'node:fs';

const [ref = ''] = process.argv.slice(2);
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const tag = /^refs\/tags\/v(.+)$/.exec(ref)?.[1];

if (tag === undefined) {
  console.log(`${ref} is not a tag of a version: nothing to compare`);
} else if (tag !== version) {
  fail(`The tag is v${tag}, and package.json has the version ${version}`);
} else {
  const heading = readFileSync('CHANGELOG.md', 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`## [${version}]`));
  if (!/ - \d{4}-\d\d-\d\d$/.test(heading ?? '')) {
    fail(`CHANGELOG.md has no section "## [${version}] - <date>"; it has ${heading ?? 'no section of it'}`);
  }
}

function fail(message) {
  console.error(message);
  process.exitCode = 1;
}
