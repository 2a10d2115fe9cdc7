import { randomUUID } from 'node:crypto';
import { Module } from '@nestjs/common';
import { ConfigService, registerAs } from '@nestjs/config';
import { LazyModuleLoader } from '@nestjs/core';
import {
  factory,
  HotConfigModule,
  type HotConfigModuleOptions,
  type RejectedReload,
  type ReloadResult,
} from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { HOT_CONFIG_RUNTIME } from '../../../lib/model/tokens.js';
import type { HotConfigPort } from '../../../lib/runtime/port.interface.js';
import { cli } from '../../support/cli.js';
import { MemorySource } from '../../support/memory.source.js';
import { TempFolder } from '../../support/temp-folder.js';
import { until } from '../../support/until.js';
import { type EnvApp, startEnvApp } from './support/env-app.js';

interface CallingApp extends EnvApp {
  readonly calls: string[];
  readonly port: HotConfigPort;
  /** Saves the env file and reloads as a file event does. */
  readonly edit: (text: string) => Promise<ReloadResult>;
  readonly poll: () => Promise<ReloadResult>;
}

/** Starts an app with two factories, one of which returns a new value each time that it is called. */
async function startCallingApp(text: string, options: HotConfigModuleOptions = {}): Promise<CallingApp> {
  const calls: string[] = [];
  const database = registerAs('database', () => {
    calls.push('database');
    return { url: `${process.env['HC_HOST']}:${process.env['HC_PORT']}` };
  });
  const instance = registerAs('instance', async () => {
    calls.push('instance');
    return { id: randomUUID() };
  });
  const app = await startEnvApp(text, { load: [database, instance], ...options });
  const port = app.app.get<HotConfigPort>(HOT_CONFIG_RUNTIME);
  return {
    ...app,
    calls,
    port,
    edit: (next) => {
      app.folder.write('.env', next);
      return port.reload({ cause: 'file' });
    },
    poll: () => port.reload({ cause: 'file', audit: 'safety-poll' }),
  };
}

const BOTH = ['database', 'instance'];

describe('A factory beside env files', () => {
  it('is called once at boot, and not again when watching starts or a safety poll finds nothing', async () => {
    const counted = new MemorySource({});
    const { calls, manager } = await startCallingApp('HC_HOST=a\n', {
      sources: [counted],
      enabled: true,
      safetyPoll: 20,
    });
    await until('three safety polls', () => counted.loads > 4);
    expect(calls).toEqual(BOTH);
    expect(manager.status()).toMatchObject({ version: 1, missedEvents: 0 });
  });

  it('is called when a variable has changed, and not when only a comment or another file has', async () => {
    const folder = new TempFolder();
    const files = [folder.write('app.yaml', 'n: 1\n')];
    const { calls, config, edit } = await startCallingApp('HC_HOST=a\nHC_PORT=1\n', { files });
    const id = config.get<string>('instance.id');
    folder.write('app.yaml', 'n: 2\n');
    await edit('# the host\nHC_HOST=a\nHC_PORT=1\n');
    expect([config.get('n'), config.get('instance.id'), calls]).toEqual([2, id, BOTH]);
    await edit('# the host\nHC_HOST=b\nHC_PORT=1\n');
    expect([config.get('database.url'), calls]).toEqual(['b:1', [...BOTH, ...BOTH]]);
    expect(config.get('instance.id')).not.toBe(id);
  });

  it('is called once by each manual reload and by each plan', async () => {
    const { calls, manager } = await startCallingApp('HC_HOST=a\n');
    await manager.reload();
    expect(calls).toEqual([...BOTH, ...BOTH]);
    await manager.plan();
    expect(calls).toHaveLength(6);
  });

  it('has its former result again when a rejected edit is taken back', async () => {
    const validators = [
      (value: unknown) => ((value as Record<string, unknown>)['HC_HOST'] === 'bad' ? ['no'] : []),
    ];
    const { config, edit, poll, calls } = await startCallingApp('HC_HOST=a\n', { validators });
    const id = config.get<string>('instance.id');
    expect((await edit('HC_HOST=bad\n')).outcome).toBe('rejected');
    expect((await poll()).outcome).toBe('rejected');
    expect(calls).toHaveLength(4);
    expect((await edit('HC_HOST=a\n')).outcome).toBe('unchanged');
    expect([config.get('instance.id'), calls.length]).toEqual([id, 4]);
    expect((await poll()).outcome).toBe('unchanged');
    expect(calls).toHaveLength(4);
  });

  it('does not undo a rollback at the next poll', async () => {
    const { config, manager, poll, calls, save } = await startCallingApp('HC_HOST=a\n');
    const id = config.get<string>('instance.id');
    await save('HC_HOST=b\n');
    await manager.rollback();
    expect((await poll()).outcome).toBe('unchanged');
    expect([config.get('instance.id'), config.get('HC_HOST'), calls.length]).toEqual([id, 'a', 4]);
  });

  it('is called again by a poll if it failed, and its error is reported once', async () => {
    let isDown = false;
    const secret = registerAs('secret', () => {
      if (isDown) throw new Error('the store is down');
      return { host: process.env['HC_HOST'] };
    });
    const { config, edit, poll, port } = await startCallingApp('HC_HOST=a\n', { load: [secret] });
    const results: ReloadResult[] = [];
    port.observers.add({ ended: (result) => results.push(result) });
    isDown = true;
    await edit('HC_HOST=b\n');
    await poll();
    await poll();
    expect(results.map(({ outcome }) => outcome)).toEqual(['rejected']);
    isDown = false;
    await poll();
    expect([config.get('secret.host'), results.length]).toEqual(['b', 2]);
  });

  it('sees the env files of the same reload, also if it is one of the sources', async () => {
    const shop = factory(() => ({ host: process.env['HC_HOST'] }), { namespace: 'shop' });
    const { config, edit } = await startCallingApp('HC_HOST=a\n', { sources: [shop] });
    expect(config.get('shop.host')).toBe('a');
    await edit('HC_HOST=b\n');
    expect(config.get('shop.host')).toBe('b');
  });

  it('that is one of the sources hides no reason why an env file cannot be read', async () => {
    const shop = factory(() => ({ host: process.env['HC_HOST'] }));
    const validate = () => {
      if (process.env['HC_FAILS'] === '1') throw new Error('HC_HOST is wrong');
      return {};
    };
    const { manager } = await startCallingApp('HC_HOST=a\n', { sources: [shop], validate });
    process.env['HC_FAILS'] = '1';
    const { error } = (await manager.reload()) as RejectedReload;
    expect(error.message).toContain('HC_HOST is wrong');
    expect(error.message).not.toContain('factory');
  });

  it('keeps what it returned in a requested reload that another source has rejected', async () => {
    const folder = new TempFolder();
    const files = [folder.write('app.yaml', 'n: 1\n')];
    let secret = 'old';
    const vault = registerAs('vault', () => ({ secret }));
    const { config, manager, port } = await startEnvApp('HC_HOST=a\n', { files, load: [vault] }).then(
      (app) => ({
        ...app,
        port: app.app.get<HotConfigPort>(HOT_CONFIG_RUNTIME),
      }),
    );
    folder.write('app.yaml', 'n: [');
    secret = 'new';
    expect((await manager.reload()).outcome).toBe('rejected');
    folder.write('app.yaml', 'n: 2\n');
    expect((await port.reload({ cause: 'file' })).outcome).toBe('applied');
    expect([config.get('n'), config.get('vault.secret')]).toEqual([2, 'new']);
  });

  it('is not called when a module that is loaded later adds a factory', async () => {
    const { app, calls, config } = await startCallingApp('HC_HOST=a\n');
    const late = registerAs('late', () => ({ host: process.env['HC_HOST'] }));
    @Module({ imports: [HotConfigModule.forFeature(late)] })
    class Late {}
    await app.get(LazyModuleLoader).load(() => Late);
    expect([config.get('late.host'), calls]).toEqual(['a', BOTH]);
  });
});

