import 'reflect-metadata';
import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { type ConfigSchema, HotConfigModule, type HotConfigService } from 'nestjs-hot-config';

const zodSchema = z.object({ llm: z.object({ model: z.string().default('small'), retries: z.number() }) });

describe('The type of the configuration', () => {
  it('is what a schema gives, for validators', () => {
    void HotConfigModule.forRoot({
      schema: zodSchema,
      validators: [
        (candidate) => {
          expectTypeOf(candidate).toEqualTypeOf<z.infer<typeof zodSchema>>();
        },
      ],
    });
    void HotConfigModule.forRoot({
      schema: v.object({ port: v.pipe(v.string(), v.transform(Number)) }),
      validators: [(candidate) => void expectTypeOf(candidate).toEqualTypeOf<{ port: number }>()],
    });
    // The schemas of ArkType are functions as well, whose result is no configuration: say which it is.
    void HotConfigModule.forRoot<{ port: number }>({
      schema: type({ port: 'number' }),
      validators: [(candidate) => void expectTypeOf(candidate).toEqualTypeOf<{ port: number }>()],
    });
    void HotConfigModule.forRoot({
      schema: (tree) => ({ port: Number(tree['port']) }),
      validators: [(candidate) => void expectTypeOf(candidate).toEqualTypeOf<{ port: number }>()],
    });
    class AppConfig {
      port = 80;
    }
    void HotConfigModule.forRoot({
      schema: AppConfig,
      validators: [(candidate) => void expectTypeOf(candidate).toEqualTypeOf<AppConfig>()],
    });
  });

  it('gives typed paths to the service', () => {
    type Config = HotConfigService<z.infer<typeof zodSchema>>;
    expectTypeOf<Config['value']>().toEqualTypeOf<{ llm: { model: string; retries: number } }>();
    const read = (config: Config) => config.get('llm.retries');
    expectTypeOf(read).returns.toEqualTypeOf<number>();
    // @ts-expect-error -- there is no such path
    const wrong = (config: Config) => config.get('llm.modle');
    void wrong;
  });

  it('may come from several schemas', () => {
    class Part {
      port = 80;
    }
    void HotConfigModule.forRoot<Part & z.infer<typeof zodSchema>>({
      schema: [Part, zodSchema],
      validators: [
        ({ port, llm }) => {
          expectTypeOf(port).toEqualTypeOf<number>();
          expectTypeOf(llm.model).toEqualTypeOf<string>();
        },
      ],
    });
  });

  it('is an object', () => {
    expectTypeOf(z.string()).not.toExtend<ConfigSchema>();
    expectTypeOf(zodSchema).toExtend<ConfigSchema>();
  });
});
