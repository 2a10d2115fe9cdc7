import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InstalledApp, manifest } from './support/installed-app.js';

/** What the next release changes: its version, the format of its files (it reads this one too), and the protocol. */
const CHANGES: readonly (readonly [now: string, next: string])[] = [
  [`"version": "${manifest.version}"`, '"version": "99.0.0"'],
  ['const FORMAT = 2;', 'const FORMAT = 3;'],
  ['const PREVIOUS_FORMAT = 1;', 'const PREVIOUS_FORMAT = 2;'],
  ['nestjs-hot-config version [12] bytes=', 'nestjs-hot-config version [23] bytes='],
  ['protocol: 1,', 'protocol: 2,'],
  ['hello.protocol === 1', 'hello.protocol === 2'],
  ['this command uses version 1.', 'this command uses version 2.'],
];

/** Makes a package the next release. Fails if one of the changes has no place any more. */
function makeNext(folder: string): void {
  const applied = new Set<string>();
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!/^package\.json$|^dist[/\\](?!cjs).*\.js$/.test(file)) continue;
    const text = readFileSync(join(folder, file), 'utf8');
    const changed = CHANGES.reduce((before, [now, next]) => {
      if (before.includes(now)) applied.add(now);
      return before.replaceAll(now, next);
    }, text);
    if (changed !== text) writeFileSync(join(folder, file), changed);
  }
  expect([...applied].sort()).toEqual(CHANGES.map(([now]) => now).sort());
}

/** An app in which this release and the next one can be installed. */
let app: InstalledApp;
const folderOf = (release: 'this' | 'next') => join(app.folder, release, 'node_modules', manifest.name);

beforeAll(async () => {
  app = await InstalledApp.create();
  cpSync(app.package, folderOf('this'), { recursive: true });
  cpSync(app.package, folderOf('next'), { recursive: true });
  makeNext(folderOf('next'));
});
afterAll(() => app.remove());

/** Installs a release, runs the app once with this configuration, and the command of a release with it. */
async function run(release: 'this' | 'next', n: number, command: 'this' | 'next') {
  rmSync(app.package, { recursive: true });
  cpSync(folderOf(release), app.package, { recursive: true });
  const env = `process.env.N = ${n}; process.env.COMMAND = ${JSON.stringify(join(folderOf(command), 'dist/cli/main.js'))};`;
  const { code, output } = await app.node(
    '--import',
    `data:text/javascript,${encodeURIComponent(env)}`,
    'upgrade.mjs',
  );
  const warnings = output.split('\n').filter((line) => line.includes('WARN') || line.includes('ERROR'));
  return { code, output, warnings };
}

/** The files of versions, with their content. */
function files(): Record<string, string> {
  const names = readdirSync(join(app.folder, 'history'));
  return Object.fromEntries(
    names.map((name) => [name, readFileSync(join(app.folder, 'history', name), 'latin1')]),
  );
}

describe('An app whose package is upgraded to another format and another protocol, and downgraded', () => {
  it('starts each time with the versions that it can read, keeps all files, and uses no number twice', async () => {
    const first = await run('this', 1, 'this');
    expect(first).toMatchObject({ code: 0, warnings: [] });
    expect(first.output).toContain('versions 1\n');
    expect(first.output).toContain('command 0: Version\t1 (boot)');
    const beforeUpgrade = files();

    const upgraded = await run('next', 2, 'this');
    expect(upgraded).toMatchObject({ code: 0, warnings: [] });
    expect(upgraded.output).toContain('versions 1 2\n');
    expect(upgraded.output).toContain(
      'command 6: hot-config: The app uses version 2 of the control protocol, but this command uses version 1.\n' +
        'Use the hot-config command of the app (nestjs-hot-config 99.0.0): run npx hot-config in its folder.\n',
    );
    const beforeDowngrade = files();
    expect(beforeDowngrade).toMatchObject(beforeUpgrade);

    const downgraded = await run('this', 3, 'next');
    expect(downgraded.code).toBe(0);
    expect(downgraded.output).toContain('versions 1 3\n');
    expect(downgraded.warnings).toEqual([
      expect.stringMatching(
        / 1 file in .*history was skipped: \S+-v2-\S+ was written by a newer release \(format 3\), which can use it again\. /,
      ),
    ]);
    expect(downgraded.output).toContain(
      'command 6: hot-config: The app uses version 1 of the control protocol, but this command uses version 2.\n' +
        `Use the hot-config command of the app (nestjs-hot-config ${manifest.version}): run npx hot-config in its folder.\n`,
    );
    expect(files()).toMatchObject(beforeDowngrade);

    const again = await run('next', 4, 'next');
    expect(again).toMatchObject({ code: 0, warnings: [] });
    expect(again.output).toContain('versions 1 2 3 4\n');
    expect(again.output).toContain('command 0: Version\t4 (boot)');
    expect(Object.keys(files())).toHaveLength(4);
  }, 180_000);
});
