import { Inject, Injectable, Module } from '@nestjs/common';
import { registerAs } from '@nestjs/config';
import { LazyModuleLoader } from '@nestjs/core';
import {
  type ConfigAccessor,
  ConfigMissingKeyError,
  HotConfigModule,
  InjectConfig,
  refreshable,
} from 'nestjs-hot-config';
import { describe, expect, it, vi } from 'vitest';
import { startApp } from '../../support/start-app.js';

class LlmConfig {
  readonly model!: string;
  readonly limits!: { readonly tokens: number };
  get label() {
    return `${this.model} (${this.limits.tokens})`;
  }
}

@Injectable()
class LlmService {
  constructor(readonly llm: LlmConfig) {}
}

const small = { llm: { model: 'small', limits: { tokens: 10 } } };
const large = { llm: { model: 'large', limits: { tokens: 99 } } };
const parts = { imports: [HotConfigModule.forFeature(LlmConfig, 'llm')], providers: [LlmService] };

describe('A part of the configuration that is injected as a class', () => {
  it('reads the ambient snapshot at each access, in pinned work and outside', async () => {
    const { app, config, change } = await startApp(small, parts);
    const { llm } = app.get(LlmService);
    expect([llm.model, llm.limits.tokens, llm.label]).toEqual(['small', 10, 'small (10)']);
    await config.runPinned(async () => {
      await change(large);
      expect([llm.model, llm.label]).toEqual(['small', 'small (10)']);
    });
    expect([llm.model, llm.label]).toEqual(['large', 'large (99)']);
  });

  it('is an instance of its class, spreads and becomes JSON', async () => {
    const { app } = await startApp(small, parts);
    const { llm } = app.get(LlmService);
    expect(llm).toBeInstanceOf(LlmConfig);
    expect({ ...(llm as object) }).toEqual(small.llm);
    expect(JSON.stringify(llm)).toBe(JSON.stringify(small.llm));
    expect('model' in llm).toBe(true);
  });

  it('cannot be changed', async () => {
    const { app, config } = await startApp(small, parts);
    const llm = app.get(LlmService).llm as { model: string; limits: { tokens: number } };
    expect(() => (llm.model = 'mine')).toThrow(TypeError);
    expect(() => (llm.limits.tokens = 1)).toThrow(TypeError);
    expect(
      () => Reflect.deleteProperty(llm, 'model') || Object.defineProperty(llm, 'x', { value: 1 }),
    ).toThrow(TypeError);
    expect(config.value).toEqual(small);
  });

  it.each([
    ['missing', {}],
    ['a string', { llm: 'text' }],
    ['null', { llm: null }],
  ])('throws an error that names the key when it is read while its value is %s', async (_what, tree) => {
    const { app, change } = await startApp(tree, parts);
    const { llm } = app.get(LlmService);
    expect(() => llm.model).toThrow(ConfigMissingKeyError);
    expect(() => llm.model).toThrow('Configuration key "llm" does not exist');
    await change(small);
    expect(llm.model).toBe('small');
  });

  it('may be injected into a refreshable component, even while its values are missing', async () => {
    const component = refreshable({
      provide: 'it',
      on: 'a',
      inject: [LlmConfig],
      useFactory: (_snapshot, llm: LlmConfig) => ({ llm }),
    });
    const { change } = await startApp({ a: 1 }, { imports: parts.imports, providers: [component] });
    expect((await change({ a: 2 })).outcome).toBe('applied');
  });
});

/** A namespace whose values a test sets. */
function namespace(name: string, make: () => unknown) {
  return registerAs(name, make as () => Record<string, unknown>);
}

