import 'reflect-metadata';
import { type } from 'arktype';
import { Expose, plainToInstance, Transform, Type } from 'class-transformer';
import {
  IsBoolean,
  IsDate,
  IsInt,
  IsNumber,
  IsOptional,
  IsString,
  Min,
  ValidateNested,
} from 'class-validator';
import Joi from 'joi';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import * as z3 from 'zod/v3';
import type { ConfigSchema, ConfigTree } from 'nestjs-hot-config';
import { checkConversions as check } from './support/check-conversions.js';

class Typed {
  @Type(() => Boolean) @IsBoolean() @IsOptional() b?: boolean;
  @Type(() => Number) @IsNumber() @IsOptional() n?: number;
  @Type(() => String) @IsString() @IsOptional() s?: string;
  @Type(() => Date) @IsDate() @IsOptional() d?: Date;
}

const coerced = z.object({
  b: z.coerce.boolean().optional(),
  n: z.coerce.number().optional(),
  s: z.coerce.string().optional(),
  d: z.coerce.date().optional(),
});

const coerced3 = z3.z.object({
  b: z3.z.coerce.boolean().optional(),
  n: z3.z.coerce.number().optional(),
  s: z3.z.coerce.string().optional(),
  d: z3.z.coerce.date().optional(),
});

const converted = v.object({
  b: v.optional(v.pipe(v.unknown(), v.toBoolean())),
  n: v.optional(v.pipe(v.unknown(), v.toNumber())),
  s: v.optional(v.pipe(v.unknown(), v.toString())),
  d: v.optional(v.pipe(v.unknown(), v.toDate())),
});

const converting: [string, ConfigSchema][] = [
  ['class-transformer', Typed],
  ['zod', coerced],
  ['zod 3', coerced3 as never],
  ['Valibot', converted],
];

