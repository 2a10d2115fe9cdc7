import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { isMissing, PACKAGES, pathOf } from '../support/programs.js';
import { TempFolder } from '../support/temp-folder.js';

interface Step {
  readonly run?: string;
  readonly uses?: string;
  readonly if?: string;
}

interface Job {
  readonly 'runs-on': string;
  readonly 'timeout-minutes'?: number;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: object;
  readonly jobs: Readonly<Record<string, Job>>;
}

interface Form {
  readonly name: string;
  readonly description: string;
  readonly body: readonly Field[];
}

interface Field {
  readonly type: string;
  readonly id?: string;
  readonly attributes: { readonly label?: string; readonly value?: string };
  readonly validations?: { readonly required: boolean };
}

const WORKFLOWS = '.github/workflows';
const FORMS = '.github/ISSUE_TEMPLATE';
const INSTALLER = '.ci/install-programs';

/** The one job that may sign. */
const SIGNING = 'release.yml attest';
const PUBLISH = 'npm publish ./*.tgz --provenance --access public --ignore-scripts';

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
const yamlFiles = [WORKFLOWS, FORMS].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => `${folder}/${name}`),
);

describe.each(yamlFiles)('%s', (file) => {
  it('is YAML, without repeated keys', () => {
    expect(parseAllDocuments(readFileSync(file, 'utf8')).flatMap(({ errors }) => errors)).toEqual([]);
  });
});

describe.each(readdirSync(WORKFLOWS))('The workflow %s', (name) => {
  const workflow = parse(readFileSync(join(WORKFLOWS, name), 'utf8')) as Workflow;
  const jobs = Object.entries(workflow.jobs);
  const steps = jobs.flatMap(([, job]) => job.steps);

  it('runs only what exists', () => {
    const commands = steps.flatMap(({ run }) => run?.trim().split('\n') ?? []);
    expect(commands).not.toEqual([]);
    expect(commands.filter((command) => !isKnown(command))).toEqual([]);
  });

  it('may read the repository and nothing else, except the job that signs a release', () => {
    const others = jobs.filter(([job]) => `${name} ${job}` !== SIGNING);
    const given = [workflow.permissions, ...others.map(([, job]) => job.permissions)];
    expect(given.filter((each) => JSON.stringify(each) !== '{"contents":"read"}')).toEqual([]);
  });

  it('ends by itself, once for each push', () => {
    expect(workflow.concurrency).toBeDefined();
    expect(jobs.filter(([, job]) => job['timeout-minutes'] === undefined)).toEqual([]);
  });

  it('uses official actions only, each of one major version', () => {
    const actions = steps.flatMap(({ uses }) => uses ?? []);
    expect(actions.filter((action) => !/^actions\/[\w-]+@v\d+$/.test(action))).toEqual([]);
    const versions = new Map(actions.map((action) => [action.split('@')[0], action]));
    expect([...new Set(actions)]).toEqual([...versions.values()]);
  });

  it('has steps that either run a command or use an action', () => {
    expect(steps.filter(({ run, uses }) => (run === undefined) === (uses === undefined))).toEqual([]);
  });
});

describe('The job that signs a release', () => {
  const { jobs } = parse(readFileSync(join(WORKFLOWS, 'release.yml'), 'utf8')) as Workflow;
  const names = Object.keys(jobs);
  const job = jobs[names.at(-1)!]!; // a workflow has jobs

  it('is the last one, and may sign and nothing else', () => {
    expect(`release.yml ${names.at(-1)}`).toBe(SIGNING);
    expect(job.permissions).toEqual({ contents: 'read', 'id-token': 'write', attestations: 'write' });
  });

  it('runs no code of the repository or of a package: only what the job before has packed', () => {
    const commands = job.steps.flatMap(({ run }) => run ?? []);
    expect(commands).toEqual(['sha512sum --check SHA512SUMS', PUBLISH]);
    const actions = job.steps.flatMap(({ uses }) => uses?.split('@')[0] ?? []);
    expect(actions).not.toContain('actions/checkout');
  });

  it('publishes only if the repository has the variable for it', () => {
    const publishing = job.steps.filter(({ run }) => run === PUBLISH);
    expect(publishing.map((step) => step.if)).toEqual(["vars.PUBLISH == 'true'"]);
  });
});

