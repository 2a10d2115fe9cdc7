import { existsSync, readFileSync } from 'node:fs';
import { createProgram } from '../../lib/cli/program.js';

interface Manifest {
  readonly name: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
/** Packages of the apps in which test/package tries what the pages say of tools. */
const newApps = new Set(
  ['nest-11', 'nest-12'].flatMap((app) => {
    const { devDependencies } = JSON.parse(
      readFileSync(`test/package/fixtures/${app}/package.json`, 'utf8'),
    ) as { devDependencies: object };
    return Object.keys(devDependencies);
  }),
);
const subcommands = createProgram(process, false).commands.map((command) => command.name());

/** Whether a command works, with names that exist: of scripts, of packages, of what `hot-config` can do. */
export function isKnownCommand(command: string): boolean {
  const [program = '', ...words] = command.trim().split(/\s+/);
  switch (program) {
    case 'npm':
      return isKnownToNpm(words);
    case 'npx':
      return words[0] === 'hot-config' && isSubcommand(words[1]);
    case 'kubectl':
      return isKnownToKubectl(words);
    default:
      return false;
  }
}

/**
 * Returns `true` if a command of a contributor works: those above, a script of the repository, a tool that it installs with
 * files that exist, and git, of which no name is ours.
 */
export function isKnownToContributors(command: string): boolean {
  const [program = '', ...words] = command
    .replace(/\s+#.*$/, '')
    .trim()
    .split(/\s+/)
    .filter((word) => !/^[A-Z_]+=/.test(word)); // variables of the environment
  if (['', '#', 'git', 'cd'].includes(program)) return true;
  if (program.includes('/')) return existsSync(program);
  if (program === 'npx' && words[0] !== 'hot-config') return isKnownTool(words);
  const end = words.indexOf('--'); // what follows is for the script
  return isKnownCommand([program, ...(end === -1 ? words : words.slice(0, end))].join(' '));
}

function isKnownTool([tool = '', ...words]: readonly string[]): boolean {
  const paths = words.filter((word) => /^(?:lib|test|docs)\//.test(word));
  return existsSync(`node_modules/.bin/${tool}`) && paths.every((path) => existsSync(path));
}

/**
 * A package under its name, or at a major version, `@nestjs/config@4`, that the manifest names too. This package may be
 * named at an exact version.
 */
function isKnownPackage(written: string): boolean {
  if (/^nestjs-hot-config@\d+\.\d+\.\d+$/.test(written)) return true;
  const [, name = '', major] = /^(.[^@]*)(?:@(\d+))?$/.exec(written) ?? [];
  if (name === manifest.name || newApps.has(name)) return major === undefined;
  const range = manifest.peerDependencies[name];
  return range !== undefined && (major === undefined || range.includes(`^${major}.`));
}

function isKnownToNpm([verb = '', ...names]: readonly string[]): boolean {
  switch (verb) {
    case 'ci':
    case 'test':
      return names.length === 0;
    case 'run':
      return names.every((name) => name in manifest.scripts);
    case 'install':
      return names.filter((name) => name !== '--save-dev').every(isKnownPackage);
    default:
      return false;
  }
}

/** What is run inside of the container is ours; the rest is looked at by the spec of the manifests. */
function isKnownToKubectl(words: readonly string[]): boolean {
  if (words[0] !== 'exec') return words[0] === 'annotate';
  const [program, subcommand] = words.slice(words.indexOf('--') + 1);
  return program === 'node_modules/.bin/hot-config' && isSubcommand(subcommand);
}

function isSubcommand(name: string | undefined): boolean {
  return name !== undefined && subcommands.includes(name);
}
