import { inspect } from 'node:util';
import { Inject, Injectable, Module } from '@nestjs/common';
import { ConditionalModule, ConfigModule, ConfigService, type ConfigType, registerAs } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import Joi from 'joi';
import { HotConfigModule, HotConfigService } from 'nestjs-hot-config';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { makePipe, writeToPipe } from '../../support/named-pipe.js';
import { isMissing } from '../../support/programs.js';
import { TempFolder } from '../../support/temp-folder.js';
import { until } from '../../support/until.js';
import { restoreEnvironment, startEnvApp } from './support/env-app.js';

type Validate = (variables: Record<string, unknown>) => Record<string, unknown>;

describe('The environment of an app for @nestjs/config', () => {
  it('is live: a saved env file is in ConfigService and process.env a moment later', async () => {
    const { config, folder } = await startEnvApp('HC_HOST=a\n', { enabled: true });
    expect([config.get('HC_HOST'), process.env['HC_HOST']]).toEqual(['a', 'a']);
    folder.write('.env', 'HC_HOST=b\n');
    await until('the file is followed', () => config.get('HC_HOST') === 'b');
    expect(process.env['HC_HOST']).toBe('b');
  });

  it('removes a variable that is no longer in the file, and keeps one that existed before the app', async () => {
    process.env['HC_GIVEN'] = 'given';
    const { config, save } = await startEnvApp('HC_GIVEN=file\nHC_OWN=1\n');
    expect([config.get('HC_GIVEN'), config.get('HC_OWN')]).toEqual(['given', '1']);
    await save('HC_GIVEN=other\n');
    expect(process.env['HC_GIVEN']).toBe('given');
    expect('HC_OWN' in process.env).toBe(false);
    expect(config.get('HC_OWN')).toBeUndefined();
  });

  it('restores the previous value of a variable that the file overrode', async () => {
    process.env['HC_GIVEN'] = 'given';
    const { config, save } = await startEnvApp('HC_GIVEN=file\n', { override: true });
    expect([config.get('HC_GIVEN'), process.env['HC_GIVEN']]).toEqual(['file', 'file']);
    await save('HC_GIVEN=edited\n');
    expect(process.env['HC_GIVEN']).toBe('edited');
    await save('');
    expect([config.get('HC_GIVEN'), process.env['HC_GIVEN']]).toEqual(['given', 'given']);
  });

  it('keeps what other code has set in process.env since', async () => {
    const { config, save } = await startEnvApp('HC_A=1\n');
    process.env['HC_A'] = 'mine';
    await save('HC_A=2\n');
    expect([config.get('HC_A'), process.env['HC_A']]).toEqual(['mine', 'mine']);
  });

  it('does not take for predefined what another app of the process read from its file', async () => {
    const first = await startEnvApp('HC_A=1\n');
    await first.app.close();
    const second = await startEnvApp('HC_A=2\n');
    expect([second.config.get('HC_A'), process.env['HC_A']]).toEqual(['2', '2']);
  });

  it('changes nothing if the schema rejects it, and reports the place', async () => {
    const validationSchema = Joi.object({ HC_PORT: Joi.number().port().required() });
    const { config, save } = await startEnvApp('HC_PORT=80\n', { validationSchema });
    expect(config.get('HC_PORT')).toBe(80);
    const result = await save('# the port\nHC_PORT=http\n');
    expect(result).toMatchObject({ outcome: 'rejected', stage: 'validate' });
    expect(result.issues).toMatchObject([{ path: 'HC_PORT', origin: { line: 2 } }]);
    expect([config.get('HC_PORT'), process.env['HC_PORT']]).toEqual([80, '80']);
    expect((await save('HC_PORT=81\n')).outcome).toBe('applied');
    expect([config.get('HC_PORT'), process.env['HC_PORT']]).toEqual([81, '81']);
  });

  it('changes nothing if a handler vetoes it or a factory fails', async () => {
    const broken = registerAs('broken', () => {
      if (process.env['HC_A'] === 'bad') throw new Error('cannot be');
      return { a: process.env['HC_A'] };
    });
    const { config, save } = await startEnvApp('HC_A=1\n', { load: [broken] });
    expect(await save('HC_A=bad\n')).toMatchObject({ outcome: 'rejected' });
    expect([config.get('HC_A'), config.get('broken.a'), process.env['HC_A']]).toEqual(['1', '1', '1']);
  });

  it('follows a rollback', async () => {
    const { config, manager, save } = await startEnvApp('HC_A=1\nHC_B=1\n');
    await save('HC_A=2\n');
    await manager.rollback();
    expect([config.get('HC_A'), process.env['HC_A'], process.env['HC_B']]).toEqual(['1', '1', '1']);
  });

  it('keeps what a rollback restored when a value set before ends with it', async () => {
    const { config, manager, save, folder } = await startEnvApp('HC_A=1\nHC_B=1\n');
    await save('HC_A=2\nHC_B=1\n');
    config.set('HC_B', '7');
    await until('the value is set', () => manager.status().overrides.length === 1);
    await manager.reload();
    await manager.rollback(1);
    expect([config.get('HC_A'), process.env['HC_B']]).toEqual(['1', '1']);
    await manager.reload();
    expect([config.get('HC_A'), process.env['HC_A'], config.get('HC_B')]).toEqual(['1', '1', '1']);
    folder.write('.env', 'HC_A=3\nHC_B=1\n');
    await manager.reload();
    expect(config.get('HC_A')).toBe('3');
  });

  it('keeps what a rollback restored when a value is set after it', async () => {
    const { config, manager, save } = await startEnvApp('HC_A=1\nHC_B=1\n');
    await save('HC_A=2\nHC_B=1\n');
    await manager.rollback(1);
    config.set('HC_B', '7');
    await until('the value is set', () => manager.status().overrides.length === 1);
    await manager.reload();
    expect([config.get('HC_A'), config.get('HC_B'), process.env['HC_B']]).toEqual(['1', '7', '7']);
  });

  it('counts no content as rolled back when only a set value differs from what a rollback restored', async () => {
    const { config, manager } = await startEnvApp('HC_A=1\n');
    config.set('HC_A', '7');
    await until('the value is set', () => manager.status().overrides.length === 1);
    await manager.reload();
    await manager.rollback(1);
    await manager.reload();
    expect(config.get('HC_A')).toBe('1');
    expect(manager.status().rolledBack).toEqual([]);
  });

  it('expands variables at each change', async () => {
    const { config, save } = await startEnvApp('HC_HOST=a\nHC_URL=http://${HC_HOST}\n', {
      expandVariables: true,
    });
    expect(config.get('HC_URL')).toBe('http://a');
    await save('HC_HOST=b\nHC_URL=http://${HC_HOST}\n');
    expect([config.get('HC_URL'), process.env['HC_URL']]).toEqual(['http://b', 'http://b']);
  });

  it('calls factories again, and only they see the new environment until the commit', async () => {
    const seen: unknown[] = [];
    const hold: { release?: () => void } = {};
    const slow = registerAs('slow', async () => {
      const before = process.env['HC_A'];
      if (before === '2') await new Promise<void>((resolve) => (hold.release = resolve));
      seen.push([before, process.env['HC_A'], 'HC_NEW' in process.env, { ...process.env }['HC_A']]);
      return { a: process.env['HC_A'] };
    });
    const { config, save } = await startEnvApp('HC_A=1\n', { load: [slow] });
    const env = process.env;
    const saving = save('HC_A=2\nHC_NEW=x\n');
    await until('the factory runs', () => hold.release !== undefined);
    expect([process.env['HC_A'], env['HC_A'], config.get('slow.a'), process.env['HC_NEW']]).toEqual([
      '1',
      '1',
      '1',
      undefined,
    ]);
    hold.release!();
    await saving;
    expect(seen.at(-1)).toEqual(['2', '2', true, '2']);
    expect([process.env['HC_A'], config.get('slow.a'), process.env === env]).toEqual(['2', '2', true]);
  });

  it('shows two apps that reload at the same time each its own variables, and restores process.env after both', async () => {
    const env = process.env;
    const release: (() => void)[] = [];
    const start = (name: string) => {
      const slow = registerAs('slow', async () => {
        if (process.env[name] === '2') await new Promise<void>((resolve) => release.push(resolve));
        return { seen: [process.env['HC_A'], process.env['HC_B']] };
      });
      return startEnvApp(`${name}=1\n`, { load: [slow] });
    };
    const first = await start('HC_A');
    const second = await start('HC_B');
    const saving = [first.save('HC_A=2\n'), second.save('HC_B=2\n')];
    await until('both factories run', () => release.length === 2);
    expect([process.env['HC_A'], process.env['HC_B']]).toEqual(['1', '1']);
    for (const each of release) each();
    await Promise.all(saving);
    expect([process.env['HC_A'], process.env['HC_B'], process.env === env]).toEqual(['2', '2', true]);
    expect(first.config.get<unknown[]>('slow.seen')![0]).toBe('2');
    expect(second.config.get<unknown[]>('slow.seen')![1]).toBe('2');
  });

  it('passes on unchanged what factories create for libraries: classes, functions, instances with their own state', async () => {
    class Strategy {
      calls = 0;
      readonly self: Strategy;
      constructor(readonly prefix: string | undefined) {
        this.self = this;
      }
    }
    class Entity {}
    const retry = () => 1;
    const orm = registerAs('orm', () => ({
      entities: [Entity],
      retry,
      strategy: new Strategy(process.env['HC_PREFIX']),
    }));
    const { config, save } = await startEnvApp('HC_PREFIX=a\nHC_B=1\n', { load: [orm] });
    const strategy = config.get<Strategy>('orm.strategy')!;
    strategy.calls += 1;
    expect(config.get<unknown>('orm.entities')).toEqual([Entity]);
    expect([config.get<unknown>('orm.retry'), config.get('orm.strategy.prefix')]).toEqual([retry, 'a']);
    await save('HC_PREFIX=b\nHC_B=1\n');
    expect(config.get('orm.strategy.prefix')).toBe('b');
    expect(strategy).toMatchObject({ prefix: 'a', calls: 1 });
  });

  it('has live namespaces, by load, by forFeature() and by ConfigModule.forFeature()', async () => {
    const one = registerAs('one', () => ({ a: process.env['HC_A'] }));
    const two = registerAs('two.deep', () => ({ a: process.env['HC_A'] }));
    const three = registerAs('three', () => ({ a: process.env['HC_A'] }));
    @Injectable()
    class Reader {
      constructor(
        @Inject(one.KEY) readonly first: ConfigType<typeof one>,
        @Inject(two.KEY) readonly second: ConfigType<typeof two>,
        readonly config: ConfigService,
      ) {}
    }
    @Module({
      imports: [HotConfigModule.forFeature(two), ConfigModule.forFeature(three), ConfigModule],
      providers: [Reader],
      exports: [Reader],
    })
    class FeatureModule {}
    const { app, config, save } = await startEnvApp(
      'HC_A=1\n',
      { load: [Promise.resolve(one)] },
      { imports: [FeatureModule, HotConfigModule.forFeature(() => ({ plain: process.env['HC_A'] }))] },
    );
    const reader = app.get(Reader);
    const read = () => [
      reader.first.a,
      reader.second.a,
      config.get('two.deep.a'),
      config.get('three.a'),
      config.get('plain'),
    ];
    expect(read()).toEqual(['1', '1', '1', '1', '1']);
    await save('HC_A=2\n');
    expect(read()).toEqual(['2', '2', '2', '2', '2']);
    expect(reader.config).toBe(app.get(HotConfigService));
  });
});

