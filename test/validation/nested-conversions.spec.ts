import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import * as z3 from 'zod/v3';
import type { ConfigSchema, ConfigTree } from 'nestjs-hot-config';
import { checkConversions } from './support/check-conversions.js';

const FALSE = 'false';

const vb = v.pipe(v.unknown(), v.toBoolean());
const vo = v.object({ on: vb });
type VNode = { readonly next?: VNode | undefined; readonly on: boolean };
const vNode: v.GenericSchema<unknown, VNode> = v.object({
  on: vb,
  next: v.optional(v.lazy(() => vNode)),
});

const zb = z.coerce.boolean();
const zo = z.object({ on: zb });
interface ZNode {
  readonly on: boolean;
  readonly next?: ZNode | undefined;
}
const zNode: z.ZodType<ZNode> = z.object({ on: zb, next: z.lazy(() => zNode).optional() });

const b3 = z3.z.coerce.boolean();
const o3 = z3.z.object({ on: b3 });

const NESTED: [string, unknown, ConfigTree, string][] = [
  ['Valibot strictObject()', v.object({ a: v.strictObject({ on: vb }) }), { a: { on: FALSE } }, 'a.on'],
  ['Valibot looseObject()', v.object({ a: v.looseObject({ on: vb }) }), { a: { on: FALSE } }, 'a.on'],
  ['Valibot objectWithRest(), a key', v.objectWithRest({ on: vb }, vb), { on: FALSE, other: true }, 'on'],
  [
    'Valibot objectWithRest(), another',
    v.objectWithRest({ on: vb }, vb),
    { on: true, other: FALSE },
    'other',
  ],
  ['Valibot record()', v.object({ a: v.record(v.string(), vo) }), { a: { x: { on: FALSE } } }, 'a.x.on'],
  ['Valibot array()', v.object({ a: v.array(vo) }), { a: [{ on: true }, { on: FALSE }] }, 'a.1.on'],
  ['Valibot tuple()', v.object({ a: v.tuple([v.string(), vb]) }), { a: ['x', FALSE] }, 'a.1'],
  ['Valibot strictTuple()', v.object({ a: v.strictTuple([vb]) }), { a: [FALSE] }, 'a.0'],
  ['Valibot looseTuple()', v.object({ a: v.looseTuple([vb]) }), { a: [FALSE, 1] }, 'a.0'],
  [
    'Valibot tupleWithRest()',
    v.object({ a: v.tupleWithRest([v.string()], vb) }),
    { a: ['x', true, FALSE] },
    'a.2',
  ],
  ['Valibot union()', v.object({ a: v.union([v.number(), vo]) }), { a: { on: FALSE } }, 'a.on'],
  [
    'Valibot variant()',
    v.object({ a: v.variant('kind', [v.object({ kind: v.literal('x'), on: vb })]) }),
    { a: { kind: 'x', on: FALSE } },
    'a.on',
  ],
  [
    'Valibot intersect()',
    v.object({ a: v.intersect([v.object({ b: v.string() }), vo]) }),
    { a: { b: 'x', on: FALSE } },
    'a.on',
  ],
  ['Valibot lazy()', v.object({ a: vNode }), { a: { on: true, next: { on: FALSE } } }, 'a.next.on'],
  ['Valibot nullable()', v.object({ a: v.nullable(vo) }), { a: { on: FALSE } }, 'a.on'],
  ['Valibot nonOptional()', v.object({ a: v.nonOptional(v.optional(vo)) }), { a: { on: FALSE } }, 'a.on'],
  ['Valibot in a pipe of a pipe', v.object({ a: v.pipe(vb, v.boolean()) }), { a: FALSE }, 'a'],
  ['zod looseObject()', z.object({ a: z.looseObject({ on: zb }) }), { a: { on: FALSE } }, 'a.on'],
  ['zod catchall()', z.object({ a: z.object({}).catchall(zb) }), { a: { other: FALSE } }, 'a.other'],
  ['zod record()', z.object({ a: z.record(z.string(), zo) }), { a: { x: { on: FALSE } } }, 'a.x.on'],
  ['zod array()', z.object({ a: z.array(zo) }), { a: [{ on: true }, { on: FALSE }] }, 'a.1.on'],
  ['zod tuple()', z.object({ a: z.tuple([z.string(), zb]) }), { a: ['x', FALSE] }, 'a.1'],
  ['zod tuple(), its rest', z.object({ a: z.tuple([z.string()], zb) }), { a: ['x', true, FALSE] }, 'a.2'],
  ['zod union()', z.object({ a: z.union([z.number(), zo]) }), { a: { on: FALSE } }, 'a.on'],
  [
    'zod discriminatedUnion()',
    z.object({ a: z.discriminatedUnion('kind', [z.object({ kind: z.literal('x'), on: zb })]) }),
    { a: { kind: 'x', on: FALSE } },
    'a.on',
  ],
  [
    'zod intersection()',
    z.object({ a: z.intersection(z.object({ b: z.string() }), zo) }),
    { a: { b: 'x', on: FALSE } },
    'a.on',
  ],
  ['zod lazy()', z.object({ a: zNode }), { a: { on: true, next: { on: FALSE } } }, 'a.next.on'],
  ['zod nullable()', z.object({ a: zo.nullable() }), { a: { on: FALSE } }, 'a.on'],
  ['zod prefault()', z.object({ a: zo.prefault({ on: true }) }), { a: { on: FALSE } }, 'a.on'],
  ['zod catch()', z.object({ a: zo.catch({ on: true }) }), { a: { on: FALSE } }, 'a.on'],
  ['zod readonly()', z.object({ a: zo.readonly() }), { a: { on: FALSE } }, 'a.on'],
  ['zod nonoptional()', z.object({ a: z.nonoptional(zo.optional()) }), { a: { on: FALSE } }, 'a.on'],
  ['zod pipe()', z.object({ a: z.string().pipe(zb as never) }), { a: FALSE }, 'a'],
  ['zod unknown().pipe()', z.object({ a: z.unknown().pipe(zb) }), { a: FALSE }, 'a'],
  ['zod 3 array()', z3.z.object({ a: z3.z.array(o3) }), { a: [{ on: FALSE }] }, 'a.0.on'],
  ['zod 3 tuple()', z3.z.object({ a: z3.z.tuple([b3]) }), { a: [FALSE] }, 'a.0'],
  ['zod 3 record()', z3.z.object({ a: z3.z.record(o3) }), { a: { x: { on: FALSE } } }, 'a.x.on'],
  ['zod 3 brand()', z3.z.object({ a: o3.brand('x') }), { a: { on: FALSE } }, 'a.on'],
  ['zod 3 lazy()', z3.z.object({ a: z3.z.lazy(() => o3) }), { a: { on: FALSE } }, 'a.on'],
  ['zod 3 pipe()', z3.z.object({ a: z3.z.string().pipe(b3) }), { a: FALSE }, 'a'],
  ['zod 3 refine()', z3.z.object({ a: o3.refine(() => true) }), { a: { on: FALSE } }, 'a.on'],
];

