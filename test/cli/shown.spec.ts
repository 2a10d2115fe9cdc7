import 'reflect-metadata';
import { stripVTControlCharacters } from 'node:util';
import { Injectable } from '@nestjs/common';
import { IsInt } from 'class-validator';
import {
  BeforeConfigChange,
  type ConfigVersion,
  type HotConfigModuleOptions,
  OnConfigChange,
} from 'nestjs-hot-config';
import { memory } from 'nestjs-hot-config/testing';
import { describe, expect, it } from 'vitest';
import { span } from '../../lib/cli/output/format-time.js';
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

class Doubtful {
  @IsInt()
  limit = 5;
}

/** An app, and the command as a person types it and as a script runs it. */
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

describe('What the hot-config command shows of changes', () => {
  it('is what comes, what goes and what becomes another, with a column for each', async () => {
    const { source, typed, piped } = await operated();
    source.set({ limit: 6, fresh: 'new' });
    const told = ['+\tfresh\t\tnew', '~\tlimit\t5\t6', '-\told\t1\t'];
    expect(linesOf((await piped('plan')).stdout).toSorted()).toEqual(told.toSorted());
    const plan = await typed('plan');
    expect(plan.stdout).toMatch(/^A reload would make 3 changes:\n +path +before +now\n/);
    expect(plan.stdout).toMatch(/^Asked first +Limits\.check$/m);
    expect(plan.stdout).toMatch(/^Told +Limits\.follow$/m);
    const [head, ...changes] = linesOf((await piped('reload')).stdout);
    expect(head).toMatch(/^Version 2 applied \(manual, 3 changes, /);
    expect(changes.toSorted()).toEqual(told.toSorted());
    const diff = await typed('diff', '1', '2');
    expect(diff.stdout).toMatch(/^version 1 → version 2\n/);
    expect(diff.stdout).toMatch(/^\+ +fresh +new$/m);
    expect(diff.stdout).toMatch(/^- +old +1$/m);
  });

  it('is nothing where there is none, and is said to be so', async () => {
    const { typed, piped } = await operated();
    expect((await typed('plan')).stdout).toBe('A reload would change nothing.\n');
    expect((await piped('reload')).stdout).toMatch(/^Unchanged, still version 1 \(manual, /);
    expect((await typed('diff', '1', 'sources')).stdout).toMatch(/: no difference\n$/);
    expect((await piped('diff', '1', 'sources')).stdout).toBe('');
  });

  it('is a part where there are thousands, and how many more', async () => {
    const { source, typed, piped } = await operated();
    source.set(Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`key_${index}`, index])));
    const plan = await typed('plan');
    expect(plan.stdout).toMatch(/^A reload would make 5002 changes:\n/);
    const { stdout, stderr } = await piped('reload');
    const [head, ...changes] = linesOf(stdout);
    expect(head).toContain('5002 changes');
    expect(stderr).toBe(`… and ${5_002 - changes.length} more\n`);
  });

  it('is cut where a value would fill the screen, and whole for a script', async () => {
    const { source, typed, piped } = await operated();
    source.set({ limit: 5, old: 'x'.repeat(300) });
    expect((await typed('plan')).stdout).toMatch(/ x+…$/m);
    expect((await piped('plan')).stdout).toContain('x'.repeat(300));
  });
});

describe('What the hot-config command shows of values', () => {
  it('is null where there is one, and nothing where there is no value', async () => {
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

  it('is told with a warning where it was accepted with a doubt', async () => {
    const { piped, typed } = await operated({ limit: 5 }, { schema: Doubtful });
    const doubt = /limits is not a known key; did you mean limit\?\n$/;
    expect(await piped('set', 'limits', '7')).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(doubt),
    });
    expect((await typed('reload')).stderr).not.toContain('undefined');
  });

  it('is told with where it comes from, what it hides and until when', async () => {
    const { piped } = await operated();
    await piped('set', 'limit', '7');
    const { stdout } = await piped('explain', 'limit');
    expect(stdout).toMatch(/^Source\toverrides$/m);
    expect(stdout).toMatch(/^Override\tsince \S+ by [^:]+$/m);
    expect(stdout).toMatch(/^Hides\t5 of memory/m);
  });
});

describe('A length of time', () => {
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
  ])('of %d ms is %s', (ms, text) => {
    expect(span(ms)).toBe(text);
  });
});

describe('What the hot-config command shows of an app that is not well', () => {
  it('is what to look at, in red for people, and with code 1 for those who ask to be told', async () => {
    const { manager, typed, piped } = await operated();
    const health = { state: 'down' as const, since: 0 };
    await manager.addSource(Object.assign(memory({}, { name: 'remote' }), { health: () => health }));
    expect((await typed('status')).stdout).toMatch(/^Sources .*\n +remote down$/m);
    expect(await piped('status')).toMatchObject({ code: 0 });
    expect(await piped('status', '--check')).toMatchObject({
      code: 1,
      stderr: 'hot-config: Not well: remote is down.\nLook closer: hot-config doctor\n',
    });
    const doctor = await typed('doctor');
    expect(doctor).toMatchObject({ code: 1, stderr: 'hot-config: One thing is wrong.\n' });
    expect(doctor.stdout).toMatch(/^fail +app gateway: remote is down\n +See hot-config status\.$/m);
    expect(await typed('doctor', 'none.yaml')).toMatchObject({
      code: 1,
      stderr: 'hot-config: 2 things are wrong.\n',
    });
  });

  it('is from what it was rolled back, and what ends that', async () => {
    const { change, manager, typed, piped } = await operated();
    await change({ limit: 6 });
    await manager.rollback();
    expect((await typed('status')).stdout).toMatch(
      /^Drift +rolled back from what memory says; reload --force ends that$/m,
    );
    expect((await piped('reload')).stdout).toMatch(/^Unchanged, still version 3/);
    expect((await piped('reload', '--force')).stdout).toMatch(/^Version 4 applied/);
    expect((await piped('status', '--check')).code).toBe(0);
  });

  it('is what a reload would be refused for', async () => {
    const { source, typed, piped } = await operated();
    source.set(new Error('unplugged'));
    for (const run of [typed, piped]) {
      const { code, stdout, stderr } = await run('plan');
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(
        /^hot-config: A reload would be rejected: [\s\S]*unplugged[\s\S]*\nMend what it says\.\n$/,
      );
    }
  });
});

describe('What the hot-config command shows of versions', () => {
  it('names how many values came, went and changed, who holds the version and where it came from', async () => {
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

  it('is all of it for a program', async () => {
    const { piped, typed } = await operated();
    const versions = JSON.parse((await piped('history', '--json')).stdout) as ConfigVersion[];
    expect(versions).toMatchObject([{ version: 1, cause: 'boot', current: true }]);
    // A person who asks for JSON reads it.
    expect((await typed('history', '--json')).stdout).toContain('\n    "version": 1,\n');
  });
});

describe('What the hot-config command shows of apps', () => {
  it('is where and since when each runs, for a program as well', async () => {
    const { piped, typed } = await operated();
    expect(JSON.parse((await piped('apps', '--json')).stdout)).toMatchObject([
      { name: 'gateway', pid: process.pid, cwd: process.cwd() },
    ]);
    expect((await typed('apps')).stdout).toMatch(/^gateway +\d+ +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d /m);
    expect((await typed('disable')).stdout).toBe('Sources are not watched.\n');
  });
});