describe('ConditionalModule', () => {
  it('waits for the variables of the env files', async () => {
    restoreEnvironment();
    @Module({ providers: [{ provide: 'extra', useValue: 1 }], exports: ['extra'] })
    class ExtraModule {}
    const { app } = await startEnvApp(
      'HC_EXTRA=true\n',
      {},
      { imports: [ConditionalModule.registerWhen(ExtraModule, 'HC_EXTRA', { debug: false })] },
    );
    expect(app.get('extra', { strict: false })).toBe(1);
    await expect(HotConfigModule.envVariablesLoaded).resolves.toBeUndefined();
  });
});

describe('ConfigService.set()', () => {
  it('can be read immediately, is emitted once, and lasts', async () => {
    const { config, manager, save } = await startEnvApp('HC_URL=a.test\nHC_MAIL=me@${HC_URL}\n', {
      expandVariables: true,
    });
    const emitted: unknown[] = [];
    config.changes$.subscribe(({ path, oldValue, newValue }) => emitted.push([path, oldValue, newValue]));
    config.set('HC_URL', 'b.test');
    expect([config.get('HC_URL'), config.get('HC_MAIL')]).toEqual(['b.test', 'me@b.test']);
    expect([process.env['HC_URL'], process.env['HC_MAIL']]).toEqual(['b.test', 'me@b.test']);
    expect(emitted).toEqual([['HC_URL', 'a.test', 'b.test']]);
    await manager.settled();
    expect(emitted).toEqual([
      ['HC_URL', 'a.test', 'b.test'],
      ['HC_MAIL', 'me@a.test', 'me@b.test'],
    ]);
    await save('HC_URL=c.test\nHC_MAIL=you@${HC_URL}\n');
    expect([config.get('HC_URL'), config.get('HC_MAIL')]).toEqual(['b.test', 'you@b.test']);
    await manager.unset('HC_URL');
    await manager.reload();
    expect([config.get('HC_URL'), config.get('HC_MAIL'), process.env['HC_URL']]).toEqual([
      'c.test',
      'you@c.test',
      'c.test',
    ]);
  });

  it('is undone if the reload is rejected', async () => {
    const { config, manager } = await startEnvApp('HC_A=1\n', {
      validators: [(candidate) => ('HC_A' in candidate && candidate.HC_A === 'no' ? 'not that' : undefined)],
    });
    config.set('HC_A', 'no');
    expect([config.get('HC_A'), process.env['HC_A']]).toEqual(['no', 'no']);
    await manager.settled();
    expect([config.get('HC_A'), process.env['HC_A']]).toEqual(['1', '1']);
  });

  it('does not change a pinned request, except the one that set the value', async () => {
    const { app, config } = await startEnvApp('HC_A=1\n');
    const hot = app.get<HotConfigService>(HotConfigService);
    const other = hot.runPinned(async () => {
      await until('it is committed', () => hot.current.get('HC_A') === '2');
      return config.get('HC_A');
    });
    const own = hot.runPinned(async () => {
      config.set('HC_A', '2');
      await until('it is committed', () => hot.current.get('HC_A') === '2');
      return config.get('HC_A');
    });
    expect([await other, await own]).toEqual(['1', '2']);
  });
});

