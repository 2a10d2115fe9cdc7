import 'reflect-metadata';
import { Exclude, Expose, Transform, Type } from 'class-transformer';
import {
  ArrayUnique,
  IsBoolean,
  IsDefined,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  MinLength,
  registerDecorator,
  Validate,
  ValidateIf,
  ValidateNested,
  ValidatorConstraint,
  type ValidatorConstraintInterface,
} from 'class-validator';
import { describe, expect, it } from 'vitest';
import { formatPath } from '../../lib/model/paths.js';
import { Freezer } from '../../lib/snapshot/freeze.js';
import { ClassSchema, type SchemaClass } from '../../lib/validation/class-schema.js';

class Retry {
  @IsInt()
  @Min(0)
  max = 3;
}

class Llm {
  @IsString()
  model = 'small';

  @Max(2)
  temperature = 1;

  @ValidateNested()
  @Type(() => Retry)
  retry = new Retry();

  @MinLength(8, { message: 'api_key is too short: $value' })
  @IsOptional()
  api_key?: string;
}

class Server {
  @IsNotEmpty()
  host!: string;

  @IsInt()
  port = 80;
}

class AppConfig {
  @ValidateNested()
  @Type(() => Llm)
  llm = new Llm();

  @ValidateNested({ each: true })
  @Type(() => Server)
  servers: Server[] = [];

  @IsString({ each: true })
  tags: string[] = [];

  @IsIn(['debug', 'info'])
  log_level = 'info';
}

async function check<T extends object>(schema: SchemaClass<T>, tree: Record<string, unknown>) {
  const { value, issues, unknownKeys } = await new ClassSchema(schema).check(tree);
  return {
    value: value as T,
    messages: issues.map(({ message }) => message),
    paths: issues.map(({ path }) => formatPath(path)),
    unknown: unknownKeys.map(({ path, suggestion }) => [formatPath(path), suggestion]),
  };
}

