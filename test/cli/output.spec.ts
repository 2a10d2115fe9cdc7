import 'reflect-metadata';
import { stripVTControlCharacters } from 'node:util';
import { Injectable } from '@nestjs/common';
import { IsInt } from 'class-validator';
import {
  BeforeConfigChange,
  type ConfigVersion,
  type HotConfigModuleOptions,
  type HotConfigStatus,
  OnConfigChange,
  type SourceHealth,
} from 'nestjs-hot-config';
import { memory } from 'nestjs-hot-config/testing';
import { describe, expect, it } from 'vitest';
import { formatDuration } from '../../lib/util/format-duration.js';
import { formatLocalTime, formatTime } from '../../lib/util/format-time.js';
import { cli } from '../support/cli.js';
import { startApp } from '../support/start-app.js';
import { TempFolder } from '../support/temp-folder.js';

@Injectable()
class Limits {
  @BeforeConfigChange('limit')
  check() {}

  @OnConfigChange('limit')
  follow() {}
}

class LimitSchema {
  @IsInt()
  limit = 5;
}

/** Starts an app; returns functions that run the command on a terminal and in a pipe. */
async function operated(
  tree: Record<string, unknown> = { limit: 5, old: 1 },
  options: HotConfigModuleOptions = {},
) {
  const socketDir = new TempFolder().file('run');
  const app = await startApp(
    tree as never,
    { providers: [Limits] },
    { control: { enabled: true, name: 'gateway', socketDir }, enabled: false, ...options },
  );
  const run = async (terminal: boolean, args: readonly string[]) => {
    const { code, stdout, stderr } = await cli(['--socket-dir', socketDir, ...args], { terminal });
    return { code, stdout: stripVTControlCharacters(stdout), stderr };
  };
  return {
    ...app,
    typed: (...args: string[]) => run(true, args),
    piped: (...args: string[]) => run(false, args),
  };
}

const linesOf = (text: string) => text.split('\n').filter((line) => line !== '');

describe('The changes that hot-config prints', () => {
  it('have a sign, the path, the value before and the value now', async () => {
    const { source, typed, piped } = await operated();
    source.set({ limit: 6, fresh: 'new' });
    const rows = ['+\tfresh\t\tnew', '~\tlimit\t5\t6', '-\told\t1\t'];
    expect(linesOf((await piped('plan')).stdout).toSorted()).toEqual(rows.toSorted());
    const plan = await typed('plan');
    expect(plan.stdout).toMatch(/^A reload would make 3 changes:\n +path +before +now\n/);
    expect(plan.stdout).toMatch(/^Checked by +Limits\.check$/m);
    expect(plan.stdout).toMatch(/^Notifies +Limits\.follow$/m);
    const [head, ...changes] = linesOf((await piped('reload')).stdout);
    expect(head).toMatch(/^Version 2 applied \(manual, 3 changes, /);
    expect(changes.toSorted()).toEqual(rows.toSorted());
    const diff = await typed('diff', '1', '2');
    expect(diff.stdout).toMatch(/^version 1 → version 2\n/);
    expect(diff.stdout).toMatch(/^\+ +fresh +new$/m);
    expect(diff.stdout).toMatch(/^- +old +1$/m);
  });

  it('are replaced by a sentence if there are none', async () => {
    const { typed, piped } = await operated();
    expect((await typed('plan')).stdout).toBe('A reload would change nothing.\n');
    expect((await piped('reload')).stdout).toMatch(/^Unchanged, still version 1 \(manual, /);
    expect((await typed('diff', '1', 'sources')).stdout).toMatch(/: no differences\n$/);
    expect((await piped('diff', '1', 'sources')).stdout).toBe('');
  });

  it('are cut after the first 1000, with the number of those left out', async () => {
    const { source, typed, piped } = await operated();
    source.set(Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`key_${index}`, index])));
    const plan = await typed('plan');
    expect(plan.stdout).toMatch(/^A reload would make 5002 changes:\n/);
    const { stdout, stderr } = await piped('reload');
    const [head, ...changes] = linesOf(stdout);
    expect(head).toContain('5002 changes');
    expect(stderr).toBe(`… and ${5_002 - changes.length} more changes\n`);
  });

  it('are cut at 120 characters on a terminal, and complete in a pipe', async () => {
    const { source, typed, piped } = await operated();
    source.set({ limit: 5, old: 'x'.repeat(300) });
    expect((await typed('plan')).stdout).toMatch(/ x+…$/m);
    expect((await piped('plan')).stdout).toContain('x'.repeat(300));
  });
});

