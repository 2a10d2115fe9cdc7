import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Entry {
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

describe.each(['package-lock.json', 'bench/package-lock.json'])('%s', (file) => {
  const packages = Object.entries(packagesOf(file));

  it('names no registry: the one of the machine is used', () => {
    expect(packages.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  });

  it('has a hash for each package, so that nothing else is installed', () => {
    const installed = packages.filter(([path]) => path !== '');
    expect(installed.length).toBeGreaterThan(10);
    expect(installed.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))).toEqual([]);
  });
});

describe('A package that is installed with this one', () => {
  it('runs no script when it is installed', () => {
    const packages = packagesOf('package-lock.json');
    const paths = new Set(['']);
    // The set grows while it is read.
    for (const path of paths) {
      const { dependencies, optionalDependencies } = packages[path]!; // each path comes from the file
      for (const name of Object.keys({ ...dependencies, ...optionalDependencies }))
        paths.add(pathOf(name, path, packages));
    }
    expect(paths.size).toBeGreaterThan(10);
    expect([...paths].filter((path) => packages[path]?.hasInstallScript)).toEqual([]);
  });
});

function packagesOf(file: string): Readonly<Record<string, Entry>> {
  return (JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, Entry> }).packages;
}

/** Returns where Node finds a package that the one at `from` imports. */
function pathOf(name: string, from: string, packages: Readonly<Record<string, Entry>>): string {
  const path = `${from === '' ? '' : `${from}/`}node_modules/${name}`;
  if (path in packages) return path;
  if (from === '') throw new Error(`${name} is not in the lock file`);
  return pathOf(name, from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/'))), packages);
}