describe.each(converting)('A value that %s converts', (_library, schema) => {
  it.each<[string, unknown, unknown]>([
    ['b', true, true],
    ['b', false, false],
    ['b', 'true', true],
    ['b', 'TRUE', true],
    ['n', 0, 0],
    ['n', '8080', 8080],
    ['n', '-0.5', -0.5],
    ['n', '1.50', 1.5],
    ['n', '1e3', 1000],
    ['n', '.5', 0.5],
    ['s', 'off', 'off'],
    ['s', 8080, '8080'],
    ['s', true, 'true'],
    ['d', '2026-01-31', new Date('2026-01-31')],
    ['d', '2024-02-29T23:59:59Z', new Date('2024-02-29T23:59:59Z')],
    ['d', 1767225600000, new Date(1767225600000)],
    ['d', new Date(0), new Date(0)],
    ['d', '2026-01-31 10:00:00 +02:00', new Date('2026-01-31T08:00:00Z')],
    ['d', 'Sat, 31 Jan 2026 08:00:00 GMT', new Date('2026-01-31T08:00:00Z')],
  ])('is applied if it says the same: %s %j', async (key, source, made) => {
    const { value, messages } = await check(schema, { [key]: source });
    expect(messages).toEqual([]);
    expect((value as Record<string, unknown>)[key]).toEqual(made);
  });

  it.each<[string, unknown, RegExp]>([
    [
      'b',
      'false',
      /^b is the string "false", which \S+ turns into true; write true or false without quotes$/,
    ],
    ['b', 'off', /^b is the string "off", which \S+ turns into true; write true or false$/],
    ['b', 'no', /^b is the string "no"/],
    ['b', '0', /^b is the string "0"/],
    ['b', '', /^b is the string "", which \S+ turns into false; write true or false$/],
    ['b', 0, /^b is 0, which \S+ turns into false; write true or false$/],
    ['b', 1, /^b is 1, which \S+ turns into true/],
    ['b', {}, /^b is an object, which \S+ turns into true/],
    ['n', '', /^n is the string "", which \S+ turns into 0; write a decimal number, or remove it$/],
    ['n', ' ', /^n is the string " ", which \S+ turns into 0/],
    ['n', ' 80', /^n is the string " 80", which \S+ turns into 80/],
    ['n', '0x10', /^n is the string "0x10", which \S+ turns into 16/],
    ['n', '0b1', /^n is the string "0b1"/],
    [
      'n',
      '0644',
      /^n is the string "0644", which \S+ turns into 644; write a decimal number without a zero in front$/,
    ],
    [
      'n',
      '738529527931269425',
      /^n is the string "738529527931269425", which \S+ turns into 738529527931269400/,
    ],
    ['n', '1e999', /^n is the string "1e999", which \S+ turns into Infinity/],
    ['n', 'Infinity', /^n is the string "Infinity", which/],
    ['n', true, /^n is true, which \S+ turns into 1; write a number$/],
    ['n', false, /^n is false, which \S+ turns into 0/],
    ['n', new Date(5), /^n is a date, which \S+ turns into 5/],
    ['s', {}, /^s is an object, which \S+ turns into "\[object Object\]"; write a string$/],
    [
      'd',
      '2026-02-30',
      /^d is the string "2026-02-30", which \S+ turns into 2026-03-02T00:00:00.000Z; write a date/,
    ],
    ['d', '2025-02-29', /^d is the string/],
    ['d', 'Fri, 31 Jan 2026 08:00:00 GMT', /^d is the string/],
    ['d', '02/03/2026', /^d is the string/],
    ['d', '2026-01-01T24:00:00Z', /^d is the string/],
    ['d', '5', /^d is the string "5"/],
    ['d', true, /^d is true, which \S+ turns into 1970/],
    ['d', 20260101, /^d is 20260101, which \S+ turns into 1970/],
    ['d', 1767225600, /^d is 1767225600, which \S+ turns into 1970/],
  ])('is refused if it says something else: %s %j', async (key, source, message) => {
    const { messages } = await check(schema, { [key]: source });
    expect(messages).toEqual([expect.stringMatching(message)]);
  });

  it.each<[string, unknown]>([
    ['n', 'abc'],
    ['n', '1_000'],
    ['d', 'x'],
  ])('is refused with what the source says, if the library refuses it: %s %j', async (key, source) => {
    const { messages } = await check(schema, { [key]: source });
    expect(messages).toHaveLength(1);
    expect(messages[0]).toContain(`(was ${JSON.stringify(source)})`);
    expect(messages[0]).not.toMatch(/NaN|Invalid Date|nan\b/);
  });

  it('is a string only if the file has the same characters', async () => {
    const wrong = await check(schema, { s: 4.1 }, { texts: { s: '4.10' } });
    expect(wrong.messages).toEqual([
      expect.stringMatching(/^s is 4\.10, which \S+ turns into "4\.1"; put it in quotes$/),
    ]);
    expect((await check(schema, { s: 4.1 }, { texts: { s: '4.1' } })).messages).toEqual([]);
    expect((await check(schema, { s: 1000 }, { texts: { s: '1e3' } })).messages).toHaveLength(1);
    expect((await check(schema, { s: true }, { texts: { s: 'True' } })).messages).toHaveLength(1);
  });

  it('is refused, warned about or accepted, as the policy says', async () => {
    const tree = { b: 'false' };
    const warned = await check(schema, tree, { conversions: 'warn' });
    expect([warned.value, warned.warnings]).toEqual([
      expect.objectContaining({ b: true }),
      [expect.stringMatching(/^b is the string "false"/)],
    ]);
    const allowed = await check(schema, tree, { conversions: 'allow' });
    expect([allowed.value, allowed.warnings]).toEqual([expect.objectContaining({ b: true }), []]);
  });

  it('is what a string of the environment says', async () => {
    const env = { isFromStrings: true };
    expect((await check(schema, { b: 'false' }, env)).value).toMatchObject({ b: false });
    expect((await check(schema, { b: '0' }, env)).value).toMatchObject({ b: false });
    expect((await check(schema, { b: '1' }, env)).value).toMatchObject({ b: true });
    expect((await check(schema, { n: ' 80 ' }, env)).value).toMatchObject({ n: 80 });
    expect((await check(schema, { s: '0042' }, env)).value).toMatchObject({ s: '0042' });
    expect((await check(schema, { n: '' }, env)).messages).toEqual([
      expect.stringMatching(/^n is the string ""/),
    ]);
    expect((await check(schema, { b: 'off' }, env)).messages).toEqual([
      expect.stringMatching(/^b is the string "off"/),
    ]);
    expect((await check(schema, { n: 'abc' }, env)).messages).toEqual([
      expect.stringContaining('(was "abc")'),
    ]);
  });
});

