import type { INestApplicationContext } from '@nestjs/common';
import {
  HotConfigService,
  type ConfigSnapshot,
  type Path,
  type PathValue,
  type RequestConfig,
} from 'nestjs-hot-config';
import { describe, expectTypeOf, it } from 'vitest';

interface Server {
  host: string;
  port?: number;
}

interface AppConfig {
  name: string;
  level: 'debug' | 'info';
  limit: number | null;
  llm: {
    model: string;
    retry?: { max: number; delays: readonly number[] };
    since: Date;
    endpoint: URL;
    key: Uint8Array;
  };
  servers: Server[];
  pair: [string, { weight: number }];
  provider: { kind: 'local'; path: string } | { kind: 'remote'; url: { host: string } };
  toolsets: Record<string, { enabled: boolean; tags: string[] }>;
  modules: { 'npc.dialogue': { voice: string }; plain: number };
  'top.level': { deep: number };
  anything: any;
  something: unknown;
  byNumber: Record<number, { n: number }>;
}

declare const app: INestApplicationContext;
declare const config: HotConfigService<AppConfig>;

describe('Path', () => {
  it('lists what can be read, and nothing else', () => {
    expectTypeOf<Path<{ a: { b: number; c: { d: string } }; e: Date }>>().toEqualTypeOf<
      'a' | 'a.b' | 'a.c' | 'a.c.d' | 'e'
    >();
  });

  it('goes through optional parts, null, arrays, tuples, unions and records', () => {
    expectTypeOf<
      | 'llm.retry.max'
      | 'llm.retry.delays.0'
      | 'servers.0.port'
      | 'pair.0'
      | 'pair.1.weight'
      | 'provider.kind'
      | 'provider.path'
      | 'provider.url.host'
      | 'toolsets.search'
      | 'toolsets.search.enabled'
      | 'toolsets.search.tags.0'
      | 'byNumber.7.n'
    >().toExtend<Path<AppConfig>>();
  });

  it('stops at what is one value as a whole', () => {
    expectTypeOf<'llm.since' | 'llm.endpoint' | 'llm.key' | 'level' | 'limit'>().toExtend<Path<AppConfig>>();
    expectTypeOf<'llm.since.getTime'>().not.toExtend<Path<AppConfig>>();
    expectTypeOf<'llm.endpoint.href'>().not.toExtend<Path<AppConfig>>();
    expectTypeOf<'llm.key.0'>().not.toExtend<Path<AppConfig>>();
    expectTypeOf<'name.length'>().not.toExtend<Path<AppConfig>>();
  });

  it('is no path where a key is wrong, at any depth', () => {
    expectTypeOf<'nmae'>().not.toExtend<Path<AppConfig>>();
    expectTypeOf<'llm.modle'>().not.toExtend<Path<AppConfig>>();
    expectTypeOf<'llm.retry.min'>().not.toExtend<Path<AppConfig>>();
    expectTypeOf<'servers.first'>().not.toExtend<Path<AppConfig>>();
    expectTypeOf<'servers.0.prot'>().not.toExtend<Path<AppConfig>>();
    expectTypeOf<'pair.2'>().not.toExtend<Path<AppConfig>>();
    expectTypeOf<'pair.0.weight'>().not.toExtend<Path<AppConfig>>();
    expectTypeOf<'provider.neither'>().not.toExtend<Path<AppConfig>>();
    expectTypeOf<''>().not.toExtend<Path<AppConfig>>();
  });

  it('quotes keys that contain dots, for without quotes they would be read as several', () => {
    expectTypeOf<"modules['npc.dialogue']">().toExtend<Path<AppConfig>>();
    expectTypeOf<"modules['npc.dialogue'].voice">().toExtend<Path<AppConfig>>();
    expectTypeOf<"toolsets['a.b'].enabled">().toExtend<Path<AppConfig>>();
    expectTypeOf<'top.level' | "['top.level'].deep">().toExtend<Path<AppConfig>>();
    expectTypeOf<'modules.npc.dialogue'>().not.toExtend<Path<AppConfig>>();
    expectTypeOf<'top.level.deep'>().not.toExtend<Path<AppConfig>>();
  });

  it('takes anything below what nothing is known of', () => {
    expectTypeOf<'anything.a.b' | 'anything[0]' | 'something.else'>().toExtend<Path<AppConfig>>();
    expectTypeOf<Path<any>>().toEqualTypeOf<string>();
    expectTypeOf<Path<unknown>>().toEqualTypeOf<string>();
    expectTypeOf<Path<Record<string, unknown>>>().toEqualTypeOf<string>();
  });

  it('knows the fields and accessors of classes, not their methods or what is private', () => {
    class Base {
      host = 'a';
      close() {}
    }
    class Schema extends Base {
      readonly port = 1;
      nested = new Base();
      optional?: () => void;
      private readonly hidden = 1;
      protected guarded = 1;
      #secret = 1;
      get url() {
        return `${this.hidden + this.#secret}`;
      }
    }
    expectTypeOf<Path<Schema>>().toEqualTypeOf<'host' | 'port' | 'nested' | 'nested.host' | 'url'>();
    expectTypeOf<PathValue<Schema, 'url'>>().toEqualTypeOf<string>();
  });

  it('stays finite for types that contain themselves, and checks their first levels', () => {
    interface Tree {
      name: string;
      left?: Tree;
      right?: Tree;
      children: Tree[];
      named: Record<string, Tree>;
    }
    expectTypeOf<'left.right.left.name' | 'children.0.children.1.name'>().toExtend<Path<Tree>>();
    expectTypeOf<'left.rihgt'>().not.toExtend<Path<Tree>>();
    expectTypeOf<'children.0.naem'>().not.toExtend<Path<Tree>>();
    expectTypeOf<PathValue<Tree, 'left.right.left.right.left.right.left.right.left.name'>>().toEqualTypeOf<
      string | undefined
    >();
  });
});

