import { mkdtempSync, realpathSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { directory, env, file } from 'nestjs-hot-config';
import { formatOrigin } from '../../../lib/model/origin.interface.js';
import { startApp } from '../../support/start-app.js';
import { until } from '../../support/until.js';
import { failureOf, load } from '../support/loading.js';
import { useWorkspace, write } from '../support/workspace.js';

/** The issues of a load, as an operator sees them. */
async function issuesOf(source: Parameters<typeof load>[0], limits = {}): Promise<string[]> {
  const { issues } = await failureOf(source, { limits });
  return issues.map(({ origin, message }) => `${origin ? formatOrigin(origin) : ''} ${message}`);
}

describe('A file that imports others', () => {
  useWorkspace();

  it('may extend a thousand files, each with its own keys', async () => {
    const names = Array.from({ length: 1_000 }, (_, n) => `parts/${n}.json`);
    for (const [n, name] of names.entries()) write(name, `{"k${n}": {"n": ${n}}, "last": ${n}}`);
    write('app.json', JSON.stringify({ extends: names, own: true }));
    const layer = await load(file('app.json'));
    expect(Object.keys(layer.tree)).toHaveLength(1_002);
    expect(layer.tree).toMatchObject({ k0: { n: 0 }, k999: { n: 999 }, last: 999, own: true });
    expect(formatOrigin(layer.locate(['k7', 'n'])!)).toBe('parts/7.json:1:14');
    expect(formatOrigin(layer.locate(['last'])!)).toBe('parts/999.json:1:30');
  });

  it('overrides the files that it extends, of which later ones override earlier ones', async () => {
    write('config/base.yaml', 'llm: { model: small, retries: 1 }\ntags: [a, b]\n');
    write('config/more/prod.json', '{"llm": {"retries": 2, "timeout": 5}, "log": "warn"}');
    write('config/app.yaml', 'extends: [./base.yaml, more/prod.json]\nllm:\n  timeout: 9\ntags: [c]\n');
    const layer = await load(file('config/app.yaml'));
    const { tree } = layer;
    const locate = (path: string[], part?: 'key') => layer.locate(path, part);
    expect(tree).toEqual({ llm: { model: 'small', retries: 2, timeout: 9 }, tags: ['c'], log: 'warn' });
    const places = [
      ['llm', 'model'],
      ['llm', 'retries'],
      ['llm', 'timeout'],
      ['tags', '0'],
      ['log'],
      ['llm', 'nothing'],
    ];
    expect(places.map((path) => formatOrigin(locate(path)!))).toEqual([
      'config/base.yaml:1:15',
      'config/more/prod.json:1:21',
      'config/app.yaml:3:12',
      'config/app.yaml:4:8',
      'config/more/prod.json:1:46',
      'config/app.yaml:2:1',
    ]);
  });

  it('imports into any object, at any depth, in lists too, and values of any type', async () => {
    write('p/prompt.txt', 'Be kind.\n');
    write('p/list.json', '[1, 2]');
    write('p/server.toml', 'host = "a"\nport = 80\n');
    write(
      'app.yaml',
      'a:\n  b:\n    - $import: p/server.toml\n      port: 81\n    - { $import: ./p/server.toml }\n  c: { $import: p/prompt.txt }\n  d: { $import: p/list.json }\n',
    );
    const layer = await load(file('app.yaml'));
    const { tree } = layer;
    const locate = (path: string[], part?: 'key') => layer.locate(path, part);
    expect(tree).toEqual({
      a: {
        b: [
          { host: 'a', port: 81 },
          { host: 'a', port: 80 },
        ],
        c: 'Be kind.',
        d: [1, 2],
      },
    });
    expect(formatOrigin(locate(['a', 'b', '0', 'host'])!)).toBe('p/server.toml:1:8');
    expect(formatOrigin(locate(['a', 'b', '0', 'port'])!)).toBe('app.yaml:4:13');
    expect(formatOrigin(locate(['a', 'b', '1', 'port'])!)).toBe('p/server.toml:2:8');
    expect(formatOrigin(locate(['a', 'd', '1'])!)).toBe('p/list.json:1:5');
    expect(formatOrigin(locate(['a', 'c'], 'key')!)).toBe('app.yaml:6:3');
  });

  it('resolves the imports of an imported file relative to that file', async () => {
    write('a/app.yaml', 'extends: ../b/base.yaml\n');
    write('b/base.yaml', 'x: { $import: c/x.yaml }\n');
    write('b/c/x.yaml', 'n: 1\n');
    const layer = await load(file('a/app.yaml', { mount: 'm' }));
    const { tree, files } = layer;
    const locate = (path: string[], part?: 'key') => layer.locate(path, part);
    expect(tree).toEqual({ m: { x: { n: 1 } } });
    expect(formatOrigin(locate(['m', 'x', 'n'])!)).toBe('b/c/x.yaml:1:4');
    expect(files?.map(({ path }) => path)).toEqual(
      ['a/app.yaml', 'b/base.yaml', 'b/c/x.yaml'].map((name) => join(process.cwd(), name)),
    );
  });

  it('has another hash if one of them changes, and returns the known layer if none did', async () => {
    write('app.yaml', 'extends: base.yaml\n');
    write('base.yaml', 'n: 1\n');
    const source = file('app.yaml');
    const first = await load(source);
    expect(await load(source, { known: [first] })).toBe(first);
    write('base.yaml', 'n: 2\n');
    const second = await load(source, { known: [first] });
    expect([second.hash === first.hash, second.tree]).toEqual([false, { n: 2 }]);
  });

  it.each([
    ['extends: app.yaml', 'app.yaml:1:10 imports itself: app.yaml → app.yaml; remove one of these imports'],
    [
      'a: { $import: b.yaml }',
      'c/c.yaml:1:10 imports itself: app.yaml → b.yaml → c/c.yaml → b.yaml; remove one of these imports',
    ],
    [
      'extends: missing.yaml',
      'app.yaml:1:10 imports missing.yaml, which does not exist; create it, correct its path, or make the source optional',
    ],
    ['extends: bad.json', 'bad.json:1:6 unexpected token'],
    [
      'extends: empty.yaml',
      'app.yaml:1:10 imports empty.yaml, which is empty; restore its content, or remove the import',
    ],
    [
      'a: { $import: 7 }',
      'app.yaml:1:15 $import must be a file name or a list of file names, for example $import: ./base.yaml',
    ],
    [
      'a: { $import: [] }',
      'app.yaml:1:15 $import must be a file name or a list of file names, for example $import: ./base.yaml',
    ],
    [
      'a: { $import: list.json, b: 1 }',
      'app.yaml:1:15 imports a file without keys next to other keys; import it below a key of its own',
    ],
    ['extends: x.ini', 'app.yaml:1:10 imports x.ini, which has no extension of a known format'],
    [
      'extends: "${NOT_SET_AT_ALL}.yaml"',
      "app.yaml:1:10 imports ${NOT_SET_AT_ALL}.yaml, which has ${NOT_SET_AT_ALL} in its path, which is not an environment variable that files may refer to; allow it with { interpolate: { environment: ['NODE_ENV', 'NOT_SET_AT_ALL'] } }",
    ],
    [
      'a: { $import: proto.json }',
      'proto.json:1:2 the content has the key "__proto__", which is not allowed',
    ],
  ])('is rejected with its position: %s', async (text, message) => {
    write('app.yaml', `${text}\n`);
    write('b.yaml', 'extends: c/c.yaml\n');
    write('c/c.yaml', 'extends: ../b.yaml\n');
    write('bad.json', '{"a":nope}');
    write('empty.yaml', '');
    write('list.json', '[1]');
    write('x.ini', 'x');
    write('proto.json', '{"__proto__": {"polluted": 1}}');
    const [first = ''] = await issuesOf(file('app.yaml'));
    expect(first).toContain(message);
    expect(Object.prototype).not.toHaveProperty('polluted');
  });

  it('reports all problems at once', async () => {
    write('app.yaml', 'a: { $import: one.yaml }\nb: { $import: two.yaml }\n');
    expect(await issuesOf(file('app.yaml'))).toHaveLength(2);
  });

  it('may have variables of declared prefixes in its imports, and no secret', async () => {
    vi.stubEnv('HOTTEST_TIER', 'gold');
    vi.stubEnv('HOTTEST_DB__PASSWORD', 'CANARY-swordfish');
    vi.stubEnv('HOTTEST_PIN', 'CANARY-halibut');
    vi.stubEnv('HOTTEST_COPY', 'CANARY-halibut');
    vi.stubEnv('FOREIGN_VALUE', 'CANARY-mackerel');
    onTestFinished(() => void vi.unstubAllEnvs());
    write('gold.yaml', 'n: 1\n');
    write('app.yaml', 'extends: "${HOTTEST_TIER}.yaml"\n');
    const { manager, config } = await startApp(
      {},
      {},
      { sources: [env({ prefix: 'HOTTEST_' }), file('app.yaml')], secrets: ['pin'] },
    );
    expect(config.get('n')).toBe(1);
    for (const [name, reason] of [
      ['HOTTEST_DB__PASSWORD', 'but that variable is secret, and paths are shown'],
      ['HOTTEST_PIN', 'but that variable is secret, and paths are shown'],
      ['HOTTEST_COPY', 'but that variable is secret, and paths are shown'],
      ['FOREIGN_VALUE', 'which is not an environment variable that files may refer to'],
    ] as const) {
      write('app.yaml', `extends: gold.yaml\na: { $import: "\${${name}:-x}.txt" }\n`);
      const { outcome, issues } = await manager.reload();
      const message = `imports \${${name}:-x}.txt, which has \${${name}} in its path, ${reason}`;
      expect([outcome, issues.map((issue) => issue.message)]).toEqual([
        'rejected',
        [expect.stringContaining(message)],
      ]);
      expect(JSON.stringify([manager.status(), issues])).not.toContain('CANARY');
    }
  });

  it('imports only from its own directory if the working directory is the root', async () => {
    const home = process.cwd();
    write('app/app.yaml', 'extends: base.yaml\n');
    write('app/base.yaml', 'n: 1\n');
    write('other.yaml', 'n: 2\n');
    process.chdir('/');
    expect((await load(file(`${home.slice(1)}/app/app.yaml`))).tree).toEqual({ n: 1 });
    for (const name of ['../other.yaml', '/etc/passwd', '/proc/self/environ']) {
      writeFileSync(join(home, 'app/app.yaml'), `a: { $import: ${name} }\n`);
      expect((await failureOf(file(`${home.slice(1)}/app/app.yaml`))).message).toContain(
        `is outside ${home}/app; move it there`,
      );
    }
  });

  it('refuses the name of an import that no system could open, without a search through it', async () => {
    write('app.yaml', JSON.stringify({ a: { $import: '${a:-'.repeat(200_000) } }));
    expect(await issuesOf(file('app.yaml'))).toEqual([
      expect.stringContaining('imports a file with a name of 1000000 characters; shorten it'),
    ]);
  });

  it('cannot import files outside the working directory, not even through a link', async () => {
    const elsewhere = realpathSync(mkdtempSync(join(tmpdir(), 'elsewhere-')));
    onTestFinished(() => rmSync(elsewhere, { recursive: true }));
    writeFileSync(join(elsewhere, 'secret.yaml'), 'n: 1\n');
    symlinkSync(join(elsewhere, 'secret.yaml'), 'link.yaml');
    for (const name of [join(elsewhere, 'secret.yaml'), '../secret.yaml', 'link.yaml', '/etc/passwd']) {
      write('app.yaml', `extends: ${name}\n`);
      expect(await issuesOf(file('app.yaml'))).toEqual([expect.stringContaining('is outside ')]);
    }
    write('app.yaml', `extends: ${elsewhere}/secret.yaml\n`);
    expect((await load(file('app.yaml', { imports: { within: elsewhere } }))).tree).toEqual({ n: 1 });
  });

  it('keeps `extends` and `$import` as ordinary keys if `imports` is false', async () => {
    write('app.yaml', 'extends: ./x.yaml\na: { $import: y.yaml }\n');
    const { tree } = await load(file('app.yaml', { imports: false }));
    expect(tree).toEqual({ extends: './x.yaml', a: { $import: 'y.yaml' } });
    write('other.yaml', 'extends: { any: thing }\nb: { extends: x.yaml }\n');
    expect((await load(file('other.yaml'))).tree).toEqual({
      extends: { any: 'thing' },
      b: { extends: 'x.yaml' },
    });
  });

  it('limits the work of repeated imports', async () => {
    const lines = (next: string) =>
      Array.from({ length: 10 }, (_, n) => `k${n}: { $import: ${next} }`).join('\n');
    for (let level = 0; level < 9; level += 1) write(`l${level}.yaml`, `${lines(`l${level + 1}.yaml`)}\n`);
    write('l9.yaml', 'n: 1\n');
    expect(await issuesOf(file('l0.yaml'))).toEqual([expect.stringContaining('more than 120000 keys')]);
    for (let n = 0; n < 30; n += 1) write(`c${n}.yaml`, `extends: c${n + 1}.yaml\n`);
    expect(await issuesOf(file('c0.yaml'))).toEqual([
      expect.stringMatching(/chain of more than 20 imports: c0\.yaml → c1\.yaml/),
    ]);
    const wide = Array.from({ length: 1_000 }, (_, n) => `k${n}: 1`).join('\n');
    write('wide.yaml', wide);
    write(
      'many.yaml',
      Array.from({ length: 100 }, (_, n) => `s${n}: { $import: wide.yaml, own: 1 }`).join('\n'),
    );
    expect(await issuesOf(file('many.yaml'), { maxKeys: 50_000 })).toEqual([
      expect.stringContaining('more than 50000 keys'),
    ]);
    expect((await load(file('many.yaml'))).tree['s99']).toMatchObject({ k999: 1, own: 1 });
    write('list.yaml', `a: { $import: [${Array.from({ length: 900 }, () => 'wide.yaml').join(', ')}] }`);
    expect(await issuesOf(file('list.yaml'), { maxKeys: 1_000_000 })).toEqual([
      expect.stringContaining('the same keys again and again'),
    ]);
    write(
      'none.json',
      JSON.stringify(Array.from({ length: 50_000 }, (_, n) => ({ $import: `no${n}.yaml` }))),
    );
    expect((await issuesOf(file('none.json', { mount: 'a' }))).at(-1)).toBe(
      'none.json:1:1 imports files more than 1000 times (limit maxImports); import fewer files',
    );
    expect((await issuesOf(file('many.yaml'), { maxImports: 99 })).at(-1)).toContain('more than 99 times');
  });

  it('returns and locates each value, for any split into files', async () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd');
    const { tree } = fc.letrec<{ tree: Record<string, unknown> }>((tie) => ({
      tree: fc.dictionary(key, fc.oneof({ maxDepth: 3 }, fc.nat(), tie('tree')), {
        noNullPrototype: true,
        minKeys: 1,
      }) as never,
    }));
    await fc.assert(
      fc.asyncProperty(tree, tree, tree, async (own, base, inner) => {
        write('inner.json', JSON.stringify(inner));
        write('base.json', JSON.stringify({ ...base, x: { $import: 'inner.json' } }));
        write('app.json', JSON.stringify({ extends: 'base.json', ...own }));
        const layer = await load(file('app.json'));
        expect(layer.tree).toEqual(mergeAll({ ...base, x: inner }, own));
        const texts = { 'app.json': own, 'base.json': base, 'inner.json': inner };
        for (const [path, value] of leavesOf(layer.tree)) {
          const { file: name, column } = layer.locate(path)!;
          const text = JSON.stringify(
            name === 'app.json'
              ? { extends: 'base.json', ...own }
              : name === 'base.json'
                ? { ...base, x: { $import: 'inner.json' } }
                : texts['inner.json'],
          );
          expect(Number.parseInt(text.slice(column! - 1), 10)).toBe(value);
        }
      }),
      { numRuns: 100 },
    );
  });
});