class Model {
  @IsString() @IsOptional() id?: string;
  @Type(() => Boolean) @IsBoolean() @IsOptional() on?: boolean;
}

class Base {
  name = '';
}

class Local extends Base {
  path = '';
}

const bySubtype = {
  discriminator: { property: 'kind', subTypes: [{ value: Local, name: 'local' }] },
};

class Shapes {
  @ValidateNested({ each: true }) @Type(() => Model) models: Model[] = [];
  @ValidateNested() @Type(() => Model) model = new Model();
  @ValidateNested({ each: true }) @Type(() => Model) set: Set<Model> = new Set();
  @ValidateNested({ each: true }) @Type(() => Model) map: Map<string, Model> = new Map();
  @Type(() => Number) limits: Map<string, number> = new Map();
  @Type(() => Number) ports: number[] = [];
  @Type(() => Model) either: Model | Model[] = [];
  @Type(() => Model) record: Record<string, Model> = {};
  @Type(() => Base, bySubtype) base: Base = new Local();
  @Type(() => Base, bySubtype) bases: Base[] = [];
  labels: Record<string, string> = {};
  @Expose({ name: 'max_retries' }) @Type(() => Number) maxRetries = 1;
  @IsOptional() close: unknown;
  @IsString() get url() {
    return '';
  }
}