describe('The values that hot-config prints', () => {
  it('are null for null, and empty for no value', async () => {
    const { source, typed, piped } = await operated({ limit: null, gone: null });
    source.set({ limit: 5, come: null } as never);
    expect(linesOf((await piped('plan')).stdout).toSorted()).toEqual([
      '+\tcome\t\tnull',
      '-\tgone\tnull\t',
      '~\tlimit\tnull\t5',
    ]);
    await piped('reload');
    expect(linesOf((await piped('diff', '1', '2')).stdout).toSorted()).toEqual([
      '!\tlimit\tnull\t5',
      '+\tcome\t\tnull',
      '-\tgone\tnull\t',
    ]);
    expect((await typed('diff', '2', '1')).stdout).toMatch(/^! +limit +5 +null$/m);
  });

  it('are followed by the warnings of the validation', async () => {
    const { piped, typed } = await operated({ limit: 5 }, { schema: LimitSchema });
    const warning = /limits is not a known key; did you mean limit\?\n$/;
    expect(await piped('set', 'limits', '7')).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(warning),
    });
    expect((await typed('reload')).stderr).not.toContain('undefined');
  });

  it('have their source, their override and the value that they replace in explain', async () => {
    const { piped } = await operated();
    await piped('set', 'limit', '7');
    const { stdout } = await piped('explain', 'limit');
    expect(stdout).toMatch(/^Source\toverrides$/m);
    expect(stdout).toMatch(/^Override\tsince \S+ by [^:]+$/m);
    expect(stdout).toMatch(/^Replaces\t5 from memory/m);
  });
});

