import 'reflect-metadata';
import { stripVTControlCharacters } from 'node:util';
import { Injectable } from '@nestjs/common';
import { BeforeConfigChange, type ConfigVersion, OnConfigChange } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
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

/** An app, and the command as a person types it and as a script runs it. */
async function operated(tree: Record<string, unknown> = { limit: 5, old: 1 }) {
  const socketDir = new TempFolder().file('run');
  const app = await startApp(
    tree as never,
    { providers: [Limits] },
    { control: { enabled: true, name: 'gateway', socketDir }, enabled: false },
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
