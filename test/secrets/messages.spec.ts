import 'reflect-metadata';
import { Injectable } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsInt, IsIn, Length, Matches, Min, ValidateNested } from 'class-validator';
import {
  BeforeConfigChange,
  type ConfigSchema,
  type ConfigSnapshot,
  type ConfigSource,
  configJsonSchema,
  type HotConfigModuleOptions,
  OnConfigChange,
  refreshable,
  registerFormat,
  file,
  Secret,
} from 'nestjs-hot-config';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { MemorySource } from '../support/memory.source.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';
import { canary, leaksIn, shownOf } from './support/canary.js';
import { observedApp } from './support/observed-app.js';

const SECRET = canary();
const OTHER = canary('"/');

/** An error as libraries throw it: the value in its message, its properties, its causes. */
function told(...values: unknown[]): Error {
  const cause = new AggregateError(
    values.map((value) => new Error(`inner ${String(value)}`)),
    `several of ${values.join()}`,
  );
  const error = new TypeError(`refused ${values.join(', ')} at https://u:${values.join()}@host/`, { cause });
  return Object.assign(error, {
    config: { headers: { authorization: `Basic ${Buffer.from(String(values[0])).toString('base64')}` } },
    request: new Map(values.map((value, index) => [index, value])),
    url: `https://host/?key=${encodeURIComponent(String(values[0]))}`,
  });
}

class Inner {
  @Length(1, 5, { message: 'hidden_pin "$value" is too long' })
  hidden_pin = '1';

  @Secret()
  @Matches(/^\d+$/, { message: ({ value }) => `[${String(value)}] has no digits` })
  innocent = '1';
}

class ByClass {
  @Matches(/^ok/, { message: 'not $value' })
  api_key = 'ok';

  @ValidateNested()
  @Type(() => Inner)
  inner = new Inner();

  @IsInt()
  @Min(1)
  token = 1;

  @IsIn(['a', 'b'])
  note = 'a';
}

const byZod = z.looseObject({
  api_key: z.string().refine((key) => key.startsWith('ok'), { error: ({ input }) => `got ${String(input)}` }),
  plain: z.enum(['a', 'b']).optional(),
});

const byFunction: ConfigSchema = (tree) => {
  const { api_key } = tree as { api_key: string };
  if (!api_key.startsWith('ok')) throw told(api_key);
  return tree;
};

const BAD = {
  api_key: SECRET,
  plain: OTHER,
  note: `in a text: ${SECRET}`,
  token: OTHER,
  inner: { hidden_pin: SECRET, innocent: OTHER },
};

/** Those of an app whose configuration was `first`, and is refused when it is BAD. */
async function refused(options: HotConfigModuleOptions, first: object = { api_key: 'ok' }) {
  const source = new MemorySource(first as never);
  const app = await observedApp({ sources: [source], ...options });
  source.set(BAD);
  const result = await app.manager.reload();
  const plan = await app.manager.plan();
  const diff: unknown = await app.manager.diff(1, 'sources').catch((error: unknown) => error);
  expect(result.outcome).toBe('rejected');
  const shown = new Map([...(await app.outputs()), ['result', [result, plan, diff].map(shownOf).join('\n')]]);
  if (result.outcome === 'rejected') shown.set('error', shownOf(result.error));
  return shown;
}

