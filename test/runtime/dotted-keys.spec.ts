import 'reflect-metadata';
import { Inject, Injectable } from '@nestjs/common';
import { IsOptional, IsNumber, IsString } from 'class-validator';
import {
  BeforeConfigChange,
  type ConfigAccessor,
  type ConfigTree,
  HotConfigModule,
  HotConfigService,
  InjectConfig,
  OnConfigChange,
  refreshable,
  type Refreshable,
} from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { cli } from '../support/cli.js';
import { startApp } from '../support/start-app.js';
import { TempFolder } from '../support/temp-folder.js';

const TREE = {
  models: { 'gpt-4.1': { temperature: 0.2, access: 'abc-123-def' }, small: { temperature: 0 } },
  'feature.flags': { beta: false },
  ['größe'.normalize('NFD')]: 1,
};
const PATH = 'models.gpt-4.1.temperature';
const REAL = "models['gpt-4.1'].temperature";
const next = (temperature: number): ConfigTree => ({
  ...TREE,
  models: { ...TREE.models, 'gpt-4.1': { ...TREE.models['gpt-4.1'], temperature } },
});
/** Two keys that the same text without quotes may mean. */
const AMBIGUOUS = { a: { 'b.c': { d: 1 } }, 'a.b': { c: { d: 2 } } };

