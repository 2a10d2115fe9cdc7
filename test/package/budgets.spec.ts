import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path/posix';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import budgets from './budgets.json' with { type: 'json' };
import { InstalledApp, manifest } from './support/installed-app.js';

const run = promisify(execFile);

/** How much a size may grow before its budget must be changed. Counts have no room. */
const ROOM = 1.08;

/** Part of its budget that a size or a count must use: otherwise something is missing, or the budget stops nothing. */
const LEAST = 0.5;

type Counts = Readonly<Record<string, number>>;

const CORE_PEERS = ['reflect-metadata', '@nestjs/common', '@nestjs/config', '@nestjs/core', 'rxjs'];

/** The peers that an app has loaded before each entry point, or the arguments of the command. */
const LOADS: Readonly<Record<keyof typeof budgets.loaded, readonly string[]>> = {
  'import nestjs-hot-config': CORE_PEERS,
  'require nestjs-hot-config': CORE_PEERS,
  'require ./node_modules/nestjs-hot-config/dist/cjs/index.cjs': CORE_PEERS,
  'import nestjs-hot-config/health': [...CORE_PEERS, '@nestjs/terminus'],
  'import nestjs-hot-config/metrics': [...CORE_PEERS, 'prom-client'],
  'import nestjs-hot-config/metrics/opentelemetry': [...CORE_PEERS, '@opentelemetry/api'],
  'import nestjs-hot-config/testing': CORE_PEERS,
  'hot-config --version': [],
  'hot-config status --socket-dir .': [],
};

/** Exit codes other than 0: 3 if no app runs. If a file cannot be loaded, it is 1. */
const CODES: Readonly<Record<string, number>> = { 'hot-config status --socket-dir .': 3 };

let app: InstalledApp;

beforeAll(async () => {
  app = await InstalledApp.create({ also: ['@nestjs/platform-express'] });
});

afterAll(() => app.remove());

describe('The budget of what is loaded', () => {
  it.each(Object.entries(LOADS))('holds for %s', async (what, peers) => {
    const [how = '', name = '', ...args] = what.split(' ');
    const load =
      how === 'hot-config'
        ? ['import', `./node_modules/${manifest.name}/${manifest.bin['hot-config']}`, '[]', name, ...args]
        : [how, name, JSON.stringify(peers)];
    const list = join(app.folder, 'loaded.json');
    await rm(list, { force: true });
    const { code, output } = await app.node('loaded.mjs', ...load);
    expect(code, output).toBe(CODES[what] ?? 0);
    const loaded = JSON.parse(await readFile(list, 'utf8')) as Counts;
    const { files, bytes } = budgets.loaded[what as keyof typeof budgets.loaded];
    const paths = Object.keys(loaded).map((url) => url.split('/node_modules/').at(-1)!);
    expect(exceeded(countsOf(paths, packageOf), files), paths.join(' ')).toEqual([]);
    expectSize(sum(loaded), bytes, paths.join(' '));
  });
});

describe('The budget of the package', () => {
  it('holds for its files and their size', async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts']);
    const [tarball] = JSON.parse(stdout) as [
      { files: { path: string; size: number }[]; size: number; unpackedSize: number },
    ];
    const { files, packed, unpacked } = budgets.package;
    const paths = tarball.files.map(({ path }) => path);
    expect(exceeded(countsOf(paths, dirname), files), paths.join(' ')).toEqual([]);
    const sizes = tarball.files
      .toSorted((a, b) => b.size - a.size)
      .map(({ path, size }) => `${path} ${size}`);
    const largest = `the largest files: ${sizes.slice(0, 10).join(', ')}`;
    expectSize(tarball.size, packed, largest);
    expectSize(tarball.unpackedSize, unpacked, largest);
  });

  it('holds for the packages that are installed with it, beside its peers', async () => {
    expect(await dependenciesOf(manifest.name, join(app.package, 'package.json'))).toEqual(
      budgets.dependencies,
    );
  });
});

// The counts are read from /proc.
describe.skipIf(process.platform !== 'linux')('The budget of an idle app', () => {
  it.each(Object.entries(budgets.idle))(
    'holds for one that is %s',
    async (name, expected) => {
      const { code, output } = await app.node('idle.mjs', name, JSON.stringify(expected));
      expect(code, output).toBe(0);
      // libuv keeps its descriptor for watching as long as the process.
      const closed =
        'descriptor anon_inode:inotify' in expected ? { 'descriptor anon_inode:inotify': 1 } : {};
      expect(JSON.parse(output)).toEqual({
        idle: expected,
        'after 100 reloads and requests': expected,
        closed,
        'after 10 more apps': closed,
      });
    },
    120_000,
  );
});

function packageOf(path: string): string {
  return /^(@[^/]+\/)?[^/]+/.exec(path)![0]; // a path is not empty
}

function countsOf(paths: readonly string[], nameOf: (path: string) => string): Counts {
  const found: Record<string, number> = {};
  for (const path of paths) found[nameOf(path)] = (found[nameOf(path)] ?? 0) + 1;
  return found;
}

/**
 * Returns the names whose counts are not within their budget. Of the package itself, the number of files is the bundler's
 * choice, and may be smaller.
 */
function exceeded(counts: Counts, budget: Counts): string[] {
  const names = new Set([...Object.keys(counts), ...Object.keys(budget)]);
  return [...names]
    .map((name) => ({ name, count: counts[name] ?? 0, most: budget[name] ?? 0 }))
    .filter(({ count, most }) => count > most || count < most * LEAST)
    .map(({ name, count, most }) => `${name}: ${count} instead of ${most}`);
}

function expectSize(size: number, budget: number, what: string): void {
  expect(size, what).toBeLessThan(budget * ROOM);
  expect(size, what).toBeGreaterThan(budget * LEAST);
}

function sum(counts: Counts): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

/** Returns the packages that npm installs with one, by the package that needs them first. */
async function dependenciesOf(name: string, file: string, found = new Map<string, string[]>()) {
  const { dependencies, optionalDependencies } = JSON.parse(await readFile(file, 'utf8')) as Partial<
    Record<'dependencies' | 'optionalDependencies', object>
  >;
  const names = Object.keys({ ...dependencies, ...optionalDependencies });
  if (names.length > 0) found.set(name, names.toSorted());
  for (const each of names) {
    if (!found.has(each)) await dependenciesOf(each, manifestFrom(file, each), found);
  }
  return Object.fromEntries(found);
}

function manifestFrom(file: string, name: string): string {
  const folders = createRequire(file).resolve.paths(name) ?? [];
  const path = folders.map((folder) => join(folder, name, 'package.json')).find((each) => existsSync(each));
  if (path === undefined) throw new Error(`${name}, which ${file} needs, is not installed`);
  return realpathSync(path);
}