describe('A message of app code or a library', () => {
  it.each<[string, ConfigSchema]>([
    ['a class', ByClass],
    ['zod', byZod as ConfigSchema],
    ['a function', byFunction],
  ])('shows no secret if the schema is %s', async (_name, schema) => {
    expect(leaksIn(await refused({ schema }), [SECRET, OTHER])).toEqual([]);
  });

  it.each<[string, (tree: never) => unknown]>([
    ['a sentence', ({ api_key }: { api_key: string }) => (api_key === SECRET ? `no ${api_key}` : undefined)],
    [
      'issues',
      (tree: typeof BAD) =>
        tree.api_key === SECRET
          ? [{ path: 'inner.innocent', message: `${tree.plain} and ${JSON.stringify(tree)}` }]
          : [],
    ],
    [
      'an exception',
      ({ api_key, plain }: typeof BAD) => {
        if (api_key === SECRET) throw told(api_key, plain);
      },
    ],
  ])('shows no secret if a validator returns %s', async (_name, validator) => {
    expect(
      leaksIn(await refused({ validators: [validator as never], secrets: ['inner', 'plain'] }), [
        SECRET,
        OTHER,
      ]),
    ).toEqual([]);
  });

  it('shows no secret of a veto, a handler, a hook, a stream or a component', async () => {
    let isVetoing = false;

    @Injectable()
    class Follower {
      @BeforeConfigChange('api_key')
      call({ candidate }: { candidate: { get(path: string): unknown } }) {
        if (isVetoing) throw told(candidate.get('api_key'));
      }

      @OnConfigChange('api_key')
      follow({ changes, current }: { changes: unknown; current: { value: unknown } }) {
        throw told(JSON.stringify(current.value), changes, SECRET);
      }

      onConfigReload(result: { changes: readonly { current: unknown }[] }) {
        throw told(...result.changes.map(({ current }) => current));
      }

      onConfigRejected() {
        throw told(SECRET, OTHER);
      }

      onConfigRollback() {
        throw told(SECRET, OTHER);
      }

      beforeConfigReload() {
        throw told(SECRET, OTHER);
      }
    }

    const client = refreshable({
      provide: 'client',
      on: 'api_key',
      useFactory: ({ value }: { value: unknown }) => {
        const { api_key } = value as { api_key: string };
        if (api_key === OTHER) throw told(api_key);
        return { api_key };
      },
      dispose: ({ api_key }: { api_key: string }) => {
        throw told(api_key, SECRET);
      },
    });
    const source = new MemorySource({ api_key: 'none', other: { token: SECRET, secret: OTHER } });
    const { manager, outputs, emitter } = await observedApp(
      { sources: [source] },
      { providers: [Follower, client] },
    );
    emitter.on('hot-config.applied', () => {
      throw told(SECRET);
    });
    const results = [];
    for (const [api_key, vetoing] of [
      [SECRET, false],
      [OTHER, false],
      ['another', true],
      ['another', false],
      [SECRET, false],
    ] as const) {
      isVetoing = vetoing;
      source.set({ api_key, other: { token: SECRET, secret: OTHER } });
      results.push(await manager.reload());
      await manager.settled();
    }
    results.push(await manager.rollback());
    expect(results.map(({ outcome }) => outcome)).toEqual([
      'applied',
      'rejected',
      'rejected',
      'applied',
      'applied',
      'applied',
    ]);
    const shown = await outputs();
    expect(shown.get('logs')).toContain('[hidden]');
    expect(
      leaksIn(new Map([...shown, ['results', results.map(shownOf).join('\n')]]), [SECRET, OTHER]),
    ).toEqual([]);
  });

  it('shows no secret of a health check that fails', async () => {
    const source = new MemorySource({ api_key: 'none' });
    const { manager, outputs } = await observedApp({
      sources: [source],
      probation: {
        for: '1s',
        interval: 1,
        failures: 1,
        healthCheck: ({ value }: ConfigSnapshot) => {
          const { api_key } = value as { api_key: string };
          if (api_key === SECRET) throw told(api_key);
        },
      },
    });
    source.set({ api_key: SECRET });
    await manager.reload();
    await until('it is rolled back', () => manager.status().version === 3);
    expect(leaksIn(await outputs(), [SECRET])).toEqual([]);
  });

  it.each([
    ['a long one', 'lantern-walrus-canary-pumpkin-'.repeat(4)],
    ['one of several lines', 'lantern-walrus\ncanary-pumpkin\n'],
    ['one with credentials', 'Server=lantern.walrus;Password=canary-pumpkin'],
  ])('shows no part of a secret that was pasted to another place: %s', async (_name, secret) => {
    const source = new MemorySource({ db: { secret: 'none' }, n: 1 });
    const schema = z.looseObject({ n: z.number() });
    const { manager, outputs } = await observedApp({ sources: [source], schema });
    source.set({ db: { secret }, n: secret });
    const result = await manager.reload();

    expect(result.outcome).toBe('rejected');
    const shown = [...(await outputs()).values(), shownOf(result)].join('\n');
    expect(shown).toContain('n: ');
    expect(shown).not.toMatch(/lantern|walrus|canary|pumpkin/);
  });

  it('shows no secret of a failed source, even if another source contains it', async () => {
    const failing: ConfigSource = { name: 'vault', load: () => Promise.reject(told(SECRET, OTHER)) };
    const folder = new TempFolder();
    const format = registerFormat('.own', (text) => {
      throw told(text.trim());
    });
    const { manager, outputs } = await observedApp({
      sources: [new MemorySource({ api_key: SECRET, plain: OTHER })],
      formats: [format],
      settleTimeout: 0,
    });
    const results = [
      await manager.addSource(failing),
      await manager.addSource({ ...failing, onError: 'keep' }),
      await manager.addSource(file(folder.write('a.own', SECRET))),
    ];
    expect(
      leaksIn(new Map([...(await outputs()), ['results', results.map(shownOf).join('\n')]]), [SECRET, OTHER]),
    ).toEqual([]);
  });

  it('shows no secret of an app that cannot start', async () => {
    const logs: string[] = [];
    for (const stream of ['log', 'warn', 'error'] as const)
      vi.spyOn(console, stream).mockImplementation(
        (...parts) => void logs.push(parts.map(shownOf).join(' ')),
      );
    const thrown = [];
    for (const options of [
      { schema: ByClass },
      { schema: byZod as ConfigSchema },
      { schema: byFunction },
      { validators: [() => told(SECRET, OTHER).message] },
      {
        sources: [
          new MemorySource(BAD),
          { name: 'vault', load: () => Promise.reject(told(SECRET)) } satisfies ConfigSource,
        ],
      },
    ] as HotConfigModuleOptions[])
      thrown.push(
        await observedApp({ sources: [new MemorySource(BAD)], ...options }).then(
          () => expect.fail('it started'),
          (error: unknown) => error,
        ),
      );
    expect(
      leaksIn(
        new Map([
          ['thrown', thrown.map(shownOf).join('\n')],
          ['console', logs.join('\n')],
        ]),
        [SECRET, OTHER],
      ),
    ).toEqual([]);
    vi.restoreAllMocks();
  });

  it('shows no default of a secret in a JSON Schema', async () => {
    class Preset {
      @Length(1, 99)
      @Secret()
      innocent = SECRET;

      @Length(1, 99)
      api_key = OTHER;

      @Length(1, 99)
      note = 'shown';
    }
    const schema = JSON.stringify(await configJsonSchema(Preset));
    expect(schema).toContain('shown');
    expect(leaksIn(new Map([['schema', schema]]), [SECRET, OTHER])).toEqual([]);
  });

  it('shows no default of a property with a secret name in the JSON Schema of other libraries', async () => {
    const schema = z.object({
      api_key: z.string().default(SECRET),
      mode: z.enum(['a', 'b']).default('a'),
      db: z.object({ password: z.enum([OTHER, 'x']), port: z.number().default(5432) }),
      auth: z.object({ token: z.string(), user: z.string() }).default({ token: SECRET, user: 'ann' }),
    });
    const text = JSON.stringify(await configJsonSchema(schema as ConfigSchema));
    expect(text).toContain('5432');
    expect(text).toContain('ann');
    expect(leaksIn(new Map([['schema', text]]), [SECRET, OTHER])).toEqual([]);
  });

  it('does not redact the places in errors, even if a secret is the same string', async () => {
    const source = new MemorySource({ db: { password: 'database' }, database: { port: 1 } });
    const { manager } = await observedApp({
      sources: [source],
      validators: [
        (tree) =>
          (tree as { database: { port: number } }).database.port > 1
            ? { path: 'database.port', message: 'the password is database' }
            : undefined,
      ],
    });
    source.set({ db: { password: 'database' }, database: { port: 2 } });
    const result = await manager.reload();
    expect(result.issues).toMatchObject([
      { path: 'database.port', message: 'database.port the password is [hidden]' },
    ]);
    expect(result.outcome === 'rejected' && result.error.issues[0]?.path).toBe('database.port');
  });
});