describe('A duration', () => {
  it.each([
    [0.04, '0.0 ms'],
    [4.21, '4.2 ms'],
    [350.4, '350 ms'],
    [1_000, '1 s'],
    [119_000, '119 s'],
    [120_000, '2 min'],
    [7_199_000, '120 min'],
    [7_200_000, '2 h'],
    [172_800_000, '2 d'],
  ])('of %d ms is printed as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('The problems that hot-config prints', () => {
  it('are in status and doctor, and change the exit code of status --check and doctor', async () => {
    const { manager, typed, piped } = await operated();
    const health = { state: 'down' as const, since: 0 };
    await manager.addSource(Object.assign(memory({}, { name: 'remote' }), { health: () => health }));
    expect((await typed('status')).stdout).toMatch(
      /^Sources .*\n +remote down since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/m,
    );
    expect(await piped('status')).toMatchObject({ code: 0 });
    expect(await piped('status', '--check')).toMatchObject({
      code: 1,
      stderr: `hot-config: The app has a problem: Sources that are down: remote (since ${formatTime(new Date(0))}).\nFor details: hot-config doctor\n`,
    });
    const doctor = await typed('doctor');
    expect(doctor).toMatchObject({ code: 1, stderr: 'hot-config: 1 check failed.\n' });
    expect(doctor.stdout).toMatch(
      /^fail +app gateway: Sources that are down: remote \(since [-\d]+ [:\d]+\)\n +For the last error and the state of each source: hot-config status$/m,
    );
    expect(await typed('doctor', 'none.yaml')).toMatchObject({
      code: 1,
      stderr: 'hot-config: 2 checks failed.\n',
    });
  });

  it('include drift after a rollback, with the way to end it', async () => {
    const { change, manager, typed, piped } = await operated();
    await change({ limit: 6 });
    await manager.rollback();
    expect((await typed('status')).stdout).toMatch(
      /^Problems +Rolled back from the content of memory; reload --force applies it again$/m,
    );
    expect((await piped('reload')).stdout).toMatch(/^Unchanged, still version 3/);
    expect((await piped('reload', '--force')).stdout).toMatch(/^Version 4 applied/);
    expect((await piped('status', '--check')).code).toBe(0);
  });

  it('include the reason why a reload would be rejected', async () => {
    const { source, typed, piped } = await operated();
    source.set(new Error('unplugged'));
    for (const run of [typed, piped]) {
      const { code, stdout, stderr } = await run('plan');
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(
        /^hot-config: A reload would be rejected: [\s\S]*unplugged[\s\S]*\nFix the problem above and retry\.\n$/,
      );
    }
  });
});

describe('The sources that hot-config prints', () => {
  const etag = `"${'5d8c72a5'.repeat(8)}"`;

  /** An app with the sources `memory`, which is local, and `store`, which is remote. */
  async function withStore(health: Partial<SourceHealth> = {}) {
    const app = await operated();
    const store = {
      name: 'store',
      kind: 'remote' as const,
      load: async () => ({ source: 'store', tree: {}, hash: '', revision: etag, locate: () => undefined }),
      health: () => ({ state: 'live' as const, since: Date.parse('2026-11-21T12:03:04Z'), ...health }),
    };
    await app.manager.addSource(store);
    return app;
  }

  it('are on one short line each while they are live: with the start of their revision on a terminal', async () => {
    const { typed, piped } = await withStore({ detail: 'connected to node 2' });
    expect((await typed('status')).stdout).toMatch(
      /^Sources +memory live\n +store live, revision "5d8c72a55d8c72a55d…$/m,
    );
    expect((await piped('status')).stdout).toContain(
      `Sources\tmemory live\nSources\tstore live, revision ${etag}\n`,
    );
  });

  it('have the start of their state and its reason on one line while they are not live', async () => {
    const { piped, typed } = await withStore({ state: 'stale', detail: 'no answer\nfrom node 2\u001b[31m' });
    expect((await piped('status')).stdout).toContain(
      `Sources\tstore stale since 2026-11-21T12:03:04.000Z, revision ${etag}: no answer from node 2 [31m\n`,
    );
    const since = formatTime('2026-11-21T12:03:04Z');
    const problem = `Sources that could not be read lately: store (since ${since})`;
    expect((await piped('status', '--check')).stderr).toContain(`The app has a problem: ${problem}.`);
    const local = problem.replace(since, formatLocalTime(since));
    expect((await typed('doctor')).stdout).toContain(`app gateway: ${local}\n`);
  });

  it('are complete in JSON', async () => {
    const { piped } = await withStore({ state: 'down', detail: 'gone' });
    const { sources } = JSON.parse((await piped('status', '--json')).stdout) as HotConfigStatus;
    expect(sources[1]).toEqual({
      name: 'store',
      health: 'down',
      since: '2026-11-21T12:03:04.000Z',
      detail: 'gone',
      revision: etag,
    });
  });

  it('have their revisions in the last column of the history, if there are any', async () => {
    const { piped, typed } = await withStore();
    const last = (text: string) => linesOf(text).map((line) => line.split('\t').slice(7));
    // The source itself has no values, so the version in force does not change until another one does.
    await piped('set', 'limit', '6');
    expect(last((await piped('history')).stdout)).toEqual([
      ['current', `store ${etag}`],
      ['', ''],
    ]);
    const { stdout } = await typed('history');
    expect(stdout).toMatch(/^version .* revisions$/m);
    expect(stdout).toMatch(/ current +store "5d8c72a55d8c72a55d…$/m);
    expect(JSON.parse((await piped('history', '--json')).stdout)).toMatchObject([
      {},
      { revisions: { store: etag } },
    ]);
    const local = await operated();
    await local.piped('set', 'limit', '6');
    expect(last((await local.piped('history')).stdout)).toEqual([['current'], ['']]);
  });
});

describe('The versions that hot-config prints', () => {
  it('have the numbers of changes, the pins and the restored version', async () => {
    const { source, manager, config, typed, piped } = await operated();
    await config.runPinned(async () => {
      source.set({ limit: 6, fresh: 1 });
      await manager.reload();
      const { stdout } = await typed('history');
      expect(stdout).toMatch(/^2 .*\+1 -1 ~1 .* current$/m);
      expect(stdout).toMatch(/^1 .* pinned$/m);
    });
    await piped('rollback', '1');
    expect((await piped('history')).stdout).toMatch(/^3\t\S+\trollback to 1\t/);
  });

  it('are complete in JSON', async () => {
    const { piped, typed } = await operated();
    const versions = JSON.parse((await piped('history', '--json')).stdout) as ConfigVersion[];
    expect(versions).toMatchObject([{ version: 1, cause: 'boot', current: true }]);
    // On a terminal, JSON is indented.
    expect((await typed('history', '--json')).stdout).toContain('\n    "version": 1,\n');
  });
});

describe('The apps that hot-config prints', () => {
  it('have their folder and their start time', async () => {
    const { piped, typed } = await operated();
    expect(JSON.parse((await piped('apps', '--json')).stdout)).toMatchObject([
      { name: 'gateway', pid: process.pid, cwd: process.cwd() },
    ]);
    expect((await typed('apps')).stdout).toMatch(/^gateway +\d+ +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d /m);
    expect((await typed('disable')).stdout).toBe('Sources are not watched.\n');
  });
});

describe('hot-config status', () => {
  it('shows every problem', async () => {
    const socketDir = new TempFolder().file('run');
    const { source, manager } = await startApp(
      { n: 1, port: 80 },
      {},
      { control: { enabled: true, socketDir }, enabled: false, restartRequired: ['port'] },
    );
    const status = () => cli(['status', '--socket-dir', socketDir], { terminal: true });
    source.set({ n: 2, port: 81 });
    await manager.reload();
    expect((await status()).stdout).toMatch(/Restart.* port has a new value that needs a restart/);
    source.set(new Error('unplugged'));
    await manager.reload();
    const { stdout } = await status();
    expect(stdout).toMatch(/Problems.*The content of \S+ is rejected at collect/);
    expect(stdout).toMatch(/Last error[\s\S]*unplugged/);
    expect((await cli(['explain', 'port', '--socket-dir', socketDir])).stdout).toMatch(/^Restart\t/m);
    expect((await cli(['plan', '--socket-dir', socketDir, '--json'])).code).toBe(1);
  });
});

describe('hot-config apps', () => {
  it('lists the apps as a table or as JSON', async () => {
    const socketDir = new TempFolder().file('run');
    await startApp({ n: 1 }, {}, { control: { enabled: true, name: 'gateway', socketDir } });
    expect((await cli(['apps', '--socket-dir', socketDir], { terminal: true })).stdout).toMatch(
      /name.*\n.*gateway/,
    );
    expect(JSON.parse((await cli(['apps', '--json', '--socket-dir', socketDir])).stdout)).toMatchObject([
      { name: 'gateway', pid: process.pid },
    ]);
  });
});
