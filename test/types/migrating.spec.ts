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
    expect([ConfigService, ConditionalModule, registerAs]).toEqual([
      theirs.ConfigService,
      theirs.ConditionalModule,
      theirs.registerAs,
    ]);
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