function mergeAll(below: object, above: object): object {
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const under = merged[key];
    merged[key] =
      typeof under === 'object' && typeof value === 'object'
        ? mergeAll(under as object, value as object)
        : value;
  }
  return merged;
}

function* leavesOf(tree: object, path: string[] = []): Generator<[string[], unknown]> {
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'object') yield* leavesOf(value as object, [...path, key]);
    else yield [[...path, key], value];
  }
}

describe('Environment variables in paths', () => {
  useWorkspace();
  afterEach(() => {
    delete process.env['HOTTEST_ENV'];
  });

  it('are replaced in the paths of files and directories, with defaults', async () => {
    write('config/prod.yaml', 'n: 1\n');
    write('config/dev.yaml', 'n: 2\n');
    write('modules/prod/a.yaml', 'n: 3\n');
    const source = file('config/${HOTTEST_ENV:-dev}.yaml');
    expect((await load(source)).tree).toEqual({ n: 2 });
    process.env['HOTTEST_ENV'] = 'prod';
    const layer = await load(source);
    expect([layer.tree, source.name, layer.locate(['n'])]).toEqual([
      { n: 1 },
      'config/${HOTTEST_ENV:-dev}.yaml',
      { source: source.name, file: 'config/prod.yaml', line: 1, column: 4 },
    ]);
    expect((await load(directory('modules/${HOTTEST_ENV}'))).tree).toEqual({ a: { n: 3 } });
  });

  it('must be set, unless the source is optional', async () => {
    const message =
      /has \$\{HOTTEST_ENV\} in its path, but that variable is not set; set it, or add a default: \$\{HOTTEST_ENV:-…\}/;
    expect((await failureOf(file('config/${HOTTEST_ENV}.yaml'))).message).toMatch(message);
    expect((await failureOf(directory('config/${HOTTEST_ENV}'))).message).toMatch(message);
    expect((await load(file('config/${HOTTEST_ENV}.yaml', { optional: true }))).tree).toEqual({});
    expect((await load(directory('config/${HOTTEST_ENV}', { optional: true }))).tree).toEqual({});
  });
});