describe('Options of @nestjs/config', () => {
  it.each([
    ['zod', z.object({ HC_PORT: z.coerce.number().default(80), HC_NAME: z.string() })],
    ['Joi', Joi.object({ HC_PORT: Joi.number().default(80), HC_NAME: Joi.string().required() })],
  ])('validationSchema of %s makes values, defaults and process.env', async (_what, validationSchema) => {
    process.env['HC_NAME'] = 'given';
    const { config, save } = await startEnvApp('HC_OTHER=x\n', { validationSchema });
    expect([config.get('HC_PORT'), config.get('HC_NAME'), config.get('HC_OTHER')]).toEqual([
      80,
      'given',
      'x',
    ]);
    expect(process.env['HC_PORT']).toBe('80');
    await save('HC_PORT=81\n');
    expect([config.get('HC_PORT'), process.env['HC_PORT'], config.get('HC_OTHER')]).toEqual([
      81,
      '81',
      undefined,
    ]);
  });

  it.each([
    [
      'Joi 17, which is no Standard Schema',
      (schema: Joi.ObjectSchema) => ({ validate: schema.validate.bind(schema) }),
    ],
    ['Joi 18', (schema: Joi.ObjectSchema) => schema],
  ])('validationSchema of %s has the options of @nestjs/config 4 if they are given', async (_what, as) => {
    const joi = Joi.object({ HC_PORT: Joi.number().port().default(80) });
    const options = { validationSchema: as(joi), validatePredefined: false };
    const { config, save } = await startEnvApp('HC_OTHER=x\n', options as object);
    expect(config.get('HC_PORT')).toBe(80);
    expect(await save('HC_PORT=http\n')).toMatchObject({
      issues: [{ path: 'HC_PORT', origin: { line: 1 } }],
    });

    const strict = { ...options, validationOptions: { allowUnknown: false } };
    const error = await startEnvApp('HC_PORT=http\nHC_PROT=1\n', strict as object).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ issues: [{ path: 'HC_PORT' }, { path: 'HC_PROT' }] });
  });

  it('keep the environment itself out of the snapshot', async () => {
    const validationSchema = Joi.object({ HC_A: Joi.number() });
    const { app } = await startEnvApp('HC_A=1\n', { validationSchema });
    expect(app.get(HotConfigService).value).toEqual({ HC_A: 1 });
  });

  it('call validate once at boot and once at each change', async () => {
    const validate = vi.fn<Validate>((variables) => ({ ...variables, HC_SUM: 1 }));
    const { config, save } = await startEnvApp('HC_A=1\n', { validate });
    expect(validate).toHaveBeenCalledTimes(1);
    expect(config.get('HC_SUM')).toBe(1);
    await save('HC_A=2\n');
    expect(validate).toHaveBeenCalledTimes(2);
    expect(validate.mock.lastCall![0]).toMatchObject({ HC_A: '2' });
  });

  it('do not validate the environment with validatePredefined: false', async () => {
    process.env['HC_GIVEN'] = 'x';
    const validate = vi.fn<Validate>((variables) => variables);
    await startEnvApp('HC_A=1\n', { validate, validatePredefined: false });
    expect(validate).toHaveBeenCalledExactlyOnceWith({ HC_A: '1' });
  });

  it('leave only what is loaded or validated with skipProcessEnv', async () => {
    process.env['HC_GIVEN'] = 'x';
    const load = [() => ({ HC_B: 'loaded' })];
    const bare = await startEnvApp('HC_A=1\nHC_B=2\n', { skipProcessEnv: true, load });
    expect(['HC_GIVEN', 'HC_A', 'HC_B'].map((name) => bare.config.get<string>(name))).toEqual([
      undefined,
      undefined,
      'loaded',
    ]);
    expect(process.env['HC_A']).toBe('1');
    const validate = (variables: Record<string, unknown>) => variables;
    const checked = await startEnvApp('HC_A=1\n', { skipProcessEnv: true, validate });
    expect(checked.config.get('HC_A')).toBe('1');
  });

  it('keep what was read of the environment until the configuration changes with cache', async () => {
    process.env['HC_GIVEN'] = 'a';
    const { config, save } = await startEnvApp('HC_A=1\n', { cache: true });
    expect(config.get('HC_GIVEN')).toBe('a');
    process.env['HC_GIVEN'] = 'b';
    expect(config.get('HC_GIVEN')).toBe('a');
    await save('HC_A=2\n');
    expect(config.get('HC_GIVEN')).toBe('b');
  });

  it('accept several paths in envFilePath, of which the first wins; read none with ignoreEnvFile', async () => {
    const { config, folder, manager } = await startEnvApp('HC_A=1\n');
    const paths = [folder.write('local.env', 'HC_B=local\n'), folder.write('all.env', 'HC_B=all\nHC_C=c\n')];
    const several = await startEnvApp('', { envFilePath: paths });
    expect([several.config.get('HC_B'), several.config.get('HC_C')]).toEqual(['local', 'c']);
    folder.write('local.env', '');
    await several.manager.reload();
    expect(several.config.get('HC_B')).toBe('all');
    const none = await startEnvApp('HC_D=1\n', { ignoreEnvFile: true });
    expect(none.config.get('HC_D')).toBeUndefined();
    expect([config.get('HC_A'), manager.status().version]).toEqual(['1', 1]);
  });

  it('read env files with parser', async () => {
    const parser = (bytes: Buffer) => JSON.parse(bytes.toString()) as Record<string, unknown>;
    const { config, save } = await startEnvApp('{"HC_A": "1"}', { parser });
    expect(config.get('HC_A')).toBe('1');
    expect((await save('{"HC_A": ')).outcome).toBe('rejected');
    await save('{"HC_A": "2"}');
    expect([config.get('HC_A'), process.env['HC_A']]).toEqual(['2', '2']);
  });

  it('may come from forRootAsync(): factories see the environment, and process.env follows', async () => {
    restoreEnvironment();
    const { folder } = await startEnvApp('HC_A=1\n');
    folder.write('late.env', 'HC_LATE=1\n');
    @Module({
      imports: [
        HotConfigModule.forRootAsync({
          useFactory: () => ({
            envFilePath: folder.file('late.env'),
            load: [registerAs('late', () => ({ a: process.env['HC_LATE'] }))],
          }),
        }),
      ],
    })
    class AppModule {}
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
    onTestFinished(() => app.close());
    const config = app.get(ConfigService);
    expect([config.get('HC_LATE'), config.get('late.a'), process.env['HC_LATE']]).toEqual(['1', '1', '1']);
  });

  it('fail the start with the message of @nestjs/config and the place', async () => {
    const validationSchema = z.object({ HC_PORT: z.coerce.number() });
    const error: unknown = await startEnvApp('\nHC_PORT=x\n', { validationSchema }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      message: expect.stringMatching(/^Config validation error: HC_PORT: /),
      issues: [{ path: 'HC_PORT', origin: { line: 2 } }],
    });
    expect((error as Error).stack).toContain('.env:2:');
  });

  it('fail the start without a secret value that the schema repeats in its message', async () => {
    const validationSchema = Joi.object({ HC_PASSWORD: Joi.string().pattern(/^x/) });
    await expect(startEnvApp('HC_PASSWORD=hunter2\n', { validationSchema })).rejects.toThrow(
      /^Config validation error: HC_PASSWORD: is not valid$/,
    );
  });

  // The values were never in force, so nothing else makes them known.
  it.each(['walrus lagoon pewter', 'key=walrus lagoon pewter'])(
    'hide the new secret %s that validate() repeats in its message, at the start and later',
    async (secret) => {
      const validate: Validate = ({ HC_TOKEN, ...others }) => {
        if (HC_TOKEN !== 'right') throw new Error(`the token <${String(HC_TOKEN)}> is refused`);
        return { ...others, HC_TOKEN };
      };
      const refused = `HC_TOKEN="${secret}"\n`;
      const atStart = await startEnvApp(refused, { validate }).catch((error: unknown) => error as Error);
      expect(atStart).toMatchObject({ message: 'the token <[hidden]> is refused' });
      expect((atStart as Error).stack).not.toContain('lagoon');

      const { save } = await startEnvApp('HC_TOKEN=right\n', { validate });
      const result = await save(refused);
      expect(result).toMatchObject({
        outcome: 'rejected',
        issues: [{ message: 'the token <[hidden]> is refused' }],
      });
      expect(inspect(result, { depth: 20, showHidden: true })).not.toContain('lagoon');
    },
  );

  it('assign variables before the code after forRoot() in the same file runs', async () => {
    restoreEnvironment();
    const { folder } = await startEnvApp('HC_A=1\n');
    folder.write('early.env', 'HC_EARLY=1\n');
    const module = HotConfigModule.forRoot({ envFilePath: folder.file('early.env') });
    expect(process.env['HC_EARLY']).toBe('1');
    await module;
  });

  it.skipIf(isMissing('mkfifo'))('reads a named pipe before the app exists, once', async () => {
    restoreEnvironment();
    const path = makePipe(new TempFolder().file('.env'));
    writeToPipe(path, 'echo HC_PIPED=1');
    const imports = [HotConfigModule.forRoot({ envFilePath: path })];
    expect(process.env['HC_PIPED']).toBe('1');
    @Module({ imports })
    class AppModule {}
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
    onTestFinished(() => app.close());
    expect(app.get(ConfigService).get('HC_PIPED')).toBe('1');
  });
});
