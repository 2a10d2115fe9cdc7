import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Programs that specs run, and the Debian package of each. `.ci/install-programs` installs these packages. */
export const PACKAGES = {
  bash: 'bash',
  cat: 'coreutils',
  cp: 'coreutils',
  emacs: 'emacs-nox',
  env: 'coreutils',
  etcd: 'etcd-server',
  etcdctl: 'etcd-client',
  git: 'git',
  initdb: 'postgresql',
  mkdir: 'coreutils',
  mkfifo: 'coreutils',
  mount: 'mount',
  nano: 'nano',
  nginx: 'nginx-light',
  openssl: 'openssl',
  pgbouncer: 'pgbouncer',
  postgres: 'postgresql',
  prlimit: 'util-linux',
  prometheus: 'prometheus',
  promtool: 'prometheus',
  'redis-cli': 'redis-tools',
  'redis-sentinel': 'redis-sentinel',
  'redis-server': 'redis-server',
  rmdir: 'coreutils',
  rsync: 'rsync',
  script: 'bsdutils',
  sed: 'sed',
  sh: 'dash',
  sleep: 'coreutils',
  tar: 'tar',
  unshare: 'util-linux',
  vim: 'vim',
} as const;

export type Program = keyof typeof PACKAGES;

/** Programs that specs start with arguments of Linux. */
const LINUX_FORMS: readonly Program[] = ['mount', 'script', 'sed'];

/**
 * Returns `true` if a program of this list is missing, so that the tests that need it are skipped. The closing lines of
 * the run name it (`missingPrograms`).
 *
 * @throws Error in CI, where no test may be skipped
 * @example
 * it.skipIf(isMissing('vim', 'script'))('settles once when vim saves it', …)
 */
export function isMissing(...programs: readonly Program[]): boolean {
  const missing = programs.filter((program) => pathOf(program) === undefined);
  if (missing.length > 0 && process.env['CI'])
    throw new Error(`${missing.join(', ')} missing: ${remedyFor(missing)}`);
  return missing.length > 0;
}

/** Describes which programs are missing on this machine and how to install them; undefined if none is. */
export function missingPrograms(): string | undefined {
  const missing = (Object.keys(PACKAGES) as Program[]).filter((program) => pathOf(program) === undefined);
  return missing.length === 0 ? undefined : `${missing.join(', ')}; ${remedyFor(missing)}`;
}

/** Returns the path of an installed program. Elsewhere than on Linux, some of them take other arguments. */
export function pathOf(program: Program): string | undefined {
  if (process.platform !== 'linux' && LINUX_FORMS.includes(program)) return undefined;
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...postgresFolders(), '/usr/sbin'];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

function remedyFor(programs: readonly Program[]): string {
  const packages = new Set(programs.map((program) => PACKAGES[program]));
  return `on Debian: apt-get install ${[...packages].join(' ')}`;
}

/** Debian keeps the programs of the PostgreSQL server off the PATH. */
function postgresFolders(): string[] {
  const versions = '/usr/lib/postgresql';
  return existsSync(versions) ? readdirSync(versions).map((version) => join(versions, version, 'bin')) : [];
}
