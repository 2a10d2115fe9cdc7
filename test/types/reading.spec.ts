import type { ConfigType } from '@nestjs/config';
import { registerAs } from '@nestjs/config';
import type {
  BeforeConfigChangeEvent,
  ConfigAccessor,
  ConfigChangeEvent,
  HotConfigService,
  Path,
  PathValue,
  RequestConfig,
} from 'nestjs-hot-config';
import { describe, expectTypeOf, it } from 'vitest';

class Money {
  constructor(
    readonly amount: number,
    readonly currency: string,
  ) {}
  times(factor: number): Money {
    return new Money(this.amount * factor, this.currency);
  }
}

interface Tree {
  name: string;
  children: Tree[];
  parent?: Tree;
}

interface Config {
  optional?: { deep?: { n: number } };
  nullable: { n: number } | null;
  maybe: { n: number } | null | undefined;
  list: { id: number; tags?: readonly string[] }[];
  readonly frozen: readonly { readonly id: number }[];
  matrix: number[][];
  tuple: readonly [host: string, port: number, rest?: boolean];
  open: [first: string, ...others: number[]];
  auth: { kind: 'none' } | { kind: 'basic'; user: string } | { kind: 'token'; token: { value: string } };
  either: string | { n: number };
  rates: Record<string, { perMinute: number }>;
  levels: Record<'http' | 'db', 'debug' | 'info'>;
  partial: Partial<Record<'a' | 'b', number>>;
  headers: { [name: `x-${string}`]: string };
  since: Date;
  byName: Map<string, { n: number }>;
  names: Set<string>;
  match: RegExp;
  price: Money;
  tree: Tree;
  loose: any;
  unknown: unknown;
  big: bigint;
}

declare const config: HotConfigService<Config>;
declare const request: RequestConfig<Config>;

/** Never called: these promises are kept by the compiler. */
const compiled = (_promises: () => void) => undefined;

describe('get', () => {
  it('adds undefined where something on the way may be missing, and null only if it is the value', () => {
    compiled(() => {
      expectTypeOf(config.get('optional')).toEqualTypeOf<{ deep?: { n: number } } | undefined>();
      expectTypeOf(config.get('optional.deep.n')).toEqualTypeOf<number | undefined>();
      expectTypeOf(config.get('nullable')).toEqualTypeOf<{ n: number } | null>();
      expectTypeOf(config.get('nullable.n')).toEqualTypeOf<number | undefined>();
      expectTypeOf(config.get('maybe.n')).toEqualTypeOf<number | undefined>();
      // @ts-expect-error -- no such key
      config.get('nullable.m');
    });
  });

  it('goes into lists, and knows the ends of tuples', () => {
    compiled(() => {
      expectTypeOf(config.get('list.0')).toEqualTypeOf<Config['list'][number] | undefined>();
      expectTypeOf(config.get('list.7.id')).toEqualTypeOf<number | undefined>();
      expectTypeOf(config.get('list.0.tags.1')).toEqualTypeOf<string | undefined>();
      expectTypeOf(config.get('frozen')).toEqualTypeOf<readonly { readonly id: number }[]>();
      expectTypeOf(config.get('frozen.0.id')).toEqualTypeOf<number | undefined>();
      expectTypeOf(config.get('matrix.0.1')).toEqualTypeOf<number | undefined>();
      expectTypeOf(config.get('tuple.0')).toEqualTypeOf<string>();
      expectTypeOf(config.get('tuple.1')).toEqualTypeOf<number>();
      expectTypeOf(config.get('tuple.2')).toEqualTypeOf<boolean | undefined>();
      expectTypeOf(config.get('open.0')).toEqualTypeOf<string>();
      // @ts-expect-error -- beyond the end
      config.get('tuple.3');
      // @ts-expect-error -- no index
      config.get('list.first');
      // @ts-expect-error -- a method of lists
      config.get('list.length');
      // @ts-expect-error -- no such key
      config.get('list.0.idd');
    });
  });

  it('takes the keys of every member of a union, and says which are not in all', () => {
    compiled(() => {
      expectTypeOf(config.get('auth.kind')).toEqualTypeOf<'none' | 'basic' | 'token'>();
      expectTypeOf(config.get('auth.user')).toEqualTypeOf<string | undefined>();
      expectTypeOf(config.get('auth.token.value')).toEqualTypeOf<string | undefined>();
      const auth = config.get('auth');
      if (auth.kind === 'token') expectTypeOf(auth.token.value).toEqualTypeOf<string>();
      expectTypeOf(config.get('either')).toEqualTypeOf<string | { n: number }>();
      expectTypeOf(config.get('either.n')).toEqualTypeOf<number | undefined>();
      // @ts-expect-error -- in no member
      config.get('auth.password');
      // @ts-expect-error -- nothing below a text
      config.get('either.length');
    });
  });

  it('adds undefined below index signatures, and not if the keys are known', () => {
    compiled(() => {
      expectTypeOf(config.get('rates.small.perMinute')).toEqualTypeOf<number | undefined>();
      expectTypeOf(config.get("rates['a.b'].perMinute")).toEqualTypeOf<number | undefined>();
      expectTypeOf(config.get('levels.http')).toEqualTypeOf<'debug' | 'info'>();
      expectTypeOf(config.get('partial.a')).toEqualTypeOf<number | undefined>();
      expectTypeOf(config.get('headers.x-id')).toEqualTypeOf<string | undefined>();
      // @ts-expect-error -- no such key
      config.get('levels.cache');
      // @ts-expect-error -- not of that form
      config.get('headers.id');
    });
  });

  it('takes dates, maps, sets and expressions as a whole, and fields of other classes without methods', () => {
    compiled(() => {
      expectTypeOf(config.get('since')).toEqualTypeOf<Date>();
      expectTypeOf(config.get('byName')).toEqualTypeOf<Map<string, { n: number }>>();
      expectTypeOf(config.get('names')).toEqualTypeOf<Set<string>>();
      expectTypeOf(config.get('match')).toEqualTypeOf<RegExp>();
      expectTypeOf(config.get('big')).toEqualTypeOf<bigint>();
      expectTypeOf(config.get('price')).toEqualTypeOf<Money>();
      expectTypeOf(config.get('price.amount')).toEqualTypeOf<number>();
      // @ts-expect-error -- a method
      config.get('price.times');
      // @ts-expect-error -- maps are one value
      config.get('byName.size');
      // @ts-expect-error -- dates are one value
      config.get('since.getTime');
    });
  });

  it('follows types that contain themselves as deep as anybody goes', () => {
    compiled(() => {
      expectTypeOf(config.get('tree.children.0.children.1.name')).toEqualTypeOf<string | undefined>();
      expectTypeOf(config.get('tree.parent.parent.parent.name')).toEqualTypeOf<string | undefined>();
      // @ts-expect-error -- no such key
      config.get('tree.nmae');
    });
  });

  it('says as little as the type does', () => {
    compiled(() => {
      expectTypeOf(config.get('loose')).toBeAny();
      expectTypeOf(config.get('loose.anything.0')).toBeAny();
      expectTypeOf(config.get('unknown')).toBeUnknown();
      expectTypeOf(config.get('unknown.anything')).toBeUnknown();
      expectTypeOf((config as unknown as HotConfigService<any>).get('a.b')).toBeUnknown();
    });
  });

  it('with a default is what the value is, or the default', () => {
    compiled(() => {
      expectTypeOf(config.get('optional.deep.n', 1)).toEqualTypeOf<number>();
      expectTypeOf(config.get('nullable', { n: 1 })).toExtend<{ readonly n: number } | null>();
      expectTypeOf(config.get('levels.http', 'info')).toEqualTypeOf<'debug' | 'info'>();
      expectTypeOf(config.get('list.0.tags', [])).toExtend<readonly string[]>();
      // @ts-expect-error -- no such level
      config.get('levels.http', 'trace');
      // @ts-expect-error -- a number is wanted
      config.get('optional.deep.n', '1');
    });
  });

  it('works through code that passes a path on', () => {
    compiled(() => {
      const read = <P extends Path<Config>>(path: P): PathValue<Config, P> => config.get(path);
      expectTypeOf(read('levels.http')).toEqualTypeOf<'debug' | 'info'>();
      const one = 'levels.http' as 'levels.http' | 'tuple.1';
      expectTypeOf(config.get(one)).toEqualTypeOf<'debug' | 'info' | number>();
      // @ts-expect-error -- any text is no path
      config.get('levels.http' as string);
    });
  });
});

