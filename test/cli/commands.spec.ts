import 'reflect-metadata';
import { userInfo } from 'node:os';
import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { Injectable, Logger } from '@nestjs/common';
import { BeforeConfigChange, type HotConfigModuleOptions, OnConfigChange } from 'nestjs-hot-config';
import { describe, expect, it, vi } from 'vitest';
import { runCli } from '../../lib/cli/run-cli.js';
import { cli, type CliRun } from '../support/cli.js';
import { startApp } from '../support/start-app.js';
import { TempFolder } from '../support/temp-folder.js';

@Injectable()
class Limits {
  @BeforeConfigChange('limit')
  check({ candidate }: { candidate: { get(path: string): unknown } }) {
    if (candidate.get('limit') === 13) throw new Error('13 brings bad luck');
  }

  @OnConfigChange('limit')
  follow() {}
}

const TREE = {
  limit: 5,
  llm: { model: 'small', temperature: 0.7, api_key: 'sk-1234', tags: ['a', 'b'] },
  database: { url: 'postgres://ann:pa55@db/app' },
};

/** Starts an app; returns functions that run the command on a terminal and in a pipe. */
async function operated(options: HotConfigModuleOptions = {}) {
  const socketDir = new TempFolder().file('run');
  const app = await startApp(
    TREE,
    { providers: [Limits] },
    { control: { enabled: true, name: 'gateway', socketDir }, enabled: false, ...options },
  );
  const piped = (...args: string[]): Promise<CliRun> => cli(['--socket-dir', socketDir, ...args]);
  const typed = async (...args: string[]): Promise<CliRun> => {
    const result = await cli(['--socket-dir', socketDir, ...args], { terminal: true });
    return { ...result, stdout: stripVTControlCharacters(result.stdout) };
  };
  const json = async <T>(...args: string[]): Promise<T> =>
    JSON.parse((await piped(...args, '--json')).stdout) as T;
  return { ...app, socketDir, piped, typed, json };
}

describe('hot-config get', () => {
  it('prints a string without quotes, a number, and an array as JSON in a pipe', async () => {
    const { piped } = await operated();
    expect(await piped('get', 'llm.model')).toEqual({ code: 0, stdout: 'small\n', stderr: '' });
    expect((await piped('get', 'llm.temperature')).stdout).toBe('0.7\n');
    expect((await piped('get', 'llm.tags')).stdout).toBe('["a","b"]\n');
  });

  it('prints an array as YAML on a terminal', async () => {
    const { typed } = await operated();
    expect((await typed('get', 'llm.tags')).stdout).toBe('- a\n- b\n');
  });

  it('redacts secrets: alone, in an object, in a URL and in JSON', async () => {
    const { piped } = await operated();
    const runs = await Promise.all([
      piped('get', 'llm.api_key'),
      piped('get'),
      piped('get', 'llm'),
      piped('get', '--json'),
      piped('get', 'database.url'),
      piped('explain', 'llm.api_key'),
      piped('explain', 'llm', '--json'),
    ]);
    for (const { code, stdout } of runs) {
      expect(code).toBe(0);
      expect(stdout).not.toMatch(/sk-1234|pa55/);
      expect(stdout).toContain('hidden');
    }
  });

  it('exits with 1 if the path has no value, and prints what to do', async () => {
    const { piped } = await operated();
    const { code, stdout, stderr } = await piped('get', 'llm.nothing');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe('hot-config: The path llm.nothing has no value\nList all values: hot-config get\n');
  });
});