describe('A schema class', () => {
  it('provides its defaults for missing values, at every depth', async () => {
    const { value, messages } = await check(AppConfig, { llm: { retry: {} }, servers: [{ host: 'a' }] });
    expect(messages).toEqual([]);
    expect(value).toEqual(
      Object.assign(new AppConfig(), { servers: [Object.assign(new Server(), { host: 'a', port: 80 })] }),
    );
    expect(value.llm.retry).toBeInstanceOf(Retry);
    expect(value.servers[0]).toBeInstanceOf(Server);
  });

  it('refuses null where its rules do, and treats undefined as absent', async () => {
    const { value, messages } = await check(AppConfig, { log_level: undefined, llm: null });
    expect(value.log_level).toBe('info');
    expect(messages).toEqual(['llm must be either object or array (was null, no value)']);
  });

  it('creates new instances for each reload', async () => {
    const [first, second] = [await check(AppConfig, {}), await check(AppConfig, {})];
    expect(first.value.llm).not.toBe(second.value.llm);
  });

  it('may have no decorators', async () => {
    class Plain {
      port = 80;
      nested = { a: 1 };
    }
    const { value, messages, unknown } = await check(Plain, { port: 'x', nested: { b: 2 }, prot: 1 });
    expect(value).toBeInstanceOf(Plain);
    expect([value.port, value.nested, messages]).toEqual(['x', { b: 2 }, []]);
    expect(unknown).toEqual([['prot', 'port']]);
  });

  it('does not change the tree, which belongs to the layers', async () => {
    abstract class Provider {}
    class Local extends Provider {
      @IsString() path = '';
    }
    class Remote extends Provider {
      @IsString() url = '';
    }
    class Config {
      @ValidateNested()
      @Type(() => Provider as never, {
        discriminator: {
          property: 'kind',
          subTypes: [
            { value: Local, name: 'local' },
            { value: Remote, name: 'remote' },
          ],
        },
      })
      provider!: Local | Remote;

      @Transform(({ value }) => (value as string[]).sort((a, b) => a.localeCompare(b)))
      sorted: string[] = [];
    }
    const tree = new Freezer().freeze({ provider: { kind: 'remote', url: 'x' }, sorted: ['b', 'a'] });
    for (let load = 0; load < 2; load += 1) {
      const { value } = await check(Config, tree);
      expect(value.provider).toBeInstanceOf(Remote);
      expect(value.sorted).toEqual(['a', 'b']);
    }
    expect(tree).toEqual({ provider: { kind: 'remote', url: 'x' }, sorted: ['b', 'a'] });
  });

  it('keeps functions and instances that a source has in a set', async () => {
    class Wired {
      handlers = new Set<unknown>();
    }
    class Client {
      name = 'a';
    }
    const handler = () => 1;
    const { value } = await new ClassSchema(Wired).check({ handlers: new Set([handler, new Client()]) });
    expect([...(value as Wired).handlers]).toEqual([handler, expect.any(Client)]);
  });

  it('ignores keys that could change a prototype', async () => {
    const tree = JSON.parse('{"llm": {"__proto__": {"polluted": true}}}') as Record<string, unknown>;
    const { value } = await check(AppConfig, tree);
    expect(Object.getPrototypeOf(value.llm)).toBe(Llm.prototype);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('An issue of a schema class', () => {
  it('has the full path and the value; all issues are reported at once', async () => {
    const { messages, paths } = await check(AppConfig, {
      llm: { model: 5, temperature: 7, retry: { max: -1 } },
      servers: [{ host: 'a' }, { host: '', port: 'x' }],
      log_level: 'loud',
    });
    expect(messages).toEqual([
      'llm.model must be a string (was 5)',
      'llm.temperature must not be greater than 2 (was 7)',
      'llm.retry.max must not be less than 0 (was -1)',
      'servers.1.host should not be empty (was "")',
      'servers.1.port must be an integer number (was "x")',
      'log_level must be one of the following values: debug, info (was "loud")',
    ]);
    expect(paths).toEqual([
      'llm.model',
      'llm.temperature',
      'llm.retry.max',
      'servers.1.host',
      'servers.1.port',
      'log_level',
    ]);
  });

  it('names a missing value', async () => {
    const { messages } = await check(AppConfig, { servers: [{}] });
    expect(messages).toEqual(['servers.0.host should not be empty (it is missing)']);
  });

  it('is reported for a missing object only if the class requires it, as class-validator does', async () => {
    class Lenient {
      @ValidateNested() @Type(() => Retry) retry?: Retry;
    }
    class Strict {
      @IsDefined() @ValidateNested() @Type(() => Retry) retry!: Retry;
    }
    expect((await check(Lenient, {})).messages).toEqual([]);
    expect((await check(Strict, {})).messages).toEqual([
      'retry should not be null or undefined (it is missing)',
    ]);
  });

  it('is reported for lists, and for elements that are not objects', async () => {
    const { messages } = await check(AppConfig, { tags: ['a', 1], servers: ['x'] });
    expect(messages).toContain('each value in tags must be a string (was an array)');
    expect(messages).toContain(
      'servers.0: each value in nested property servers must be either object or array (was "x")',
    );
  });

  it('is the message of the app if it has one', async () => {
    class Config {
      @Matches(/^a/, { message: 'Please begin with an a' }) name = 'a';
      @ArrayUnique() list: number[] = [];
      @Min(1, { message: ({ property, value }) => `${property} is ${String(value)}, which is odd` }) n = 1;
    }
    expect((await check(Config, { name: 'b', list: [1, 1], n: 0 })).messages).toEqual([
      'name: Please begin with an a (was "b")',
      "list: All list's elements must be unique (was an array)",
      'n is 0, which is odd (was 0)',
    ]);
  });

  it('never contains a secret, not even in a message of the app', async () => {
    class Config {
      @MinLength(20, { message: 'password is too short: $value' }) password = '';
      @IsInt({ message: ({ value }) => `pins are ${(value as number[]).join()}` }) tokens: unknown = 1;
      @Max(5, { message: 'the token must be below 5, not $value' }) token = 1;
      @Max(5) max_tokens = 1;
      @IsInt() dsn: unknown = 1;
    }
    const tree = { password: 'hunter2', tokens: [4711], token: 99, max_tokens: 7, dsn: '' };
    expect((await check(Config, tree)).messages).toEqual([
      'password is not valid (was [hidden])',
      'tokens is not valid (was [hidden])',
      'token is not valid (was [hidden])',
      'max_tokens must not be greater than 5 (was 7)',
      'dsn must be an integer number (was [hidden])',
    ]);
    const { messages } = await check(AppConfig, { llm: { api_key: 's3cret' } });
    expect(messages.join()).not.toContain('s3cret');
  });

  it('is found by async rules too', async () => {
    @ValidatorConstraint({ async: true })
    class Reachable implements ValidatorConstraintInterface {
      async validate(url: string) {
        await Promise.resolve();
        return url !== 'down';
      }
      defaultMessage() {
        return '$property cannot be reached';
      }
    }
    class Config {
      @Validate(Reachable) url = '';
    }
    expect((await check(Config, { url: 'down' })).messages).toEqual(['url cannot be reached (was "down")']);
    expect((await check(Config, { url: 'up' })).messages).toEqual([]);
  });

  it('is reported for defaults that break the rules', async () => {
    class Broken {
      @ValidateNested() retry = Object.assign(new Retry(), { max: -1 });
    }
    class Config {
      @ValidateNested() broken = new Broken();
    }
    expect((await check(Config, {})).messages).toEqual(['broken.retry.max must not be less than 0 (was -1)']);
  });

  it('is not reported if a rule excludes the value', async () => {
    class Config {
      @IsBoolean() enabled = false;
      @ValidateIf((config: Config) => config.enabled) @IsString() url?: string;
    }
    expect((await check(Config, {})).messages).toEqual([]);
    expect((await check(Config, { enabled: true })).messages).toEqual([
      'url must be a string (it is missing)',
    ]);
  });

  it('is found in maps of schema classes', async () => {
    class Config {
      @ValidateNested() @Type(() => Server) servers: Map<string, Server> = new Map();
    }
    const { messages, unknown, value } = await check(Config, {
      servers: { 'a.b': { host: 'a', port: 'x', prot: 1 } },
    });
    expect(value.servers.get('a.b')).toBeInstanceOf(Server);
    expect(messages).toEqual(['servers[\'a.b\'].port must be an integer number (was "x")']);
    expect(unknown).toEqual([["servers['a.b'].prot", "servers['a.b'].port"]]);
  });

  it.each<[string, SchemaClass]>([
    [
      'the constructor',
      class {
        constructor() {
          throw new Error('broken');
        }
      },
    ],
    ['a transformer', withDecorator(Transform(() => thrown()))],
    ['a rule', withDecorator(rule(() => thrown()))],
    ['an async rule', withDecorator(rule(() => Promise.reject(new Error('broken'))))],
  ])('is thrown if %s throws', async (_name, schema) => {
    await expect(check(schema, { n: 1 })).rejects.toThrow('broken');
  });
});

function thrown(): never {
  throw new Error('broken');
}

function rule(validate: () => boolean | Promise<boolean>): PropertyDecorator {
  return (target, propertyName) =>
    registerDecorator({
      name: 'rule',
      target: target.constructor,
      propertyName: propertyName as string,
      validator: { validate },
    });
}

function withDecorator(decorator: PropertyDecorator): SchemaClass {
  class Config {
    n = 1;
  }
  decorator(Config.prototype, 'n');
  return Config;
}

describe('Keys that the schema does not know', () => {
  it('are found at every depth, in lists and records, with a suggestion', async () => {
    class Config extends AppConfig {
      records: Record<string, unknown> = {};
    }
    const { unknown } = await check(Config, {
      llm: { modle: 'x', retry: { maxx: 1 }, completely_different: 1 },
      servers: [{ host: 'a' }, { host: 'b', hots: 'c' }],
      records: { any: { key: 1 } },
      tags: ['a'],
      logLevel: 'info',
    });
    expect(unknown).toEqual([
      ['llm.modle', 'llm.model'],
      ['llm.retry.maxx', 'llm.retry.max'],
      ['llm.completely_different', undefined],
      ['servers.1.hots', 'servers.1.host'],
      ['logLevel', 'log_level'],
    ]);
  });

  it('do not include those of a class that the schema extends, decorated or not', async () => {
    class Base {
      plain = 1;
      @IsOptional() optional?: string;
    }
    class Derived extends Base {
      @IsInt() own = 1;
    }
    const { unknown } = await check(Derived, { plain: 2, optional: 'x', own: 1, onw: 1 });
    expect(unknown).toEqual([['onw', 'own']]);
  });

  it('include accessors and methods, which no file can set', async () => {
    class Config {
      host = 'a';
      get url() {
        return `https://${this.host}`;
      }
      close() {}
    }
    const { unknown, value } = await check(Config, { url: 'x', close: 'y' });
    expect(unknown.map(([path]) => path)).toEqual(['url', 'close']);
    expect(value.url).toBe('https://a');
  });

  it('do not include names set by @Expose, and include what @Exclude excludes', async () => {
    class Limits {
      @Expose({ name: 'max_retries' }) @Max(10) maxRetries = 3;
      @Exclude() internal = 1;
    }
    class Config {
      @ValidateNested() @Type(() => Limits) @Expose({ name: 'the_limits' }) limits = new Limits();
    }
    const { value, unknown, messages, paths } = await check(Config, {
      the_limits: { max_retries: 50, internal: 2, max_retrys: 1 },
    });
    expect([value.limits.maxRetries, value.limits.internal]).toEqual([50, 1]);
    expect(unknown).toEqual([
      ['the_limits.internal', undefined],
      ['the_limits.max_retrys', 'the_limits.max_retries'],
    ]);
    expect(paths).toEqual(['the_limits.max_retries']);
    expect(messages).toEqual(['the_limits.max_retries must not be greater than 10 (was 50)']);
    expect((await check(Config, { limits: { maxRetries: 50 } })).paths).toEqual(['limits.maxRetries']);
  });

  it('are all except the exposed ones if the class is excluded', async () => {
    @Exclude()
    class Config {
      @Expose() port = 1;
      other = 1;
    }
    const { value, unknown } = await check(Config, { port: 2, other: 2 });
    expect([value.port, value.other]).toEqual([2, 1]);
    expect(unknown).toEqual([['other', undefined]]);
  });

  it('are not reported within a value that is one as a whole', async () => {
    class Money {
      constructor(readonly text: string) {
        if (text === undefined) throw new Error('Money needs a text');
      }
    }
    class Config {
      @Transform(({ value }) => new Money((value as { text: string }).text)) price = new Money('0');
      @Type(() => String) set: Set<string> = new Set();
      @Transform(({ value }) => (value as string[]).join()) joined = '';
      @Transform(({ value }) => (value as { text: string }).text) text = '';
      bytes: unknown;
      at: unknown;
      missing: unknown;
    }
    const { value, unknown } = await check(Config, {
      price: { text: '1 EUR' },
      set: ['a', 'b'],
      joined: ['a', 'b'],
      text: { text: 'x' },
      bytes: Buffer.from('ab'),
      at: new Date(0),
      missing: null,
    });
    expect(unknown).toEqual([]);
    expect(value.price).toEqual(new Money('1 EUR'));
    expect(value.set).toEqual(new Set(['a', 'b']));
  });
});
