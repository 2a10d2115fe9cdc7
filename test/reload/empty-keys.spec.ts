import 'reflect-metadata';
import { Expose, Transform, Type } from 'class-transformer';
import {
  Allow,
  IsArray,
  IsDefined,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  NotEquals,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { env, factory, file, HotConfigError, type HotConfigModuleOptions, Nullable } from 'nestjs-hot-config';
import { memory } from 'nestjs-hot-config/testing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { HotConfigManager } from '../../lib/runtime/hot-config.manager.js';
import { TempFolder } from '../support/temp-folder.js';
import { booted } from './support/runtime.js';

/** Boots with files of these texts, the lowest first; `a.yaml`, `b.yaml` and so on. */
async function onFiles(texts: readonly string[], options: HotConfigModuleOptions = {}) {
  const folder = new TempFolder();
  const files = texts.map((text, index) => folder.write(`${'abcdef'[index]!}.yaml`, text));
  const bench = await booted(
    files.map((path) => file(path)),
    options,
  );
  const short = (text: string) => text.replaceAll(`${folder.path}/`, '');
  const warnings = () =>
    bench.results.at(-1)!.issues.map(({ message, origin }) => {
      return short(`${origin?.file}:${origin?.line} ${message}`);
    });
  return { ...bench, folder, warnings, short, manager: new HotConfigManager(bench.runtime) };
}

async function refused(
  texts: readonly string[],
  schema: HotConfigModuleOptions['schema'],
): Promise<string[]> {
  const error: unknown = await onFiles(texts, { schema }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof HotConfigError)) throw new Error('was not refused');
  return error.issues.map(({ message, origin }) => `${origin?.line} ${message}`);
}

class Model {
  @IsString()
  id = 'small';

  @IsOptional()
  @IsInt()
  limit = 5;
}

class Llm {
  @IsOptional()
  @IsInt()
  timeout_seconds = 30;

  @IsOptional()
  @IsString()
  note?: string;
}

class AppConfig {
  @IsOptional()
  @ValidateNested()
  @Type(() => Llm)
  llm = new Llm();

  @ValidateNested()
  @Type(() => Model)
  model = new Model();

  @IsOptional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => Model)
  models: Model[] = [];
}