describe('A dotted key without quotes', () => {
  it.each([
    [PATH, 0.2],
    ['models.gpt-4.1', TREE.models['gpt-4.1']],
    ['feature.flags.beta', false],
    ['größe'.normalize('NFC'), 1],
    ['größe'.normalize('NFD'), 1],
  ])('is read at %s', async (path, value) => {
    const { config } = await startApp(TREE);
    for (let read = 0; read < 2; read += 1) {
      expect(config.get(path)).toEqual(value);
      expect(config.getOrThrow(path)).toEqual(value);
      expect(config.get(path, 'default')).toEqual(value);
      expect(config.has(path)).toBe(true);
      expect(config.snapshot.get(path)).toEqual(value);
    }
  });

  it.each([
    ['models.gpt-4.2.temperature'],
    ['models.gpt-4'],
    ["models['gpt-4'].1.temperature"],
    ['models.gpt-4[1].temperature'],
    ['models.gpt-4.1.top_p'],
    ['feature.flag'],
  ])('has no value at %s, which names something else', async (path) => {
    const { config } = await startApp(TREE);
    expect(config.get(path, 'default')).toBe('default');
    expect(config.has(path)).toBe(false);
  });

  it('loses against the path as it is written', async () => {
    const { config, manager } = await startApp({ a: { b: 1 }, 'a.b': 2, c: { d: { e: 3 }, 'd.e': 4 } });
    expect([config.get('a.b'), config.get('c.d.e')]).toEqual([2, 3]);
    await manager.set('a.b', 5);
    await manager.set('c.d.e', 6);
    expect([config.get('a.b'), config.get("a['b']"), config.get('c.d.e'), config.get("c['d.e']")]).toEqual([
      5, 1, 6, 4,
    ]);
  });

  it('is refused if it has two readings, and the message names both', async () => {
    const { config, manager } = await startApp(AMBIGUOUS);
    const both = "'a.b.c.d' may be a['b.c'].d or ['a.b'].c.d; write one of them";
    expect(config.get('a.b.c.d')).toBeUndefined();
    expect(() => config.getOrThrow('a.b.c.d')).toThrow(both);
    expect(() => manager.explain('a.b.c.d')).toThrow(both);
    await expect(manager.set('a.b.c.d', 3)).rejects.toThrow(both);
    expect(config.value).toEqual(AMBIGUOUS);
    await manager.set("a['b.c'].d", 3);
    expect(config.get("a['b.c'].d")).toBe(3);
  });

  it.each([
    [PATH, REAL],
    ['models.gpt-4.1.top_p', "models['gpt-4.1'].top_p"],
    ['models.gpt-4.1', "models['gpt-4.1']"],
    ['feature.flags.alpha', "['feature.flags'].alpha"],
    ['models.tiny.temperature', 'models.tiny.temperature'],
    ['größe'.normalize('NFC'), 'größe'.normalize('NFD')],
  ])('is set at %s as %s, and unset again', async (path, real) => {
    const { config, manager } = await startApp(TREE);
    const result = await manager.set(path, 7);
    expect(result).toMatchObject({ outcome: 'applied', reason: `${real} set` });
    expect(manager.status().overrides.map((entry) => entry.path)).toEqual([real]);
    expect(config.get(path)).toBe(7);
    await manager.unset(path);
    expect(config.value).toEqual(TREE);
  });

  it('leaves no phantom beside it', async () => {
    const { config, manager } = await startApp(TREE);
    await manager.set(PATH, 0.9);
    expect(config.get('models')).toEqual(next(0.9)['models']);
  });

  it('is explained under its real path', async () => {
    const { manager } = await startApp(TREE);
    expect(manager.explain(PATH)).toMatchObject({ path: REAL, value: 0.2, source: 'memory' });
  });

  it('is read by injected accessors and views', async () => {
    class Model {
      @IsNumber() temperature = 0.5;
      @IsOptional() @IsString() access?: string;
    }
    @Injectable()
    class Reader {
      constructor(
        @InjectConfig(PATH) readonly temperature: ConfigAccessor<number>,
        readonly model: Model,
      ) {}
    }
    Reflect.defineMetadata('design:paramtypes', [Function, Model], Reader);
    const { app, config, change } = await startApp(TREE, {
      imports: [HotConfigModule.forFeature(Model, 'models.gpt-4.1', { schema: Model })],
      providers: [Reader],
    });
    const reader = app.get(Reader);
    expect([reader.temperature(), reader.model.temperature]).toEqual([0.2, 0.2]);
    expect(config.get('models')).not.toHaveProperty('gpt-4');
    await change(next(0.7));
    expect([reader.temperature(), reader.model.temperature]).toEqual([0.7, 0.7]);
  });

  it('is followed by handlers, vetoes, onChange() and components', async () => {
    const called: string[] = [];
    @Injectable()
    class Orders {
      @OnConfigChange(PATH) follow() {
        called.push('handler');
      }
      @OnConfigChange("models['gpt-4']['1']") other() {
        called.push('other');
      }
      @BeforeConfigChange('models.gpt-4.1') check({
        candidate,
      }: {
        candidate: HotConfigService['snapshot'];
      }) {
        called.push('veto');
        if (Number(candidate.get(PATH)) > 1) throw new Error('too hot');
      }
    }
    @Injectable()
    class User {
      constructor(@Inject('CLIENT') readonly client: Refreshable<{ n: unknown }>) {}
    }
    const { app, config, change } = await startApp(TREE, {
      providers: [
        Orders,
        User,
        refreshable({ provide: 'CLIENT', on: PATH, useFactory: (snapshot) => ({ n: snapshot.get(PATH) }) }),
      ],
    });
    const stop = config.onChange(PATH, () => void called.push('onChange'));
    const result = await change(next(0.4));
    expect(result.outcome).toBe('applied');
    await Promise.resolve();
    expect(called.sort()).toEqual(['handler', 'onChange', 'veto']);
    expect(app.get(User).client.get()).toEqual({ n: 0.4 });
    expect(await change(next(2))).toMatchObject({ outcome: 'rejected' });
    stop();
  });

  it('is held back by restartRequired', async () => {
    const { change, config, manager } = await startApp(TREE, {}, { restartRequired: [PATH] });
    await change(next(0.4));
    expect(config.get(PATH)).toBe(0.2);
    expect(manager.status().pendingRestart).toEqual([REAL]);
  });

  it('is redacted by secrets, but freed only by an exception with quotes', async () => {
    const { manager, config } = await startApp(TREE, {}, { secrets: ['models.gpt-4.1.access'] });
    expect(manager.explain('models.gpt-4.1.access').value).toBe('[hidden]');
    expect(JSON.stringify(config.snapshot)).not.toContain('abc-123');

    const tree = { npc: { 'a.b': { token: 'tok-456-xyz' } } };
    const lines: string[] = [];
    const log = (line: string) => void lines.push(line);
    const logger = { log, warn: log, error: log };
    const free = await startApp(tree, {}, { secrets: ['!npc.a.b.token'], logger });
    expect(free.manager.explain('npc.a.b.token').value).toBe('[hidden]');
    expect(lines).toContain(
      "secrets: the exception '!npc.a.b.token' selects nothing; did you mean '!npc['a.b'].token'?",
    );
  });

  it('is found by a reference in a string, and refused if it has two readings', async () => {
    const folder = new TempFolder();
    const path = folder.write('a.yaml', 'models: {gpt-4.1: {t: 0.2}}\nmirror: ${models.gpt-4.1.t}\n');
    const { config } = await startApp({}, {}, { files: [path], interpolate: true });
    expect(config.get('mirror')).toBe(0.2);
    const wrong = folder.write('b.yaml', 'a: {b.c: 1}\na.b: {c: 2}\nmirror: x${a.b.c}\n');
    await expect(startApp({}, {}, { files: [wrong], interpolate: true })).rejects.toThrow(
      "mirror refers to ${a.b.c}: 'a.b.c' may be a['b.c'] or ['a.b'].c; write one of them",
    );
  });

  it('is undefined with the options of @nestjs/config alone, as there', async () => {
    const { app } = await (async () => {
      const { Module } = await import('@nestjs/common');
      const { NestFactory } = await import('@nestjs/core');
      @Module({
        imports: [
          HotConfigModule.forRoot({ ignoreEnvFile: true, load: [() => TREE as never], enabled: false }),
        ],
      })
      class AppModule {}
      return { app: await NestFactory.createApplicationContext(AppModule, { logger: false }) };
    })();
    const config = app.get<HotConfigService>(HotConfigService);
    for (let read = 0; read < 2; read += 1) {
      expect(config.get(PATH)).toBeUndefined();
      expect(config.get('models.small.temperature')).toBe(0);
      expect(config.get("models['gpt-4.1'].temperature")).toBe(0.2);
    }
    config.set(PATH, 5);
    expect(config.get(PATH)).toBe(5);
    await new Promise((resolve) => setImmediate(resolve));
    expect(config.get(PATH)).toBe(5);
    await app.close();
  });
});