describe('The shape of a value that a class declares', () => {
  it.each<[ConfigTree, string]>([
    [{ models: { id: 'q' } }, 'models must be a list (was an object)'],
    [{ set: { id: 'q' } }, 'set must be a list (was an object)'],
    [{ ports: { a: 1 } }, 'ports must be a list (was an object)'],
    [{ model: [{ id: 'q' }] }, 'model must be an object (was a list)'],
    [{ map: [{ id: 'q' }] }, 'map must be an object (was a list)'],
    [{ limits: [1] }, 'limits must be an object (was a list)'],
    [{ either: ['x'] }, 'either.0 must be an object (was "x")'],
    [
      { map: { a: 'x' } },
      'map.a: each value in nested property map must be either object or array (was "x")',
    ],
    [{ base: { kind: 'remote' } }, 'base.kind must be one of "local" (was "remote")'],
    [{ bases: [{ kind: 'local' }, { kind: 'loc' }] }, 'bases.1.kind must be one of "local" (was "loc")'],
  ])('is required: %j', async (tree, message) => {
    expect((await check(Shapes, tree)).messages).toEqual([message]);
  });

  it('is required of elements that class-validator refuses too, once', async () => {
    const { messages } = await check(Shapes, { models: ['x'] });
    expect(messages).toEqual([
      'models.0: each value in nested property models must be either object or array (was "x")',
    ]);
  });

  it.each<[ConfigTree]>([
    [{ models: [{ id: 'q' }], model: { id: 'q' }, set: [{ id: 'a' }], map: { a: { id: 'q' } } }],
    [{ limits: { a: 1, b: '2' }, ports: ['1', 2] }],
    [{ either: { id: 'q' } }],
    [{ either: [{ id: 'q' }] }],
    [{ base: { kind: 'local', path: 'x' }, bases: [{ kind: 'local' }] }],
    [{ labels: { size: 'x', get: 'y', delete: 'z' } }],
  ])('may be any that the class declares: %j', async (tree) => {
    expect((await check(Shapes, tree)).messages).toEqual([]);
  });

  it('is found out without the types of the compiler', async () => {
    class Plain {
      models: unknown;
      list = [];
      one = new Model();
    }
    Type(() => Model, {})(Plain.prototype, 'models');
    ValidateNested({ each: true })(Plain.prototype, 'models');
    Type(() => Model)(Plain.prototype, 'list');
    Type(() => Model)(Plain.prototype, 'one');
    expect((await check(Plain, { models: { id: 'q' } })).messages).toEqual([
      'models must be a list (was an object)',
    ]);
    expect((await check(Plain, { list: { id: 'q' }, one: [] })).messages).toEqual([
      'list must be a list (was an object)',
      'one must be an object (was a list)',
    ]);
  });

  it('is required of a value without rules, too', async () => {
    class Ruleless {
      @Type(() => Number) list: number[] = [];
      @Type(() => String) set: Set<string> = new Set();
      @Type(() => Number) map: Map<string, number> = new Map();
      @Type(() => Model) model: Model = new Model();
      @Type(() => URL) url: URL | undefined;
      @Type(() => URL) urls: URL[] = [];
      @Type(() => Model) maybe: Model | false = new Model();
    }
    expect((await check(Ruleless, { list: 5, set: 'a', map: 'x', model: false })).messages).toEqual([
      'list must be a list (was 5)',
      'set must be a list (was "a")',
      'map must be an object (was "x")',
      'model must be an object (was false)',
    ]);
    const honest = { maybe: false, url: 'http://x', urls: ['http://x'] };
    expect(await check(Ruleless, honest)).toMatchObject({ value: honest, messages: [] });
    const strings = { list: '[5]', set: '["a"]', map: '{"a":1}', model: '{"id":"q"}' };
    const { value, messages } = await check(Ruleless, strings, { isFromStrings: true });
    expect(messages).toEqual([]);
    expect(value).toMatchObject({ list: [5], model: { id: 'q' } });
    expect([...(value as Ruleless).map]).toEqual([['a', 1]]);
  });

  it('is that of an initial Map or Set, if the type is not written', async () => {
    class Inner {
      @Type(() => Boolean) flags = new Map<string, boolean>();
    }
    class Undeclared {
      @Type(() => Number) limits = new Map<string, number>();
      @Type(() => Number) ports = new Set<number>();
      @ValidateNested() @Type(() => Model) models = new Map<string, Model>();
      @ValidateNested({ each: true }) @Type(() => Inner) inner: Inner[] = [];
    }
    const tree = {
      limits: { rpm: 100 },
      ports: [1, '2'],
      models: { a: { id: 'x' } },
      inner: [{ flags: { on: true } }],
    };
    const { value, messages } = await check(Undeclared, tree);
    expect(messages).toEqual([]);
    const made = value as Undeclared;
    expect([...made.limits]).toEqual([['rpm', 100]]);
    expect([...made.ports]).toEqual([1, 2]);
    expect(made.models.get('a')).toBeInstanceOf(Model);
    expect(made.inner[0]?.flags.get('on')).toBe(true);

    const wrong = { limits: { rpm: 'x', size: 1 }, ports: { a: 1 }, inner: [{ flags: { on: 'false' } }] };
    expect((await check(Undeclared, wrong)).messages).toEqual([
      'limits.rpm must be a number (was "x")',
      expect.stringMatching(/^limits\.size gets lost/),
      'ports must be a list (was an object)',
      expect.stringMatching(/^inner\.0\.flags\.on is the string "false", which/),
    ]);
    // The class is as it was for other code of the app.
    expect(plainToInstance(Undeclared, { limits: { rpm: 100 } }).limits).toBeNaN();
  });

  it('includes all that is below it', async () => {
    const off = { on: 'off' };
    const { messages } = await check(Shapes, {
      models: [{}, off],
      model: off,
      set: [off],
      map: { 'a.b': off },
      limits: { a: '' },
      ports: [1, 'x'],
      record: { any: off },
      max_retries: '',
    });
    expect(messages.map((message) => message.split(' ', 1)[0])).toEqual([
      'models.1.on',
      'model.on',
      'set.0.on',
      "map['a.b'].on",
      'limits.a',
      'ports.1',
      'max_retries',
    ]);
  });
});