describe('An empty key', () => {
  it('counts as absent where the class has @IsOptional() only: the default is used, with a warning', async () => {
    const { value, warnings } = await onFiles(['llm:\n  timeout_seconds:\n'], { schema: AppConfig });
    expect(value()).toMatchObject({ llm: { timeout_seconds: 30 } });
    expect(warnings()).toEqual([
      'a.yaml:2 llm.timeout_seconds has no value, so the default is used; write a value, remove the key, or mark it @Nullable()',
    ]);
  });

  it('without a default counts as absent, too', async () => {
    const { value, warnings } = await onFiles(['llm: { note: ~ }\n'], { schema: AppConfig });
    expect((value() as AppConfig).llm.note).toBeUndefined();
    expect(warnings()).toEqual([expect.stringContaining('llm.note has no value, so it counts as absent; ')]);
  });

  it('above keys that are commented out leaves the default of its class', async () => {
    const { value } = await onFiles(['llm:\n#  timeout_seconds: 7\n'], { schema: AppConfig });
    expect(value()).toMatchObject({ llm: { timeout_seconds: 30 } });
  });

  it('shows the value of an earlier file, a branch or a scalar, and says where it is', async () => {
    const { value, warnings, manager } = await onFiles(
      ['llm:\n  timeout_seconds: 7\nmodel:\n  id: x\n  limit: 2\n', 'llm:\nmodel:\n  limit:\n'],
      { schema: AppConfig },
    );
    expect(value()).toMatchObject({ llm: { timeout_seconds: 7 }, model: { id: 'x', limit: 2 } });
    expect(warnings()).toEqual([
      expect.stringMatching(/^b\.yaml:1 llm has no value here, so that of a\.yaml:2:3 is used; /),
      expect.stringMatching(/^b\.yaml:3 model\.limit has no value here, so that of a\.yaml:5:10 is used; /),
    ]);
    expect(manager.explain('llm.timeout_seconds')).toMatchObject({ value: 7, shadowed: [] });
    expect(manager.explain('llm.timeout_seconds').source).toMatch(/a\.yaml$/);
    expect(manager.explain('model.limit').origin).toMatchObject({ line: 5 });
  });

  it('of a required object shows the object of an earlier file', async () => {
    const { value, warnings } = await onFiles(['model: { id: x }', 'model:\n'], { schema: AppConfig });
    expect(value()).toMatchObject({ model: { id: 'x' } });
    expect(warnings()).toHaveLength(1);
  });

  it('is explained as a default if it counts as absent', async () => {
    const { manager } = await onFiles(['llm:\n  timeout_seconds:\n'], { schema: AppConfig });
    const { source, origin, value } = manager.explain('llm.timeout_seconds');
    expect({ source, origin, value }).toEqual({ source: 'default', origin: undefined, value: 30 });
  });

  it('is refused where its rules refuse null, at its place', async () => {
    class Required {
      @IsInt()
      port!: number;

      @IsObject()
      options = {};
    }
    expect(await refused(['port:\noptions:\n'], Required)).toEqual([
      '1 port must be an integer number (was null, no value)',
      '2 options must be an object (was null, no value)',
    ]);
    expect(await refused(['model:\n'], AppConfig)).toEqual([
      '1 model must be either object or array (was null, no value)',
    ]);
  });

  it.each([
    ['a list', 'models:\n  - id: a\n  -\n', '3 models.1'],
    ['a list that has it written', 'models: [null]', '1 models.0'],
  ])('is refused in %s of a class', async (_name, text, place) => {
    expect(await refused([text], AppConfig)).toEqual([expect.stringContaining(place)]);
  });

  it('is refused in lists, maps and sets of a class without rules for their elements', async () => {
    class Holder {
      @Type(() => Model)
      list: Model[] = [];

      @Type(() => Model)
      map = new Map<string, Model>();

      @Type(() => Model)
      set = new Set<Model>();
    }
    expect(await refused(['list: [~]\nmap: { a: }\nset: [~]\n'], Holder)).toEqual([
      '1 list.0 has no value; write a value, or remove it (its keys may be commented out)',
      '2 map.a has no value; write a value, or remove it (its keys may be commented out)',
      '3 set.0 has no value; write a value, or remove it (its keys may be commented out)',
    ]);
  });

  it('counts as absent in objects of a list, too', async () => {
    const { value, warnings } = await onFiles(['models:\n  - id: a\n    limit:\n'], { schema: AppConfig });
    expect(value()).toMatchObject({ models: [{ id: 'a', limit: 5 }] });
    expect(warnings()).toEqual([expect.stringContaining('a.yaml:3 models.0.limit has no value')]);
  });

  it('counts as absent where a property has no rule, or one that accepts null by accident', async () => {
    class Loose {
      @Allow()
      allowed = 1;

      initial = ['a'];

      @NotEquals(7)
      other = 3;

      @Type(() => Model)
      typed = new Model();
    }
    const { value, warnings } = await onFiles(['allowed:\ninitial:\nother:\ntyped:\n'], { schema: Loose });
    expect(value()).toEqual(new Loose());
    expect(warnings()).toHaveLength(4);
  });

  it('is null where the schema says so, without a warning', async () => {
    class Nulls {
      @Nullable()
      @IsInt()
      marked: number | null = 1;

      @Nullable()
      @IsOptional()
      @ValidateNested()
      @Type(() => Model)
      nested?: Model | null;

      @ValidateIf((_self, value) => value !== null)
      @IsInt()
      condition: number | null = 1;

      @IsIn(['a', null])
      listed: string | null = 'a';

      @IsOptional()
      @IsString()
      initially: string | null = null;

      @Transform(({ value }: { value: unknown }) => value ?? 'from code')
      @IsString()
      transformed = 'x';

      @Nullable({ each: true })
      @Type(() => Model)
      list: (Model | null)[] = [];
    }
    const empty = 'marked:\nnested:\ncondition:\nlisted:\ninitially:\ntransformed:\nlist: [~]\n';
    const below = 'marked: 3\nnested: { id: a }\ninitially: b\n';
    const { value, warnings } = await onFiles([below, empty], { schema: Nulls });
    expect(value()).toEqual(
      Object.assign(new Nulls(), {
        marked: null,
        nested: null,
        condition: null,
        listed: null,
        initially: null,
        transformed: 'from code',
        list: [null],
      }),
    );
    expect(warnings()).toEqual([]);
    expect(await refused(['marked: x'], Nulls)).toEqual([
      expect.stringContaining('marked must be an integer'),
    ]);
  });

  it('is known by the name that the file uses', async () => {
    class Aliased {
      @Expose({ name: 'max_retries' })
      @IsOptional()
      @IsInt()
      maxRetries = 3;
    }
    const { value, warnings } = await onFiles(['max_retries: 5\n', 'max_retries:\n'], { schema: Aliased });
    expect(value()).toMatchObject({ maxRetries: 5 });
    expect(warnings()).toEqual([expect.stringContaining('b.yaml:1 max_retries has no value here')]);
  });
});