describe('hot-config set and unset', () => {
  it('override a value by JSON or a string, and remove the override', async () => {
    const { piped, config } = await operated();
    expect((await piped('set', 'limit', '7')).stdout).toMatch(
      /^Version 2 applied \(override, 1 change, [\d.]+ ms\)\n~\tlimit\t5\t7\n$/,
    );
    expect(config.get('limit')).toBe(7);
    await piped('set', 'llm.model', 'large');
    await piped('set', 'llm.temperature', '-1');
    await piped('set', 'limit', '8', '--string');
    expect(config.get('llm')).toMatchObject({ model: 'large', temperature: -1 });
    expect(config.get('limit')).toBe('8');
    expect((await piped('unset', 'limit')).code).toBe(0);
    expect(config.get('limit')).toBe(5);
  });

  it('record the user, the reason and the end of the override', async () => {
    const { piped, json } = await operated();
    await piped('set', 'limit', '7', '--ttl', '15m', '--reason', 'a busy\u001b[2J day');
    const { overrides } = await json<{ overrides: Record<string, string>[] }>('status');
    expect(overrides).toMatchObject([
      {
        path: 'limit',
        reason: 'a busy\\u001b[2J day',
        actor: `${userInfo().username} (unverified)`,
      },
    ]);
    expect(
      new Date(overrides[0]!['expiresAt']!).getTime() - new Date(overrides[0]!['since']!).getTime(),
    ).toBe(900_000);
    expect((await piped('explain', 'limit')).stdout).toMatch(/^Override\tsince .* until .* by .*: a busy/m);
    expect((await piped('status')).stdout).toMatch(/^Overrides\tlimit since/m);
  });

  it('exit with 1 if the app rejects the value', async () => {
    const { piped, config } = await operated();
    const { code, stderr } = await piped('set', 'limit', '13');
    expect(code).toBe(1);
    expect(stderr).toContain('13 brings bad luck');
    expect(config.get('limit')).toBe(5);
  });

  it('exit with 2 if the command line is not valid', async () => {
    const { piped } = await operated();
    expect(await piped('set', 'limit')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('missing required argument'),
    });
    expect(await piped('set', 'limit', '1', '--ttl', 'soon')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('15m'),
    });
    expect(await piped('set', 'llm.tags.0', '1')).toMatchObject({ code: 2 });
    const inJson = await piped('set', 'limit', '--json');
    expect(inJson.code).toBe(2);
    expect(JSON.parse(inJson.stderr)).toMatchObject({ error: { code: 'USAGE' } });
    expect(await piped('frobnicate')).toMatchObject({ code: 2, stderr: expect.stringContaining('--help') });
  });
});

describe('hot-config reload', () => {
  it('applies the content of the sources, and prints the changes', async () => {
    const { piped, source } = await operated();
    source.set({ ...TREE, limit: 6 });
    expect((await piped('reload', '--reason', 'more')).stdout).toMatch(
      /^Version 2 applied \(manual, 1 change, .*\)\n~\tlimit\t5\t6\n$/,
    );
    expect((await piped('reload')).stdout).toMatch(/^Unchanged, still version 2/);
  });

  it('exits with 1 if the reload is rejected, with the message of the log, or the result as JSON', async () => {
    const { piped, source } = await operated();
    source.set({ ...TREE, limit: 13 });
    const { code, stdout, stderr } = await piped('reload');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^hot-config: Configuration rejected at prepare, keeping version 1:\n {2}\S.*13 brings bad luck/,
    );
    const inJson = await piped('reload', '--json');
    expect(inJson.code).toBe(1);
    expect(JSON.parse(inJson.stdout)).toMatchObject({ outcome: 'rejected', stage: 'prepare', version: 1 });
    expect(JSON.parse(inJson.stderr)).toMatchObject({ error: { code: 'CONFIG_VETO' } });
  });

  it('is previewed by plan', async () => {
    const { piped, json, source } = await operated();
    expect((await piped('plan')).stdout).toBe('A reload would change nothing.\n');
    source.set({ ...TREE, limit: 6, llm: { ...TREE.llm, api_key: 'sk-9999' } });
    expect((await piped('plan')).stdout).toBe('~\tlimit\t5\t6\n~\tllm.api_key\t[hidden]\t[hidden]\n');
    expect(await json('plan')).toMatchObject({
      outcome: 'applied',
      handlers: ['Limits.follow'],
      vetoes: ['Limits.check'],
    });
    source.set(new Error('unplugged'));
    expect(await piped('plan')).toMatchObject({ code: 1, stderr: expect.stringContaining('unplugged') });
  });

  it('is previewed by plan after a rollback too, and with --force by plan --force', async () => {
    const { piped, json, change } = await operated();
    await change({ ...TREE, limit: 6 });
    await piped('rollback');
    expect(await piped('plan')).toMatchObject({
      stdout: 'A reload would change nothing.\n',
      stderr: 'Rolled back: the content of memory stays out of force; see plan --force\n',
    });
    expect(await json('plan')).toMatchObject({ outcome: 'unchanged', rolledBack: ['memory'] });
    expect((await piped('reload')).stdout).toMatch(/^Unchanged, still version 3/);
    expect(await piped('plan', '--force')).toMatchObject({ stdout: '~\tlimit\t5\t6\n' });
    expect((await piped('reload', '--force')).stdout).toMatch(/^Version 4 applied .*\n~\tlimit\t5\t6\n$/);
  });
});