describe('A key that class-transformer drops', () => {
  const members = [
    'size',
    'delete',
    'get',
    'has',
    'set',
    'keys',
    'values',
    'entries',
    'forEach',
    'clear',
    'toString',
  ];

  it.each(members)('is refused in a Map: %s', async (key) => {
    const { messages } = await check(Shapes, { limits: { max: 1, [key]: 2 } });
    expect(messages).toEqual([
      `limits.${key} gets lost: class-transformer drops keys that are members of every Map; rename the key, or convert the object with @Transform()`,
    ]);
  });

  it.each(['toString', 'valueOf', 'hasOwnProperty'])('is refused in any object: %s', async (key) => {
    expect((await check(Shapes, { labels: { [key]: 'x' } })).messages).toEqual([
      expect.stringMatching(new RegExp(`^labels\\.${key} gets lost`)),
    ]);
  });

  it('is refused if it sets the same property as another key', async () => {
    expect((await check(Shapes, { max_retries: 5, maxRetries: 3 })).messages).toEqual([
      'max_retries and maxRetries set the same value; remove one of them',
    ]);
  });

  it('is refused in a class that declares it', async () => {
    expect((await check(Shapes, { url: 'x' })).messages).toEqual([
      expect.stringMatching(/^url gets lost: .* members of the class Shapes/),
    ]);
  });
});

describe('Code of the app', () => {
  it('is never questioned in a class', async () => {
    class Config {
      @Transform(({ value }) => value === 'on') @Type(() => Boolean) a = false;
      @Transform(({ value }) => Object.keys(value as object)) @Type(() => Model) b: unknown;
      @Type(() => Model) @Transform(({ value }) => value as unknown) c: Model[] = [];
    }
    expect((await check(Config, { a: 'off', b: { id: 'x' }, c: { on: 'off' } })).messages).toEqual([]);
  });

  it('is never questioned in zod', async () => {
    const schema = z.object({
      a: z.string().transform((text) => text === 'on'),
      b: z.preprocess((value) => (value === '' ? 0 : value), z.coerce.number()),
      c: z.stringbool(),
      d: z.string().trim().pipe(z.coerce.number()),
      e: z.coerce.number().catch(5),
      f: z.union([z.coerce.number(), z.string()]),
      g: z.codec(z.string(), z.number(), { decode: Number, encode: String }),
    });
    const tree = { a: 'off', b: '', c: 'off', d: ' 5 ', e: 'abc', f: 'x', g: '0x10' };
    const { value, messages } = await check(schema, tree);
    expect(messages).toEqual([]);
    expect(value).toEqual({ a: false, b: 0, c: false, d: 5, e: 5, f: 'x', g: 16 });
  });

  it('is never questioned in Valibot, ArkType and functions', async () => {
    const valibot = v.object({
      a: v.pipe(v.string(), v.transform(Number)),
      b: v.pipe(v.string(), v.trim(), v.toNumber()),
    });
    expect((await check(valibot, { a: '', b: ' 5 ' })).value).toEqual({ a: 0, b: 5 });
    const ark = type({ a: 'string.numeric.parse', b: type('string').pipe((text) => text === 'on') });
    expect((await check(ark as never, { a: '7', b: 'off' })).value).toEqual({ a: 7, b: false });
    expect((await check((tree) => ({ a: Boolean(tree['a']) }), { a: 'false' })).value).toEqual({ a: true });
  });

  it('is never questioned in Joi', async () => {
    const schema = Joi.object({
      a: Joi.boolean().truthy('on').falsy('off'),
      b: Joi.number().custom(() => 5),
      c: Joi.number().cast('string'),
      d: Joi.number().empty('').default(3),
      e: Joi.date().timestamp('unix'),
      f: Joi.number().failover(7),
      g: Joi.number().unsafe(),
      h: Joi.number().precision(1),
      i: Joi.string().trim(),
      j: Joi.array().items(Joi.number()).single(),
    });
    const tree = {
      a: 'off',
      b: '0',
      c: 1,
      d: '',
      e: 5,
      f: 'x',
      g: '9007199254740993',
      h: 1.25,
      i: ' x ',
      j: '1',
    };
    const { messages } = await check(schema as never, tree);
    expect(messages).toEqual([]);
  });
});