describe('A factory that returns another value each time', () => {
  it('is named in a warning at the first manual reload, and only once', async () => {
    const { manager } = await startCallingApp('HC_HOST=a\n');
    const { issues } = await manager.reload();
    expect(issues).toEqual([
      {
        path: 'instance.id',
        message:
          'returns another value at instance.id each time it is called, although no source and no variable that it reads ' +
          'has changed. Create a random value or a time once, outside of the function. If it reads a file, list the file ' +
          'in `files`',
        origin: { source: "registerAs('instance')" },
      },
    ]);
    expect((await manager.reload()).issues).toEqual([]);
  });

  it('is named at the second edit of a variable that it does not read', async () => {
    const { edit } = await startCallingApp('HC_HOST=a\n');
    expect((await edit('HC_HOST=b\n')).issues).toEqual([]);
    expect((await edit('HC_HOST=c\n')).issues).toMatchObject([{ path: 'instance.id' }]);
    expect((await edit('HC_HOST=d\n')).issues).toEqual([]);
  });

  it('is not named if its value follows a variable, which it may read unobserved', async () => {
    const { env } = process;
    const unseen = registerAs('unseen', () => ({ url: `http://${env['HC_HOST']}/` }));
    const { edit } = await startCallingApp('HC_HOST=a1\n', { load: [unseen] });
    const issues = [];
    for (const host of ['b1', 'c1', 'd1']) issues.push(...(await edit(`HC_HOST=${host}\n`)).issues);
    expect(issues).toEqual([]);
  });
});