describe('An empty key that no class describes', () => {
  it.each([
    [
      'options:\n  a: 1\n  b: 2\n  c: 3\n',
      'the 3 values of a.yaml:2:3; write {} or remove the key to keep them',
    ],
    ['options: { a: 1 }\n', 'the one value of a.yaml:1:10; write {} or remove the key to keep it'],
    ['options: [1, 2]\n', 'the 2 elements of a.yaml:1:10; remove the key to keep them'],
  ])('hides the branch of an earlier file, with a warning: %j', async (below, hidden) => {
    const { value, warnings } = await onFiles([below, 'options:\nother: 1\n']);
    expect(value()).toEqual({ options: null, other: 1 });
    expect(warnings()).toEqual([`b.yaml:1 options has no value here, and hides ${hidden}`]);
  });

  it('is a value without a warning over a scalar, over an empty branch, and over nothing', async () => {
    const { value, warnings } = await onFiles(['a: 1\nb: {}\n', 'a:\nb:\nc:\n']);
    expect(value()).toEqual({ a: null, b: null, c: null });
    expect(warnings()).toEqual([]);
  });

  it('keeps the branch if it is {}', async () => {
    expect((await onFiles(['a: { b: 1 }', 'a: {}'])).value()).toEqual({ a: { b: 1 } });
  });

  it('is such a key in the records of a class, and in namespaces without one', async () => {
    class Open {
      @IsObject()
      headers: Record<string, unknown> = {};
    }
    const { value, warnings } = await onFiles(['headers: { a: { b: 1 } }', 'headers: { a: }'], {
      schema: Open,
    });
    expect(value()).toEqual({ headers: { a: null } });
    expect(warnings()).toEqual([
      expect.stringContaining('headers.a has no value here, and hides the one value'),
    ]);
  });

  it('is meant if a factory returns it', async () => {
    const { results } = await booted([memory({ a: { b: 1 } }), factory(() => ({ a: null }))]);
    expect(results.at(-1)!.issues).toEqual([]);
  });
});

describe('An empty key with @IsDefined()', () => {
  it('is refused, also if there is a default', async () => {
    class Defined {
      @IsDefined() level: unknown = 3;
      @IsOptional() @IsDefined() optional = 4;
    }
    expect(await refused(['level:\n'], Defined)).toEqual([
      expect.stringMatching(/^1 level should not be null or undefined \(was null, no value\)/),
    ]);
    const { value } = await onFiles(['optional:\n'], { schema: Defined });
    expect(value()).toEqual({ level: 3, optional: 4 });
  });
});