describe('hot-config rollback and history', () => {
  it('restore an earlier version, by its number or by steps', async () => {
    const { piped, config, change } = await operated();
    await change({ ...TREE, limit: 6 });
    await change({ ...TREE, limit: 7 });
    expect((await piped('rollback')).stdout).toMatch(/^Version 4 applied \(rollback, 1 change/);
    expect(config.get('limit')).toBe(6);
    expect((await piped('rollback', '3')).code).toBe(0);
    expect(config.get('limit')).toBe(7);
    expect((await piped('rollback', '--steps', '2', '--reason', 'oops')).code).toBe(0);
    expect(config.get('limit')).toBe(5);
    const { stdout } = await piped('history');
    expect(stdout.split('\n')[0]).toMatch(
      /^6\t\S+\trollback to 1\t~1\tmemory\t.* \(unverified\)\toops\tcurrent$/,
    );
    expect((await piped('status', '--check')).code).toBe(1);
    expect((await piped('reload', '--force')).code).toBe(0);
    expect((await piped('status', '--check')).code).toBe(0);
  });

  it('list the kept versions if the requested one is not kept', async () => {
    const { piped } = await operated();
    expect(await piped('rollback', '9')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /version 9 is not kept; the only kept version is 1\nList the kept versions/,
      ),
    });
    expect(await piped('rollback', '1', '--steps', '1')).toMatchObject({ code: 2 });
    expect(await piped('rollback', 'last')).toMatchObject({ code: 2 });
  });
});

describe('hot-config status', () => {
  it('shows the probation of a version while it lasts', async () => {
    const { piped, change, manager } = await operated({ probation: { for: '1h' } });
    expect((await piped('status')).stdout).not.toContain('Probation');

    await change({ ...TREE, limit: 6 });
    expect((await piped('status')).stdout).toMatch(
      /^Probation\tuntil [-\d:.TZ]+: 0 checks, 0 of 0 requests failed$/m,
    );
    await manager.disable();
    expect((await piped('status')).stdout).not.toContain('Probation');
  });

  it('says since when the last error is over; all times are in one zone, that of the user on a terminal', async () => {
    const { piped, typed, json, change } = await operated();
    await change({ ...TREE, limit: 13 });
    const rejected = (await piped('status')).stdout;
    expect(rejected).toMatch(/^Last error\t[-\d]+T[:.\d]+Z$/m);
    expect(rejected).toMatch(/^Problems\t.* since [-\d]+T[:\d]+Z; version 1 stays in force$/m);
    expect(rejected).not.toMatch(/\d{4}-\d\d-\d\d \d\d:\d\d/);
    const onTerminal = (await typed('status')).stdout;
    expect(onTerminal).toMatch(/^Problems +.* since [-\d]+ [:\d]+; version 1 stays in force$/m);
    expect(onTerminal).not.toMatch(/\dT\d\d:\d\d/);
    await change({ ...TREE, limit: 6 });
    expect((await piped('status')).stdout).toMatch(
      /^Last error\t[-\d]+T[:.\d]+Z, over since [-\d]+T[:.\d]+Z$/m,
    );
    const { lastError } = await json<{ lastError: { time: string; overSince: string } }>('status');
    expect(Date.parse(lastError.overSince)).toBeGreaterThanOrEqual(Date.parse(lastError.time));
  });
});