describe('A factory that throws', () => {
  const port = registerAs('port', () => {
    const value = Number(process.env['HC_PORT']);
    if (!Number.isInteger(value)) throw new Error('HC_PORT must be a number');
    return { value };
  });

  it('is reported with the edits of the variables that it reads since the version in force', async () => {
    const { edit, folder } = await startCallingApp('HC_HOST=a\nHC_PORT=1\n', { load: [port] });
    const result = await edit('# edited\nHC_HOST=b\nHC_PORT=secret-1\n');
    const env = folder.file('.env');
    expect(result.issues).toMatchObject([
      { path: 'port', message: 'failed: HC_PORT must be a number' },
      {
        path: 'HC_PORT',
        message: 'HC_PORT was changed since version 1',
        origin: { file: env, line: 3, column: 1 },
      },
    ]);
    expect(JSON.stringify(result)).not.toContain('secret-1');
    const removed = await edit('HC_HOST=b\n');
    expect(removed.issues[1]).toEqual({
      path: 'HC_PORT',
      message: 'HC_PORT was removed since version 1',
      origin: { source: env, file: env },
    });
  });

  it('is reported with all edits, up to five, if it has read none of the edited variables', async () => {
    const { env } = process;
    const unseen = registerAs('unseen', async () => {
      if (Object.is(env['HC_0'], 'x')) throw new Error('no');
      return {};
    });
    const { edit } = await startCallingApp('HC_PORT=1\n', { load: [unseen] });
    const lines = Array.from({ length: 8 }, (_, at) => `HC_${at}=x\n`);
    const messages = (await edit(lines.join(''))).issues.map(({ message }) => message);
    expect(messages[1]).toBe('HC_0 was added since version 1');
    expect(messages.slice(6)).toEqual(['and 4 more']);
  });

  it('is reported alone at boot', async () => {
    const starting = startCallingApp('HC_PORT=x\n', { load: [port] });
    const error = await starting.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ issues: [{ message: 'failed: HC_PORT must be a number' }] });
  });
});

describe('The explanation of a value of a factory', () => {
  it('contains the variables that this factory has read, with their present places, and no values', async () => {
    process.env['HC_GIVEN'] = 'given';
    const slow = registerAs('slow', async () => {
      const host = process.env['HC_HOST'];
      await Promise.resolve();
      return { all: [host, process.env['HC_GIVEN'], 'HC_UNSET' in process.env] };
    });
    const other = registerAs('other', async () => ({ port: process.env['HC_PORT'] }));
    const { manager, edit, folder } = await startCallingApp('HC_HOST=a\nHC_PORT=1\n', {
      load: [slow, other],
    });
    await edit('\nHC_HOST=a\nHC_PORT=1\n');
    const env = folder.file('.env');
    expect(manager.explain('slow.all').madeFrom).toEqual([
      { name: 'HC_HOST', origin: { source: env, file: env, line: 2, column: 9 } },
      { name: 'HC_GIVEN', origin: { source: 'environment', variable: 'HC_GIVEN' } },
      { name: 'HC_UNSET' },
    ]);
    expect(manager.explain('other.port').madeFrom).toMatchObject([{ name: 'HC_PORT' }]);
    expect(manager.explain('HC_HOST').madeFrom).toBeUndefined();
  });

  it('contains the variables of the env files if the factory copies the environment', async () => {
    const copying = registerAs('copying', () => ({ host: { ...process.env }['HC_HOST'] }));
    const { manager } = await startCallingApp('HC_HOST=a\nHC_PORT=1\n', { load: [copying] });
    const names = manager.explain('copying.host').madeFrom?.map(({ name }) => name);
    expect(names).toEqual(['HC_HOST', 'HC_PORT']);
  });

  it('names, for a variable, the code that has read at start what a factory made from it', async () => {
    const auth = registerAs('auth', () => ({ key: process.env['HC_KEY'] }));
    const mail = registerAs('mail', () => ({ from: process.env['HC_FROM'] }));
    const reader = {
      provide: 'READER',
      inject: [ConfigService],
      useFactory: (config: ConfigService) => [config.get('auth.key'), config.get('mail.from')],
    };
    const text = 'HC_KEY=a\nHC_FROM=b\nHC_OTHER=c\n';
    const { manager } = await startEnvApp(text, { load: [auth, mail] }, { providers: [reader] });
    const readFrom = (name: string) => manager.explain(name).readAtStart.map(({ path }) => path);
    expect(readFrom('HC_KEY')).toEqual(['auth.key']);
    expect(readFrom('HC_FROM')).toEqual(['mail.from']);
    expect(readFrom('HC_OTHER')).toEqual([]);
  });

  it('is shown by the command', async () => {
    const socketDir = new TempFolder().file('run');
    const control = { enabled: true, name: 'gateway', socketDir };
    const pool = registerAs('pool', () => ({ url: process.env['HC_HOST'], max: process.env['HC_MAX'] ?? 5 }));
    await startCallingApp('HC_HOST=secret-host\n', { load: [pool], control });
    const { stdout } = await cli(['explain', 'pool.max', '--socket-dir', socketDir]);
    expect(stdout).toMatch(/^Made from\tHC_HOST from .*\.env:1:9\nMade from\tHC_MAX, which is not set$/m);
    expect(stdout).not.toContain('secret-host');
  });

  it('leaves process.env as it was after each call', async () => {
    const { env } = process;
    const { edit } = await startCallingApp('HC_HOST=a\n');
    expect(process.env === env).toBe(true);
    await edit('HC_HOST=b\n');
    expect(process.env === env).toBe(true);
  });
});