describe('An empty key of a file that imports another', () => {
  const base = 'llm:\n  timeout_seconds: 7\noptions:\n  a: 1\n';
  const middle = 'extends: ./a.yaml\nllm:\noptions:\n';

  it('shows the object of the imported file where a class describes it', async () => {
    const folder = new TempFolder();
    folder.write('a.yaml', base);
    folder.write('b.yaml', middle);
    const top = folder.write('c.yaml', 'extends: ./b.yaml\nmodel: { id: x }\n');
    const { value, results } = await booted([file(top)], { schema: AppConfig, unknownKeys: 'allow' });
    expect(value()).toMatchObject({ llm: { timeout_seconds: 7 }, model: { id: 'x' }, options: null });
    expect(results[0]!.issues.map(({ message }) => message.replaceAll(`${folder.path}/`, ''))).toEqual([
      'llm has no value here, so that of a.yaml:2:3 is used; write a value, remove the key, or mark it @Nullable()',
      'options has no value here, and hides the one value of a.yaml:4:3; write {} or remove the key to keep it',
    ]);
  });

  it('shows a scalar of the imported file, rather than the default or a lower source', async () => {
    const folder = new TempFolder();
    folder.write('a.yaml', 'llm: { timeout_seconds: 9 }\n');
    const low = folder.write('low.yaml', 'llm: { timeout_seconds: 3 }\n');
    const top = folder.write('b.yaml', 'extends: ./a.yaml\nllm: { timeout_seconds: }\n');
    const { value, results } = await booted([file(low), file(top)], { schema: AppConfig });
    expect(value()).toMatchObject({ llm: { timeout_seconds: 9 } });
    expect(results[0]!.issues[0]!.message).toContain('llm.timeout_seconds has no value here, so that of');
    expect(results[0]!.issues[0]!.message).toContain('a.yaml:1:25 is used');
  });

  it('shows the object with its references replaced', async () => {
    const folder = new TempFolder();
    folder.write('a.yaml', 'host: h\nllm: { note: "http://${host}" }\n');
    const top = folder.write('b.yaml', 'extends: ./a.yaml\nllm:\n');
    const { value } = await booted([file(top)], {
      schema: AppConfig,
      unknownKeys: 'allow',
      interpolate: true,
    });
    expect(value()).toMatchObject({ llm: { note: 'http://h' } });
  });

  it('shows the value of the imported file, which has the place of that file', async () => {
    const folder = new TempFolder();
    folder.write('a.yaml', 'llm:\n  timeout_seconds: 7\nmodel:\n  limit: 8\n');
    const top = folder.write('b.yaml', 'extends: ./a.yaml\nllm:\n  timeout_seconds:\nmodel:\n');
    const { value, runtime } = await booted([file(top)], { schema: AppConfig });
    expect(value()).toMatchObject({ llm: { timeout_seconds: 7 }, model: { limit: 8 } });
    const manager = new HotConfigManager(runtime);
    for (const [path, line] of [
      ['llm.timeout_seconds', 2],
      ['model', 4],
      ['model.limit', 4],
    ] as const) {
      const { origin, shadowed } = manager.explain(path);
      expect(origin).toMatchObject({ file: folder.file('a.yaml'), line });
      expect(shadowed).toEqual([]);
    }
  });

  it('is explained with the value that it hides, if it is a value', async () => {
    const folder = new TempFolder();
    folder.write('a.yaml', base);
    const { runtime } = await booted([file(folder.write('b.yaml', middle))]);
    expect(new HotConfigManager(runtime).explain('options')).toMatchObject({
      value: null,
      shadowed: [{ value: { a: 1 }, origin: { file: folder.file('a.yaml'), line: 4 } }],
    });
  });

  it('hides it without a schema, with a warning', async () => {
    const folder = new TempFolder();
    folder.write('a.yaml', base);
    const { value, results } = await booted([file(folder.write('b.yaml', middle))]);
    expect(value()).toEqual({ llm: null, options: null });
    expect(results[0]!.issues.map(({ path }) => path)).toEqual(['llm', 'options']);
  });
});