describe('Imported files while the app runs', () => {
  useWorkspace();

  it('are watched, including those added later and their own imports', async () => {
    write('app.yaml', 'n: 1\n');
    const { config, manager } = await startApp(
      {},
      {},
      {
        files: ['app.yaml'],
        sources: [],
        debounce: 10,
        settleTimeout: 0,
        schema: z.looseObject({ n: z.number() }),
      },
    );
    await until('it is watched', () => manager.status().watching);
    const becomes = (n: number) => until(`n is ${n}`, () => config.current.get('n') === n);
    const isRejected = () => until('it is rejected', () => manager.status().drifted);

    write('app.yaml', 'extends: base.yaml\n');
    await isRejected();
    write('base.yaml', 'n: 2\n');
    await becomes(2);
    write('base.yaml', 'extends: deep.yaml\n');
    await isRejected();
    write('deep.yaml', 'n: 3\n');
    await becomes(3);
    write('deep.yaml', 'n: 4\n');
    await becomes(4);
    unlinkSync('deep.yaml');
    await isRejected();
    expect(config.current.get('n')).toBe(4);
    write('base.yaml', 'n: 5\n');
    await becomes(5);
    expect(new Set(manager.status().watchedFiles.map((path) => path.split('/').at(-1)))).toEqual(
      new Set(['app.yaml', 'base.yaml']),
    );
  });

  it('are named in schema errors', async () => {
    write('base.yaml', 'llm:\n  port: 80\n');
    write('app.yaml', 'extends: base.yaml\n');
    const schema = z.object({ llm: z.object({ port: z.number() }) });
    const { manager } = await startApp({}, {}, { files: ['app.yaml'], sources: [], enabled: false, schema });
    write('base.yaml', 'llm:\n  port: eighty\n');
    expect(await manager.reload()).toMatchObject({
      outcome: 'rejected',
      error: { message: expect.stringContaining('base.yaml:2:9  llm.port') },
    });
  });
});