describe('PathValue', () => {
  it('is the type of what stands there', () => {
    expectTypeOf<PathValue<AppConfig, 'name'>>().toEqualTypeOf<string>();
    expectTypeOf<PathValue<AppConfig, 'level'>>().toEqualTypeOf<'debug' | 'info'>();
    expectTypeOf<PathValue<AppConfig, 'limit'>>().toEqualTypeOf<number | null>();
    expectTypeOf<PathValue<AppConfig, 'llm'>>().toEqualTypeOf<AppConfig['llm']>();
    expectTypeOf<PathValue<AppConfig, 'llm.since'>>().toEqualTypeOf<Date>();
    expectTypeOf<PathValue<AppConfig, 'pair.0'>>().toEqualTypeOf<string>();
    expectTypeOf<PathValue<AppConfig, 'pair.1.weight'>>().toEqualTypeOf<number>();
  });

  it('may be undefined if the way there may end before', () => {
    expectTypeOf<PathValue<AppConfig, 'llm.retry.max'>>().toEqualTypeOf<number | undefined>();
    expectTypeOf<PathValue<AppConfig, 'llm.retry.delays.0'>>().toEqualTypeOf<number | undefined>();
    expectTypeOf<PathValue<AppConfig, 'servers.0'>>().toEqualTypeOf<Server | undefined>();
    expectTypeOf<PathValue<AppConfig, 'servers.0.host'>>().toEqualTypeOf<string | undefined>();
    expectTypeOf<PathValue<AppConfig, 'provider.path'>>().toEqualTypeOf<string | undefined>();
    expectTypeOf<PathValue<AppConfig, 'provider.url.host'>>().toEqualTypeOf<string | undefined>();
    expectTypeOf<PathValue<AppConfig, 'provider.kind'>>().toEqualTypeOf<'local' | 'remote'>();
    expectTypeOf<PathValue<AppConfig, 'toolsets.a.enabled'>>().toEqualTypeOf<boolean | undefined>();
    expectTypeOf<PathValue<AppConfig, 'byNumber.7.n'>>().toEqualTypeOf<number | undefined>();
    expectTypeOf<PathValue<{ a: { b: 1 } | null }, 'a.b'>>().toEqualTypeOf<1 | undefined>();
  });

  it('is found behind quotes', () => {
    expectTypeOf<PathValue<AppConfig, "modules['npc.dialogue'].voice">>().toEqualTypeOf<string>();
    expectTypeOf<PathValue<AppConfig, "toolsets['a.b'].tags.0">>().toEqualTypeOf<string | undefined>();
    expectTypeOf<PathValue<AppConfig, 'top.level'>>().toEqualTypeOf<{ deep: number }>();
    expectTypeOf<PathValue<AppConfig, "['top.level'].deep">>().toEqualTypeOf<number>();
    expectTypeOf<PathValue<{ a?: Record<string, Record<string, 1>> }, "a['b.c']['d.e']">>().toEqualTypeOf<
      1 | undefined
    >();
  });

  it('is exact for keys that a type names beside an index signature', () => {
    interface Mixed {
      [key: string]: number;
      named: 7;
    }
    expectTypeOf<PathValue<{ m: Mixed }, 'm.named'>>().toEqualTypeOf<7>();
    expectTypeOf<PathValue<{ m: Mixed }, 'm.other'>>().toEqualTypeOf<number | undefined>();
    expectTypeOf<PathValue<{ h: Record<`x-${string}`, string> }, 'h.x-a'>>().toEqualTypeOf<
      string | undefined
    >();
  });

  it('says as little as the type does', () => {
    expectTypeOf<PathValue<AppConfig, 'anything.a.b'>>().toBeAny();
    expectTypeOf<PathValue<AppConfig, 'something.else'>>().toBeUnknown();
    expectTypeOf<PathValue<any, 'a'>>().toBeAny();
  });
});