describe.each(readdirSync(FORMS).filter((name) => name !== 'config.yml'))('The form %s', (name) => {
  const { body, description, name: title } = parse(readFileSync(join(FORMS, name), 'utf8')) as Form;
  const questions = body.filter(({ type }) => type !== 'markdown');

  it('has a name and a description', () => {
    expect([title, description].map((text) => typeof text)).toEqual(['string', 'string']);
  });

  it('has questions of known types, each with an id of its own, a label and whether it must be answered', () => {
    const known = ['checkboxes', 'dropdown', 'input', 'textarea'];
    expect(questions.filter(({ type }) => !known.includes(type))).toEqual([]);
    const ids = questions.map(({ id }) => id);
    expect(ids.filter((id) => !/^[\w-]+$/.test(id ?? ''))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(questions.filter(({ attributes }) => !attributes.label)).toEqual([]);
    expect(questions.filter(({ validations }) => validations === undefined)).toEqual([]);
  });

  it('asks for something', () => {
    expect(questions.some(({ validations }) => validations?.required)).toBe(true);
  });
});

describe('The npm scripts', () => {
  it('name tests that exist: Vitest ignores a name without a test beside others', () => {
    const named = Object.values(scripts).flatMap((script) => script.match(/\btest\/[\w./-]+/g) ?? []);
    expect(named).not.toEqual([]);
    expect(named.filter((path) => !existsSync(path))).toEqual([]);
  });
});

describe('The programs that specs start', () => {
  it('are listed in one file', () => {
    const others = ['.ci', WORKFLOWS, '.devcontainer'].flatMap((folder) =>
      readdirSync(folder).map((name) => `${folder}/${name}`),
    );
    const listing = others.filter((file) => /\bapt(-get)? .*install\b/.test(readFileSync(file, 'utf8')));
    expect(listing).toEqual([INSTALLER]);
    for (const file of ['.ci/run', `${WORKFLOWS}/ci.yml`, '.devcontainer/Dockerfile'])
      expect(readFileSync(file, 'utf8')).toContain(INSTALLER);
  });

  it('are all in that file, except those of every Debian', () => {
    const always = ['bash', 'bsdutils', 'coreutils', 'dash', 'mount', 'sed', 'tar', 'util-linux'];
    const lines = readFileSync(INSTALLER, 'utf8').split('\n');
    const isInstalled = (program: string, name: string) =>
      lines.some((line) => line.startsWith(`${program} `) && line.split(/ +/)[1] === name);
    const missing = Object.entries(PACKAGES).filter(
      ([program, name]) => !always.includes(name) && !isInstalled(program, name),
    );
    expect(missing).toEqual([]);
  });

  it.skipIf(isMissing('bash', 'env'))('are installed if they are missing, and only then', () => {
    const folder = new TempFolder();
    const stub = (name: string, text = '') => chmodSync(folder.write(name, `#!/bin/sh\n${text}\n`), 0o755);
    for (const tool of ['bash', 'env', 'sh'] as const) symlinkSync(pathOf(tool)!, folder.file(tool));
    stub('apt-get', 'echo "apt-get $*"');
    stub('sudo', '"$@"');
    stub('id', 'echo 1000');
    const install = () => execFileSync('bash', [INSTALLER], { encoding: 'utf8', env: { PATH: folder.path } });

    const others = Object.keys(PACKAGES).filter((name) => !['vim', 'prometheus'].includes(name));
    for (const name of others) if (!existsSync(folder.file(name))) stub(name);
    expect(install()).toBe(
      'apt-get update -q\napt-get install -y -q --no-install-recommends vim prometheus\n',
    );

    for (const name of ['vim', 'prometheus']) stub(name);
    expect(install()).toBe('');
  });
});

/** Returns `true` for `npm ci`, for npm scripts that exist, and for files of this repository that bash or Node runs. */
function isKnown(command: string): boolean {
  const others = ['npm ci', 'npm test', 'env -u CI npm test', 'sha512sum --check SHA512SUMS', PUBLISH];
  if (others.includes(command)) return true;
  const [, script = '', file = ''] =
    /^(?:npm run ([\w:-]+)|(?:bash|node) (\S+)(?: "\$GITHUB_REF")?)$/.exec(command.trim()) ?? [];
  return script in scripts || (file !== '' && existsSync(file));
}