describe('Null in an override', () => {
  it('is a value without a schema', async () => {
    const { manager, value, results } = await onFiles(['a: { b: 1 }']);
    expect(await manager.set('a', null)).toMatchObject({ outcome: 'applied', issues: [] });
    expect(value()).toEqual({ a: null });
    expect(results).toHaveLength(2);
  });

  it('is refused where the class does not allow it', async () => {
    const { manager, value } = await onFiles(['llm: { timeout_seconds: 7 }'], { schema: AppConfig });
    const result = await manager.set('llm.timeout_seconds', null);
    expect(result).toMatchObject({
      outcome: 'rejected',
      issues: [
        {
          path: 'llm.timeout_seconds',
          message:
            'llm.timeout_seconds cannot be null; set a value, or remove the override, or mark the property @Nullable()',
        },
      ],
    });
    expect(value()).toMatchObject({ llm: { timeout_seconds: 7 } });
  });
});

describe('The string null of the environment', () => {
  it('counts as absent for a class that does not allow null', async () => {
    process.env.EMPTY_KEYS_LLM__TIMEOUT_SECONDS = 'null';
    const { value, results } = await booted([env({ prefix: 'EMPTY_KEYS_' })], { schema: AppConfig });
    delete process.env.EMPTY_KEYS_LLM__TIMEOUT_SECONDS;
    expect(value()).toMatchObject({ llm: { timeout_seconds: 30 } });
    expect(results[0]!.issues).toEqual([
      expect.objectContaining({
        path: 'llm.timeout_seconds',
        origin: expect.objectContaining({ variable: 'EMPTY_KEYS_LLM__TIMEOUT_SECONDS' }) as unknown,
      }),
    ]);
  });
});

describe('A schema of another kind decides about null by itself', () => {
  const schema = z.object({ n: z.number().nullable(), m: z.number() });

  it('accepts it', async () => {
    expect((await onFiles(['n:\nm: 1\n'], { schema })).value()).toEqual({ n: null, m: 1 });
  });

  it('refuses it, and the message says that the key is empty', async () => {
    expect(await refused(['n: 1\nm:\n'], schema)).toEqual([
      expect.stringMatching(/^2 m.*\(was null, no value\)$/),
    ]);
  });
});

describe('A reload with empty keys', () => {
  it('is unchanged if an empty key replaces an absent one, and logs the warning', async () => {
    const { folder, reload, log } = await onFiles(['llm: {}\n'], { schema: AppConfig });
    folder.write('a.yaml', 'llm:\n  timeout_seconds:\n');
    expect(await reload()).toMatchObject({
      outcome: 'unchanged',
      issues: [{ path: 'llm.timeout_seconds' }],
    });
    expect(log.filter((line) => line.includes('has no value'))).toHaveLength(1);
  });

  it('can be rolled back', async () => {
    const { folder, reload, manager, value } = await onFiles(['llm: { timeout_seconds: 7 }\n', 'llm:\n'], {
      schema: AppConfig,
    });
    folder.write('a.yaml', 'llm: { timeout_seconds: 8 }\n');
    await reload();
    expect(value()).toMatchObject({ llm: { timeout_seconds: 8 } });
    await manager.rollback();
    expect(value()).toMatchObject({ llm: { timeout_seconds: 7 } });
  });

  it('holds back a path that needs a restart', async () => {
    const { folder, reload, value, runtime } = await onFiles(['llm: { timeout_seconds: 7 }\n', 'llm:\n'], {
      schema: AppConfig,
      restartRequired: ['llm.timeout_seconds'],
    });
    folder.write('b.yaml', 'llm: { timeout_seconds: 9 }\n');
    await reload();
    expect(runtime.status().pendingRestart).toEqual(['llm.timeout_seconds']);
    expect(value()).toMatchObject({ llm: { timeout_seconds: 7 } });
  });

  it('replaces references by the values that count', async () => {
    const { value } = await onFiles(
      ['llm: { timeout_seconds: 7 }\n', 'llm:\nmodel: { id: "t${llm.timeout_seconds}" }\n'],
      {
        schema: AppConfig,
        interpolate: true,
      },
    );
    expect(value()).toMatchObject({ model: { id: 't7' } });
  });
});