describe('A conversion that says something else', () => {
  it.each(NESTED)('is found in %s', async (_where, schema, tree, path) => {
    const { messages } = await checkConversions(schema as ConfigSchema, tree);
    expect(messages).toEqual([
      expect.stringMatching(new RegExp(`^${path} is the string "false", which \\S+ turns into true`)),
    ]);
  });

  it.each<[string, unknown]>([
    ["zod's transform()", z.string().transform((text) => text !== 'x')],
    ["zod's preprocess()", z.preprocess((value) => value === 'x', z.boolean())],
    [
      "zod's trim() before a pipe",
      z
        .string()
        .trim()
        .pipe(zb as never),
    ],
    [
      "zod's transform() before a pipe",
      z
        .string()
        .transform((text) => `${text}!`)
        .pipe(zb as never),
    ],
    ["zod's coerce before a pipe", z.coerce.string().pipe(zb as never)],
    ["zod 3's preprocess()", z3.z.preprocess((value) => value === 'x', z3.z.boolean())],
    ["zod 3's trim() before a pipe", z3.z.string().trim().pipe(b3)],
    [
      "Valibot's transform()",
      v.pipe(
        v.string(),
        v.transform((text) => text !== 'x'),
      ),
    ],
    [
      "Valibot's transform() before a conversion",
      v.pipe(
        v.string(),
        v.transform((text) => `${text}!`),
        v.toBoolean(),
      ),
    ],
    ['a conversion of a part that was transformed', v.pipe(v.pipe(v.string(), v.trim()), v.toBoolean())],
  ])('is up to the app after code of its own: %s', async (_what, part) => {
    expect((await checkConversions(objectOf(part), { a: FALSE })).messages).toEqual([]);
  });
});

function objectOf(part: unknown): ConfigSchema {
  if ('~run' in (part as object)) return v.object({ a: part as v.GenericSchema });
  return '_zod' in (part as object) ? z.object({ a: part as z.ZodType }) : z3.z.object({ a: part as never });
}
