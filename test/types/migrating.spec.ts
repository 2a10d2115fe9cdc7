import type { DynamicModule } from '@nestjs/common';
import * as theirs from '@nestjs/config';
import {
  ConditionalModule,
  ConfigModule,
  ConfigService,
  type ConfigType,
  HotConfigModule,
  HotConfigService,
  registerAs,
} from 'nestjs-hot-config';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';

interface Variables {
  PORT: number;
  HOST?: string;
  database: { url: string; pool?: number };
}

const database = registerAs('database', async () => ({ url: 'a', pool: 1 }));

declare const checked: ConfigService<Variables, true>;
declare const unchecked: ConfigService<Variables>;
declare const hot: HotConfigService<Variables>;

/** Compiled, never run. */
function compiled(check: () => void): void {
  expect(check).toBeTypeOf('function');
}

describe('What an app for @nestjs/config is typed by', () => {
  it('is the same under the name of this package', () => {
    expect(ConfigModule).toBe(HotConfigModule);
    expect([ConfigService, ConditionalModule]).toEqual([theirs.ConfigService, theirs.ConditionalModule]);
    expectTypeOf<(typeof database)['KEY']>().toEqualTypeOf<string | symbol>();
    const database4 = theirs.registerAs('database', async () => ({ url: 'a', pool: 1 }));
    expectTypeOf(database).toEqualTypeOf(database4);
  });

  it('gives a namespace with a schema the type of its result', () => {
    class Mail {
      from = 'a';
    }
    const make = () => ({ url: process.env['URL'] });
    const typed = {
      zod: registerAs('a', make, { schema: z.object({ url: z.string(), pool: z.int().default(1) }) }),
      class: registerAs('b', make, { schema: Mail }),
      function: registerAs('c', make, { schema: () => ({ n: 1 }) }),
    };
    expectTypeOf<ConfigType<typeof typed.zod>>().toEqualTypeOf<{ url: string; pool: number }>();
    expectTypeOf<ConfigType<typeof typed.class>>().toEqualTypeOf<Mail>();
    expectTypeOf<ConfigType<typeof typed.function>>().toEqualTypeOf<{ n: number }>();
    expectTypeOf<ReturnType<ReturnType<typeof typed.class.asProvider>['useFactory']>>().toEqualTypeOf<Mail>();
    compiled(() => {
      expectTypeOf(HotConfigModule.forFeature(typed.zod)).toEqualTypeOf<DynamicModule>();
      expectTypeOf(theirs.ConfigModule.forFeature(typed.zod)).toExtend<
        DynamicModule | Promise<DynamicModule>
      >();
      expectTypeOf(HotConfigModule.forRoot({ load: [typed.zod] })).toEqualTypeOf<Promise<DynamicModule>>();
    });
  });

  it('takes every option of theirs, and gives what they give', () => {
    expectTypeOf<
      NonNullable<Parameters<typeof HotConfigModule.forRoot>[0]>
    >().toExtend<theirs.ConfigModuleOptions>();
    expectTypeOf<theirs.ConfigModuleOptions>().toExtend<
      NonNullable<Parameters<typeof HotConfigModule.forRoot>[0]>
    >();
    expectTypeOf<ReturnType<typeof HotConfigModule.forRoot>>().toEqualTypeOf<Promise<DynamicModule>>();
    compiled(() => expectTypeOf(HotConfigModule.forFeature(database)).toEqualTypeOf<DynamicModule>());
    expectTypeOf(HotConfigModule.envVariablesLoaded).toEqualTypeOf(theirs.ConfigModule.envVariablesLoaded);
  });

  it('infers through ConfigService as before', () => {
    compiled(() => {
      expectTypeOf(checked.get('PORT', { infer: true })).toEqualTypeOf<number>();
      expectTypeOf(checked.get('database.url', { infer: true })).toEqualTypeOf<string>();
      expectTypeOf(checked.get('HOST', { infer: true })).toEqualTypeOf<string | undefined>();
      expectTypeOf(checked.get('HOST', 'a', { infer: true })).toEqualTypeOf<string>();
      expectTypeOf(unchecked.get('PORT', { infer: true })).toEqualTypeOf<number | undefined>();
      expectTypeOf(unchecked.getOrThrow('PORT', { infer: true })).toEqualTypeOf<number>();
      expectTypeOf<ConfigType<typeof database>>().toEqualTypeOf<{ url: string; pool: number }>();
    });
  });

  it('may be the hot service where theirs is asked for', () => {
    expectTypeOf<HotConfigService<Variables>>().toExtend<ConfigService<Variables>>();
    compiled(() => {
      expectTypeOf(hot.set('PORT', 1)).toEqualTypeOf<void>();
    });
  });
});