describe('Conversions of zod', () => {
  it('are found at every depth', async () => {
    const off = z.coerce.boolean();
    const schema = z.object({
      list: z.array(off),
      record: z.record(z.string(), z.object({ off })),
      tuple: z.tuple([z.string()], off),
      lazy: z.lazy(() => z.object({ off: off.readonly().nullable() })),
      both: z.intersection(z.object({ off }), z.object({ n: z.coerce.number().default(1) })),
      union: z.union([
        z.object({ kind: z.literal('a'), off: z.string() }),
        z.object({ kind: z.literal('b'), off }),
      ]),
      kind: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('a'), off }),
        z.object({ kind: z.literal('b'), off: z.string() }),
      ]),
      pipe: z.string().pipe(off as never),
      rest: z.object({}).catchall(off),
      number: z.coerce.number().min(1).optional().catch(1),
      refined: off.refine(() => true).transform((value) => !value),
    });
    const { messages } = await check(schema, {
      list: [true, 'off'],
      record: { a: { off: 'off' } },
      tuple: ['x', 'off'],
      lazy: { off: 'off' },
      both: { off: 'off', n: '' },
      union: { kind: 'b', off: 'off' },
      kind: { kind: 'a', off: 'off' },
      pipe: 'off',
      rest: { off: 'off' },
      number: '0x10',
      refined: 'off',
    });
    expect(messages.map((message) => message.split(' ', 1)[0])).toEqual([
      'list.1',
      'record.a.off',
      'tuple.1',
      'lazy.off',
      'both.off',
      'both.n',
      'union.off',
      'kind.off',
      'pipe',
      'rest.off',
      'number',
      'refined',
    ]);
    const passing = { union: { kind: 'a', off: 'off' }, kind: { kind: 'b', off: 'off' } };
    expect((await check(schema.pick({ union: true, kind: true }), passing)).messages).toEqual([]);
  });

  it('are not what `catch()` returns', async () => {
    const schema = z.object({ n: z.coerce.number().min(1).catch(5) });
    expect(await check(schema, { n: '' })).toMatchObject({ value: { n: 5 }, messages: [] });
    expect((await check(schema, { n: true })).messages).toEqual([
      'n is true, which zod turns into 1; write a number',
    ]);
  });

  it('are refused for null and big integers too', async () => {
    const schema = z.object({
      s: z.coerce.string(),
      n: z.coerce.number(),
      b: z.coerce.boolean(),
      i: z.coerce.bigint(),
    });
    expect((await check(schema, { s: null, n: null, b: null, i: '' })).messages).toEqual([
      's is null, which zod turns into "null"; write a string',
      'n is null, which zod turns into 0; write a decimal number, or remove it',
      'b is null, which zod turns into false; write true or false',
      'i is the string "", which zod turns into 0; write a whole number',
    ]);
    const good = { s: 'x', n: 1, b: true, i: '738529527931269425' };
    expect((await check(schema, good)).value).toEqual({ ...good, i: 738529527931269425n });
    expect((await check(schema, { ...good, i: 5 })).value).toEqual({ ...good, i: 5n });
    expect((await check(schema, { ...good, i: '0x10' })).messages).toHaveLength(1);
    expect((await check(schema, { ...good, i: true })).messages).toHaveLength(1);
  });

  it('are found in schemas that contain themselves', async () => {
    const node: z.ZodType = z.object({
      off: z.coerce.boolean(),
      get next() {
        return node.optional();
      },
    });
    expect((await check(node as never, { off: true, next: { off: 'off' } })).messages).toEqual([
      expect.stringMatching(/^next\.off is the string "off"/),
    ]);
    const endless = (): z.ZodType => z.object({ a: z.lazy(endless).optional() });
    expect((await check(endless() as never, { a: { a: {} } })).messages).toEqual([]);
  });
});