describe('HotConfigService', () => {
  /** Never called: these promises are kept by the compiler. */
  const compiled = (_promises: () => void) => undefined;

  it('types what get gives by the path', () => {
    compiled(() => {
      expectTypeOf(config.get('llm.model')).toEqualTypeOf<string>();
      expectTypeOf(config.get('llm')).toEqualTypeOf<AppConfig['llm']>();
      expectTypeOf(config.get('llm.retry.max')).toEqualTypeOf<number | undefined>();
      expectTypeOf(config.get('servers.0.host')).toEqualTypeOf<string | undefined>();
      expectTypeOf(config.get("modules['npc.dialogue'].voice")).toEqualTypeOf<string>();
      expectTypeOf(config.value.llm.retry?.max).toEqualTypeOf<number | undefined>();
      const { model, retry } = config.get('llm');
      expectTypeOf(model).toEqualTypeOf<string>();
      expectTypeOf(retry?.delays).toEqualTypeOf<readonly number[] | undefined>();
    });
  });

  it('leaves undefined out where a default is given', () => {
    compiled(() => {
      expectTypeOf(config.get('llm.retry.max', 3)).toEqualTypeOf<number>();
      expectTypeOf(config.get('servers.0.host', 'a')).toEqualTypeOf<string>();
      expectTypeOf(config.getOrThrow('llm.retry.max')).toEqualTypeOf<number>();
      expectTypeOf(config.getOrThrow('limit')).toEqualTypeOf<number | null>();
    });
  });

  it('refuses wrong paths and wrong defaults', () => {
    compiled(() => {
      expectTypeOf(config).toHaveProperty('get');
      // @ts-expect-error -- no such key
      config.get('llm.modle');
      // @ts-expect-error -- no such key
      config.getOrThrow('nope');
      // @ts-expect-error -- no such key
      config.has('llm.nope');
      // @ts-expect-error -- a text is no number
      config.get('llm.retry.max', 'three');
      // @ts-expect-error -- beyond the end
      config.get('pair.2');
      // @ts-expect-error -- nothing below a date
      config.get('llm.since.getTime');
      // @ts-expect-error -- it only reads
      config.value = {};
    });
  });

  it('takes any path if nothing is known of the configuration', () => {
    compiled(() => {
      const untyped = config as unknown as HotConfigService;
      expectTypeOf(untyped.get('any.path')).toBeUnknown();
      expectTypeOf(untyped.get<number>('any.path')).toEqualTypeOf<number>();
      expectTypeOf(untyped.get('any.path', 5)).toEqualTypeOf<number>();
      expectTypeOf(untyped.getOrThrow<string>('any.path')).toEqualTypeOf<string>();
      untyped.has('any.path');
      const found = app.get(HotConfigService);
      expectTypeOf(found.get('any.path')).toBeUnknown();
      expectTypeOf(found.get<number>('any.path')).toEqualTypeOf<number>();
      found.has('any.path');
    });
  });

  it('types RequestConfig and snapshots alike', () => {
    compiled(() => {
      const request = config as unknown as RequestConfig<AppConfig>;
      expectTypeOf(request.get('llm.model')).toEqualTypeOf<string>();
      expectTypeOf(config.snapshot).toEqualTypeOf<ConfigSnapshot<AppConfig>>();
      // @ts-expect-error -- no such key
      request.get('llm.modle');
    });
  });
});