describe('hot-config enable and disable', () => {
  it('turn watching on and off', async () => {
    const { piped, manager } = await operated();
    expect((await piped('disable')).stdout).toBe('Sources are not watched.\n');
    expect(manager.status().watching).toBe(false);
    expect((await piped('enable', '--json')).stdout).toBe('{"watching":true}\n');
    expect(manager.status().watching).toBe(true);
  });
});

describe('hot-config on a terminal', () => {
  it('prints tables with column names; in a pipe, cells separated by tabs', async () => {
    const { typed, piped } = await operated();
    expect((await typed('history')).stdout).toMatch(/version {2}time .*\n1 {8}\d{4}-\d\d-\d\d/);
    expect((await piped('history')).stdout).toMatch(
      /^1\t\d{4}-\d\d-\d\dT\S+\tboot\t\+7\tmemory\t\t\tcurrent\n$/,
    );
    expect((await typed('status')).stdout).toMatch(/App +gateway, pid \d+/);
    expect((await typed('set', 'limit', '7')).stdout).toMatch(/path +before +now\n~ +limit +5 +7\n/);
    expect((await typed('plan')).stdout).toBe('A reload would change nothing.\n');
    expect((await typed('explain', 'limit')).stdout).toMatch(/Value +7\nSource +overrides/);
  });

  it('prints no control characters of a value', async () => {
    const { socketDir, change } = await operated();
    await change({ ...TREE, llm: { model: '\u001b[2Jgone\u009b1m' } });
    for (const args of [
      ['get', 'llm.model'],
      ['get', 'llm'],
      ['explain', 'llm.model'],
      ['set', 'llm.model', 'well'],
    ]) {
      const { stdout } = await cli(['--socket-dir', socketDir, ...args], { terminal: true });
      expect(stdout).toContain('gone');
      // Those of the command itself are colours.
      // eslint-disable-next-line no-control-regex -- the test is about them
      expect(stdout.replaceAll(/\u001b\[\d+m/g, '')).not.toMatch(/[\u001b\u009b]/);
    }
  });
});

describe('The log of the app', () => {
  it('has the caller, the method and the reason of each change', async () => {
    const log = vi.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    const { piped } = await operated();
    await piped('reload', '--reason', 'new\nERROR forged line');
    await piped('get');
    const lines = log.mock.calls
      .map(([line]) => String(line))
      .filter((line) => line.startsWith('Control channel: '));
    const { username } = userInfo();
    expect(lines).toEqual([
      `Control channel: reload requested by ${username} (unverified), pid ${process.pid} (unverified)`,
      `Control channel: reload by ${username} (unverified) ended: unchanged, reason: new\\u000aERROR forged line`,
    ]);
    log.mockRestore();
  });
});

describe('hot-config diff', () => {
  it('compares two versions, or a version with the sources', async () => {
    const { piped, typed, json, change, source } = await operated();
    await change({ ...TREE, limit: 6, llm: { ...TREE.llm, api_key: 'sk-9999' } });
    expect((await piped('diff')).stdout).toBe('~\tlimit\t5\t6\n~\tllm.api_key\t[hidden]\t[hidden]\n');
    expect((await piped('diff', '2', '1')).stdout).toMatch(/^~\tlimit\t6\t5\n/);
    source.set({ ...TREE, limit: 'seven', extra: 1 });
    expect((await piped('diff', '2', 'sources', '--exit-code')).code).toBe(1);
    expect((await piped('diff', '1', 'sources')).stdout).toBe('!\tlimit\t5\tseven\n+\textra\t\t1\n');
    expect((await typed('diff', '1', '1')).stdout).toBe('version 1 → version 1: no differences\n');
    expect(await json('diff', '1', '2', '--patch')).toContainEqual({
      op: 'replace',
      path: '/limit',
      value: 6,
    });
    expect(await json('diff', '1', '2')).toMatchObject({ stats: { changed: 2 } });
    expect(await piped('diff', '9')).toMatchObject({ code: 1, stderr: expect.stringContaining('not kept') });
    expect(await piped('diff', 'newest')).toMatchObject({ code: 2 });
  });
});

describe('hot-config --help', () => {
  it('lists the commands and the exit codes', async () => {
    const { code, stdout } = await cli(['--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/status .*\n[\s\S]*Exit codes:\n {2}0 /);
    expect((await cli(['set', '--help'])).stdout).toContain('--ttl');
    expect((await cli(['set', '--help'])).stdout).toContain('All commands also take --json');
    expect((await cli(['--help'])).stdout).not.toContain('All commands also take --json');
    expect((await cli(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await cli([])).code).toBe(2);
    expect((await cli(['help'])).stdout).toBe((await cli(['--help'])).stdout);
    expect((await cli(['help', 'set'])).stdout).toBe((await cli(['set', '--help'])).stdout);
  });

  it('suggests a similar command for an unknown one', async () => {
    expect(await cli(['help', 'statsu'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /^error: unknown command 'statsu'\n\(Did you mean status\?\)\nRun hot-config --help/,
      ),
    });
    expect((await cli(['help', 'xyzzy'])).stderr).not.toContain('Did you mean');
    expect(JSON.parse((await cli(['help', 'statsu', '--json'])).stderr)).toMatchObject({
      error: { code: 'USAGE' },
    });
  });
});

describe('The hot-config command', () => {
  it('prints an invalid command line and the next step as JSON', async () => {
    for (const [args, message] of [
      [[], 'no command was given'],
      [['statsu'], "unknown command 'statsu'\n(Did you mean status?)"],
      [['get', '--jsn'], "unknown option '--jsn'\n(Did you mean --json?)"],
      [['explain'], "missing required argument 'path'"],
    ] as const) {
      const { code, stdout, stderr } = await cli([...args, '--json']);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(JSON.parse(stderr)).toEqual({
        error: { code: 'USAGE', message, next: expect.stringContaining('hot-config help COMMAND') },
      });
    }
  });

  it('exits with 3 if no app runs, with or without --json', async () => {
    const at = ['--socket-dir', new TempFolder().path];
    expect(await cli(['apps', ...at])).toMatchObject({ code: 3, stdout: '' });
    const { code, stdout, stderr } = await cli(['apps', '--json', ...at]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '[]\n' });
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'NO_APP' } });
  });

  it('prints times in the local time zone on a terminal, and as ISO 8601 in a pipe', async () => {
    const { piped, typed } = await operated();
    await piped('set', 'limit', '7', '--ttl', '1h');
    const [forPrograms, forPeople] = [await piped('status'), await typed('status')];
    const iso = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z';
    expect(forPrograms.stdout).toMatch(new RegExp(`^Version\t2 \\(override\\), since ${iso}$`, 'm'));
    expect(forPrograms.stdout).toMatch(new RegExp(`^Overrides\tlimit since ${iso} until ${iso} by `, 'm'));
    expect((await piped('explain', 'limit')).stdout).toMatch(new RegExp(`^Since\tversion 2, ${iso}$`, 'm'));
    expect(forPeople.stdout).toMatch(/^Version +2 \(override\), since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/m);
  });

  it('ignores an empty environment variable, and refuses an empty option', async () => {
    const { socketDir, piped } = await operated();
    for (const name of ['HOT_CONFIG_APP', 'HOT_CONFIG_URL', 'HOT_CONFIG_TOKEN']) vi.stubEnv(name, '');
    expect((await piped('get', 'limit')).stdout).toBe('5\n');
    vi.stubEnv('HOT_CONFIG_SOCKET_DIR', socketDir);
    vi.stubEnv('HOT_CONFIG_APP', 'gateway');
    expect((await cli(['get', 'limit'])).stdout).toBe('5\n');
    vi.unstubAllEnvs();
    expect(await piped('get', 'limit', '--app', '')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("'--app <name>' argument '' is invalid. It must not be empty."),
    });
  });

  it('sends a number that JSON cannot contain as a string', async () => {
    const { piped, config } = await operated();
    await piped('set', 'limit', '1e999');
    expect(config.get('limit')).toBe('1e999');
  });

  it.each([
    [
      '738529527931269425',
      'limit is 738529527931269425, which has more digits than a number can hold exactly',
      '--string',
    ],
    ['1e-400', 'limit is 1e-400, which is too close to zero for a number', '--string'],
    ['0.12345678901234567890', 'limit is 0.12345678901234567890, which has more digits', '--string'],
    [
      '{"id": [738529527931269425]}',
      'limit.id.0 is 738529527931269425, which has more digits',
      'double quotes',
    ],
    ['[1e999]', 'limit.0 is 1e999, which is too large for a number', 'double quotes'],
  ])('refuses %s, of which a number would become another one', async (value, message, advice) => {
    const { piped, config } = await operated();
    const { code, stderr } = await piped('set', 'limit', value);
    expect([code, config.get('limit')]).toEqual([2, 5]);
    expect(stderr).toContain(`The value of ${message}`);
    expect(stderr).toContain(advice);
    expect((await piped('set', 'limit', value, '--string')).code).toBe(0);
    expect(config.get('limit')).toBe(value);
  });

  it('refuses a value with a repeated key, of which only the last one would count', async () => {
    const { piped, config } = await operated();
    const { code, stderr } = await piped('set', 'limit', '{"a": 1, "a": 738529527931269425}');
    expect([code, config.get('limit')]).toEqual([2, 5]);
    expect(stderr).toContain('column 10 of the value, the key "a" appears a second time here');
  });

  it('does not print a secret number that it refuses', async () => {
    const { piped } = await operated();
    const { code, stderr } = await piped('set', 'llm.api_key', '738529527931269425');
    expect(code).toBe(2);
    expect(stderr).toContain('The value of llm.api_key is a number that has more digits');
    expect(stderr).not.toContain('7385');
  });

  it('warns about a string that starts like JSON, unless --string is used', async () => {
    const { piped, config } = await operated();
    const warning = expect.stringContaining('starts like JSON but is not valid JSON');
    expect(await piped('set', 'llm.model', '{name: small}')).toMatchObject({ code: 0, stderr: warning });
    expect(config.get('llm.model')).toBe('{name: small}');
    for (const args of [['[a', '--string'], ['["a"]'], ['a [b]'], ['[a', '--json']])
      expect((await piped('set', 'llm.model', ...args)).stderr).toBe('');
  });

  it('notes that there was no override to remove', async () => {
    const { piped } = await operated();
    expect(await piped('unset', 'llm.modle')).toMatchObject({
      code: 0,
      stderr:
        'There was no override at llm.modle, or it had the same value as the sources. See hot-config status.\n',
    });
    expect((await piped('unset', 'llm.modle', '--json')).stderr).toBe('');
  });
});

describe('An internal error of the command', () => {
  it('is reported with exit code 70, and never thrown', async () => {
    let printed = '';
    const broken = new Writable({ write: () => undefined });
    broken.write = () => {
      throw new TypeError('the pipe is not one');
    };
    const stderr = new Writable({ write: (chunk, _encoding, done) => ((printed += String(chunk)), done()) });
    expect(await runCli(['completion', 'bash'], { stdout: broken, stderr })).toBe(70);
    expect(printed).toMatch(
      /^hot-config: Internal error, please report it: TypeError: the pipe is not one\n +at /,
    );
  });
});