describe('Conversions of Joi', () => {
  it.each<[string, unknown, string]>([
    [
      'n',
      '0644',
      'n is the string "0644", which joi turns into 644; write a decimal number without a zero in front',
    ],
    ['n', ' 80 ', 'n is the string " 80 ", which joi turns into 80; write a decimal number'],
    [
      'd',
      '2026-02-30',
      'd is the string "2026-02-30", which joi turns into 2026-03-02T00:00:00.000Z; write a date such as 2026-01-31',
    ],
    [
      'd',
      20260101,
      'd is 20260101, which joi turns into 1970-01-01T05:37:40.101Z; write a date such as 2026-01-31',
    ],
    [
      'b',
      ' true ',
      'b is the string " true ", which joi turns into true; write true or false without quotes',
    ],
    [
      'list',
      ['1', '01'],
      'list.1 is the string "01", which joi turns into 1; write a decimal number without a zero in front',
    ],
    [
      'any',
      { x: '01' },
      'any.x is the string "01", which joi turns into 1; write a decimal number without a zero in front',
    ],
    [
      'either',
      '01',
      'either is the string "01", which joi turns into 1; write a decimal number without a zero in front',
    ],
  ])('are refused if they say something else: %s %j', async (key, source, message) => {
    const schema = Joi.object({
      n: Joi.number(),
      d: Joi.date(),
      b: Joi.boolean(),
      list: Joi.array().items(Joi.number()),
      any: Joi.object().pattern(/./, Joi.number()),
      either: Joi.alternatives(Joi.boolean(), Joi.number()),
    });
    expect((await check(schema as never, { [key]: source })).messages).toEqual([message]);
    const fine = { n: '8080', d: '2026-01-31', b: 'TRUE', list: ['1'], any: { x: '1.50' }, either: 'false' };
    expect((await check(schema as never, fine)).messages).toEqual([]);
  });
});

describe('A message about a value', () => {
  it.each<[string, ConfigSchema]>([
    [
      'class-validator',
      (() => {
        class C {
          @IsBoolean() b = true;
        }
        return C;
      })(),
    ],
    ['zod', z.object({ b: z.boolean() })],
    ['zod 3', z3.z.object({ b: z3.z.boolean() }) as never],
    ['Valibot', v.object({ b: v.boolean() })],
    ['ArkType', type({ b: 'boolean' }) as never],
    ['Joi', Joi.object({ b: Joi.boolean() }) as never],
  ])('that should be a boolean says what to write, with %s', async (_library, schema) => {
    for (const word of ['off', 'yes', 'On', 'no']) {
      const { messages } = await check(schema, { b: word });
      expect(messages).toEqual([
        expect.stringMatching(new RegExp(`^b\\b.*"${word}".*; write true or false$`)),
      ]);
    }
    expect((await check(schema, { b: 'x' })).messages).toEqual([expect.not.stringContaining('write')]);
  });

  it('says what the source says, not what class-transformer made of it', async () => {
    class Config {
      @Type(() => Number) @IsInt() port = 80;
      @Type(() => Date) @IsDate() at = new Date(0);
      @Type(() => Number) @Min(5) min = 5;
      @Transform(({ value }) => Number(value)) @IsInt() own = 1;
    }
    expect((await check(Config, { port: 'abc', at: 'soon', min: '3', own: 'x' })).messages).toEqual([
      'port must be an integer number (was "abc")',
      'at must be a Date instance (was "soon")',
      'min must not be less than 5 (was "3")',
      'own must be an integer number (was "x")',
    ]);
  });

  it('has no value of a secret', async () => {
    class Config {
      @Type(() => Number) token = 1;
      @Type(() => Boolean) password = true;
      @Type(() => Date) secret = new Date(0);
      @Type(() => Number) @IsInt({ message: 'not $value' }) api_key = 1;
    }
    const tree = { token: '0x4711', password: 'hunter2', secret: 'x-s3cret', api_key: 's3cret-key' };
    const { messages } = await check(Config, tree);
    expect(messages).toEqual([
      'token is a string ([hidden]), which class-transformer turns into another value; write a number',
      'password is a string ([hidden]), which class-transformer turns into another value; write true or false',
      'secret must be a date such as 2026-01-31 (was [hidden])',
      expect.stringMatching(/^api_key.*\(was \[hidden\]\)$/),
    ]);
    expect(messages.join()).not.toMatch(/4711|18193|hunter2|s3cret/);
  });
});