describe('The command line', () => {
  async function operated(tree: ConfigTree = TREE) {
    const socketDir = new TempFolder().file('run');
    const app = await startApp(
      tree,
      {},
      {
        control: { enabled: true, name: 'gateway', socketDir },
        enabled: false,
        secrets: ['models.gpt-4.1.access'],
      },
    );
    return { ...app, run: (...args: string[]) => cli(['--socket-dir', socketDir, ...args]) };
  }

  it('gets, explains, sets and unsets a dotted key without quotes', async () => {
    const { run, config } = await operated();
    expect(await run('get', PATH)).toEqual({ code: 0, stdout: '0.2\n', stderr: '' });
    expect((await run('get', 'models.gpt-4.1.access')).stdout).toBe('[hidden]\n');
    expect((await run('explain', PATH)).stdout).toContain(REAL);
    const set = await run('set', PATH, '0.9', '--reason', 'x');
    expect(set).toMatchObject({ code: 0 });
    expect(set.stdout).toContain(REAL);
    expect(config.get('models')).toEqual(next(0.9)['models']);
    expect(await run('unset', PATH)).toMatchObject({ code: 0 });
    expect(config.value).toEqual(TREE);
  });

  it('refuses a path with two readings, naming both', async () => {
    const { run } = await operated(AMBIGUOUS);
    for (const args of [
      ['get', 'a.b.c.d'],
      ['explain', 'a.b.c.d'],
      ['set', 'a.b.c.d', '3', '--reason', 'x'],
    ]) {
      const { code, stderr } = await run(...args);
      expect(code).not.toBe(0);
      expect(stderr).toContain("may be a['b.c'].d or ['a.b'].c.d");
    }
  });
});