describe('A namespace of registerAs()', () => {
  it.each([
    ['sync', (values: object) => ({ ...values })],
    ['async', (values: object) => Promise.resolve({ ...values })],
  ])('with a factory that is %s is part of version 1, and live after a reload', async (_what, make) => {
    let values: object = { host: 'a' };
    const database = namespace('database', () => make(values));
    @Injectable()
    class Repository {
      constructor(@Inject(database.KEY) readonly database: { host: string }) {}
    }
    const { app, config, manager } = await startApp(
      { n: 1 },
      { imports: [HotConfigModule.forFeature(database)], providers: [Repository] },
    );
    const injected = app.get(Repository).database;
    expect(config.current.version).toBe(1);
    expect(config.value).toEqual({ n: 1, database: { host: 'a' } });
    expect(injected.host).toBe('a');
    expect(JSON.stringify(injected)).toBe('{"host":"a"}');

    values = { host: 'b' };
    await config.runPinned(async () => {
      expect((await manager.reload()).outcome).toBe('applied');
      expect(injected.host).toBe('a');
    });
    expect(injected.host).toBe('b');
    expect((await manager.reload()).outcome).toBe('unchanged');
  });

  it('that fails rejects the reload with its name, and keeps its last result', async () => {
    const make = vi.fn<() => object>(() => ({ host: 'a' }));
    const database = namespace('database', make);
    const { app, manager } = await startApp({}, { imports: [HotConfigModule.forFeature(database)] });
    make.mockImplementation(() => {
      throw new Error('DB_HOST is not set');
    });
    const result = await manager.reload();
    expect(result.outcome === 'rejected' && result.error.issues).toEqual([
      {
        path: 'database',
        message: 'failed: DB_HOST is not set',
        origin: { source: "registerAs('database')" },
      },
    ]);
    expect(app.get<{ host: string }>(database.KEY).host).toBe('a');
  });

  it('that several modules declare is called once', async () => {
    const make = vi.fn<() => object>(() => ({ host: 'a' }));
    const database = namespace('database', make);
    @Module({ imports: [HotConfigModule.forFeature(database)] })
    class One {}
    @Module({ imports: [HotConfigModule.forFeature(database)] })
    class Two {}
    const { app, config, manager } = await startApp({}, { imports: [One, Two] });
    expect(manager.status().sources.map(({ name }) => name)).toEqual(['memory', "registerAs('database')"]);
    @Module({ imports: [HotConfigModule.forFeature(database)] })
    class Late {}
    await app.get(LazyModuleLoader).load(() => Late);
    expect(manager.status().sources).toHaveLength(2);
    expect(config.current.version).toBe(1);
  });

  it('of a module that is loaded late is added as a new version', async () => {
    const database = namespace('database', () => ({ host: 'a' }));
    const { app, config } = await startApp({});
    @Module({ imports: [HotConfigModule.forFeature(database)] })
    class Late {}
    await app.get(LazyModuleLoader).load(() => Late);
    expect(config.get('database.host')).toBe('a');
    expect(config.current.version).toBe(2);
  });

  it('of a module that is loaded late fails the loading if it fails itself, and may be loaded again', async () => {
    const make = vi.fn<() => object>(() => {
      throw new Error('DB_HOST is not set');
    });
    const database = namespace('database', make);
    const { app, config } = await startApp({});
    const load = () => {
      @Module({ imports: [HotConfigModule.forFeature(database)] })
      class Late {}
      return app.get(LazyModuleLoader).load(() => Late);
    };
    await expect(load()).rejects.toThrow('DB_HOST is not set');
    expect(config.current.version).toBe(1);
    make.mockImplementation(() => ({ host: 'a' }));
    await load();
    expect(config.get('database.host')).toBe('a');
  });

  it.each<[string, string | symbol]>([
    ['data.base', 'data.base'],
    ['database', Symbol('database')],
    ["['']", Symbol()],
  ])('has its values at %s if that is its name', async (path, name) => {
    const database = registerAs(name, () => ({ host: 'a' }));
    const { app, config } = await startApp({}, { imports: [HotConfigModule.forFeature(database)] });
    expect(app.get<{ host: string }>(database.KEY).host).toBe('a');
    expect(config.get(path)).toEqual({ host: 'a' });
  });

  it('may be any function with a token', async () => {
    const bare = Object.assign(() => ({ host: 'b' }), { KEY: 'bare' });
    const { app } = await startApp({}, { imports: [HotConfigModule.forFeature(bare)] });
    expect(app.get<{ host: string }>('bare').host).toBe('b');
  });
});

describe('@InjectConfig()', () => {
  @Injectable()
  class Reader {
    @InjectConfig('llm.limits.tokens') readonly tokens!: ConfigAccessor<number>;
    constructor(@InjectConfig('llm.model') readonly model: ConfigAccessor<string>) {}
  }

  it('injects a function that reads one value live, into constructors and properties', async () => {
    const { app, config, change } = await startApp(small, { providers: [Reader] });
    const reader = app.get(Reader);
    await config.runPinned(async () => {
      await change(large);
      expect([reader.model(), reader.tokens()]).toEqual(['small', 10]);
    });
    expect([reader.model(), reader.tokens()]).toEqual(['large', 99]);
  });

  it('reads undefined if there is no value', async () => {
    const { app } = await startApp({}, { providers: [Reader] });
    expect(app.get(Reader).model()).toBeUndefined();
  });

  it('may be in a file that is imported late, by a module that imports forFeature()', async () => {
    const { app } = await startApp(small);
    @Injectable()
    class LateReader {
      constructor(@InjectConfig('llm.limits') readonly limits: ConfigAccessor<{ tokens: number }>) {}
    }
    @Module({ imports: [HotConfigModule.forFeature(LlmConfig, 'llm')], providers: [LateReader] })
    class Late {}
    const late = await app.get(LazyModuleLoader).load(() => Late);
    expect(late.get(LateReader).limits()).toEqual({ tokens: 10 });
  });
});
