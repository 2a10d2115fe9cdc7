// What must hold before a release, beside .ci/run: `npm run release:check`. It writes the package, the list of what it
// depends on (SBOM, CycloneDX) and their checksums into release/. With `--quick`, it builds nothing.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const RELEASE = resolve('release');

/** Licences that let an app of any kind use the package. */
const ALLOWED = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'PSF-2.0',
  'Python-2.0',
];

const manifest = JSON.parse(await readFile('package.json', 'utf8'));
const folder = await realpath(await mkdtemp(join(tmpdir(), 'release-check-')));
await rm(RELEASE, { recursive: true, force: true });
await mkdir(RELEASE);
try {
  await writeRuntimeProject();
  const sbom = await createSbom();
  const problems = [...licenceProblems(sbom), ...vulnerabilities(), ...wrongSignatures()];
  if (!process.argv.includes('--quick')) problems.push(...(await differencesOfBuilds()));
  await writeChecksums();
  for (const problem of problems) console.error(`FAILED  ${problem}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

/**
 * Makes a project that has only the runtime dependencies, in the versions of the lock file. In this repository, npm would
 * omit also those that a peer or a development dependency needs too: `npm sbom --omit dev --omit peer` lacks chokidar.
 */
async function writeRuntimeProject() {
  const { name, version, description, license, author, dependencies } = manifest;
  const lock = JSON.parse(await readFile('package-lock.json', 'utf8'));
  lock.packages[''] = { name, version, license, dependencies };
  const project = { name, version, description, license, author, dependencies };
  await writeFile(join(folder, 'package.json'), JSON.stringify(project));
  await writeFile(join(folder, 'package-lock.json'), JSON.stringify(lock));
  // npm removes what is left over. It needs no registry for that.
  must('npm', ['install', '--package-lock-only', '--offline', '--ignore-scripts', '--no-audit'], {
    cwd: folder,
  });
}

/** Writes the SBOM. The same commit gives the same file: without the random number, the time and the name of the folder. */
async function createSbom() {
  const output = must('npm', ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx'], { cwd: folder });
  const { serialNumber: _serial, ...sbom } = JSON.parse(output);
  delete sbom.metadata.timestamp;
  delete sbom.metadata.tools;
  sbom.metadata.component.name = manifest.name;
  await writeFile(join(RELEASE, 'sbom.cdx.json'), `${JSON.stringify(sbom, null, 2)}\n`);
  console.log(`SBOM: ${sbom.components.length} packages`);
  return sbom;
}

function licenceProblems({ components }) {
  const licences = components.map(({ licenses = [], ...component }) => ({
    component: component['bom-ref'],
    licence: licenses.map(({ license, expression }) => expression ?? license.id ?? license.name).join(),
  }));
  return licences
    .filter(({ licence }) => !ALLOWED.includes(licence))
    .map(
      ({ component, licence }) =>
        `${component} has the licence "${licence}", which is not in the list of this script`,
    );
}

/** Asks the registry for known vulnerabilities of the runtime dependencies. */
function vulnerabilities() {
  const { output, code } = npm('audit', '--json', '--audit-level', 'none');
  const report = parsed(output);
  if (report?.vulnerabilities === undefined) return notAnswered('npm audit', code);
  const found = Object.values(report.vulnerabilities);
  console.log(`npm audit: ${found.length} vulnerable packages`);
  return found.map(({ name, severity }) => `${name} has a known vulnerability (${severity}): run npm audit`);
}

/** Checks the signatures of the registry. They are those of what is installed. */
function wrongSignatures() {
  const installed = npm('ci', '--ignore-scripts', '--no-audit');
  if (installed.code !== 0) return [`npm ci of the runtime dependencies ended with code ${installed.code}`];
  const { output, code } = npm('audit', 'signatures', '--json');
  const report = parsed(output);
  if (report?.invalid === undefined) return notAnswered('npm audit signatures', code);
  const { invalid, missing } = report;
  console.log(`npm audit signatures: ${invalid.length} invalid, ${missing.length} missing`);
  return [...invalid, ...missing].map(({ name, version }) => `${name}@${version} has no valid signature`);
}

/** In CI, a question without an answer is a problem. A developer may have no registry that answers it. */
function notAnswered(command, code) {
  const text = `${command}: not answered by the registry (code ${code})`;
  if (process.env.CI === 'true') return [text];
  console.log(text);
  return [];
}

function parsed(output) {
  try {
    return JSON.parse(output);
  } catch {
    return undefined;
  }
}

/** Packs this folder, and a copy with another path, time zone, locale and umask: both must give the same bytes. */
async function differencesOfBuilds() {
  // Below this folder, as hard links need one file system.
  const second = join(RELEASE, 'second-build');
  const copy = join(second, 'in-a-longer-path');
  const umask = process.umask();
  try {
    await copyRepository(copy);
    process.umask(0o022);
    const hash = await pack('.', RELEASE, { TZ: 'UTC', LC_ALL: 'C' });
    process.umask(0o077);
    const other = await pack(copy, folder, { TZ: 'Pacific/Kiritimati', LC_ALL: 'tr_TR.UTF-8' });
    if (hash !== other) return [`two builds of the same files differ: sha512 ${hash} and ${other}`];
    console.log(`The package is the same, built in two folders: sha512 ${hash}`);
    return [];
  } finally {
    process.umask(umask);
    await rm(second, { recursive: true, force: true });
  }
}

/** Copies the files that git does not ignore, and node_modules as hard links. */
async function copyRepository(copy) {
  await mkdir(copy, { recursive: true });
  // In a container, another user may own the clone.
  const git = ['-c', 'safe.directory=*'];
  const files = must('git', [...git, 'ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  for (const file of files.split('\0').filter((name) => name !== '' && name !== 'node_modules'))
    if (existsSync(file)) await cp(file, join(copy, file)); // git lists a deleted file too
  must('cp', ['-al', await realpath('node_modules'), join(copy, 'node_modules')]);
}

/** Builds and packs a folder. Returns the hash of the package. */
async function pack(cwd, destination, env) {
  must('npm', ['pack', '--pack-destination', destination], { cwd, env: { ...process.env, ...env } });
  const file = (await readdir(destination)).find((name) => name.endsWith('.tgz'));
  return hashOf(join(destination, file));
}

async function writeChecksums() {
  const lines = [];
  for (const name of (await readdir(RELEASE)).toSorted())
    lines.push(`${await hashOf(join(RELEASE, name))}  ${name}\n`);
  await writeFile(join(RELEASE, 'SHA512SUMS'), lines.join(''));
}

async function hashOf(file) {
  return createHash('sha512')
    .update(await readFile(file))
    .digest('hex');
}

/** Runs npm in the project of the runtime dependencies. It may fail. */
function npm(...args) {
  const { stdout, status } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
  return { output: stdout, code: status };
}

/** Returns the output of a command that must not fail. */
function must(command, args, options = {}) {
  const { stdout, stderr, status } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 100_000_000,
    ...options,
  });
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with code ${status}:\n${stdout}${stderr}`);
  return stdout;
}