describe('getOrThrow and has', () => {
  it('know the same paths', () => {
    compiled(() => {
      expectTypeOf(config.getOrThrow('optional.deep.n')).toEqualTypeOf<number>();
      expectTypeOf(config.getOrThrow('nullable')).toEqualTypeOf<{ n: number } | null>();
      expectTypeOf(config.getOrThrow('rates.small')).toEqualTypeOf<{ perMinute: number }>();
      expectTypeOf(config.has('auth.user')).toEqualTypeOf<boolean>();
      // @ts-expect-error -- no such key
      config.getOrThrow('optional.deeep');
      // @ts-expect-error -- no such key
      config.has('tuple.3');
    });
  });

  it('are there for one request as well', () => {
    compiled(() => {
      expectTypeOf(request.get('auth.token.value')).toEqualTypeOf<string | undefined>();
      expectTypeOf(request.value.price).toEqualTypeOf<Money>();
      // @ts-expect-error -- no such key
      request.get('auth.password');
    });
  });
});

describe('Changes', () => {
  it('come with both configurations as what they are', () => {
    compiled(() => {
      config.onChange('levels.*', ({ current, previous, changes }) => {
        expectTypeOf(current.value).toEqualTypeOf<Config>();
        expectTypeOf(previous.value.levels.http).toEqualTypeOf<'debug' | 'info'>();
        expectTypeOf(changes[0]!.current).toBeUnknown();
      });
      expectTypeOf<ConfigChangeEvent<Config>['current']['value']>().toEqualTypeOf<Config>();
      expectTypeOf<BeforeConfigChangeEvent<Config>['candidate']['value']>().toEqualTypeOf<Config>();
    });
  });
});

describe('Namespaces', () => {
  it('have the type of what their function gives', () => {
    const llm = registerAs('llm', async () => ({ model: 'small', retries: 3 }));
    expectTypeOf<ConfigType<typeof llm>>().toEqualTypeOf<{ model: string; retries: number }>();
    expectTypeOf<ReturnType<ConfigAccessor<number>>>().toEqualTypeOf<number>();
  });
});
