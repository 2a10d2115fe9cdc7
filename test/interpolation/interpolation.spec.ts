import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  ConfigInterpolationError,
  env,
  file,
  HotConfigError,
  type InterpolateOptions,
} from 'nestjs-hot-config';
import { interpolate } from '../../lib/interpolation/interpolation.js';
import { parseTemplate } from '../../lib/interpolation/template.js';
import { AllowedVariables } from '../../lib/sources/content/allowed-variables.js';
import { DEFAULT_CONTENT_LIMITS } from '../../lib/limits/content-limits.js';
import { useWorkspace, write } from '../sources/support/workspace.js';
import { startApp } from '../support/start-app.js';

const run = (tree: object, environment: NodeJS.ProcessEnv = {}, options: InterpolateOptions = {}) =>
  interpolate(tree as never, {
    options,
    variables: new AllowedVariables({
      listed: options.environment ?? ['*'],
      readers: () => [],
      secrets: { isSecret: ([name = '']) => name.endsWith('_TOKEN'), containsSecret: () => false },
      environment,
    }),
    limits: DEFAULT_CONTENT_LIMITS,
    mayRefer: () => true,
    isFromStrings: () => false,
    isSecret: () => false,
    locate: () => undefined,
  });

function complaints(
  tree: object,
  environment: NodeJS.ProcessEnv = {},
  options: InterpolateOptions = {},
): string[] {
  try {
    run(tree, environment, options);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigInterpolationError)) throw error;
    return error.issues.map(({ message }) => message);
  }
}

describe('References in strings', () => {
  it('refer to keys and environment variables, keys first', () => {
    const tree = {
      a: '${b}',
      b: 'B',
      c: 'x-${HOME_DIR}-${d.0.e}',
      d: [{ e: 7 }],
      f: "${g['h.i']}",
      g: { 'h.i': true },
    };
    expect(run(tree, { HOME_DIR: '/h', b: 'other' }).tree).toEqual({ ...tree, a: 'B', c: 'x-/h-7', f: true });
  });

  it('to null are refused within a string, unless they have a default; alone they are null', () => {
    const tree = { url: 'http://${host}/x', host: null, via: '${host}', other: 'http://${via}' };
    expect(complaints(tree)).toEqual([
      'url refers to ${host}, which has no value; give it one, or give a default: ${host:-…}',
      'other refers to ${via}, which has no value; give it one, or give a default: ${via:-…}',
    ]);
    expect(run({ url: 'http://${host:-local}/x', alone: '${host}', host: null }).tree).toEqual({
      url: 'http://local/x',
      alone: null,
      host: null,
    });
  });

  it('keep the type of the value if they are the whole string', () => {
    const tree = {
      n: '${x.n}',
      o: '${x}',
      l: ['${x.l}'],
      x: { n: 1, l: [2] },
      z: '${nothing}',
      nothing: null,
    };
    expect(run(tree).tree).toMatchObject({ n: 1, o: { n: 1, l: [2] }, l: [[2]] });
  });

  it('have defaults for missing or empty values, and defaults within defaults', () => {
    const tree = {
      a: '${A:-x}',
      b: '${EMPTY:-y}',
      c: '${C:-${B:-z}}',
      d: '${D:-}',
      e: '${A:-http://${B}:1}',
    };
    expect(run(tree, { EMPTY: '', B: 'b' }).tree).toEqual({ a: 'x', b: 'y', c: 'b', d: '', e: 'http://b:1' });
  });

  it('are literal after another dollar', () => {
    expect(run({ a: '$${A} $${', b: '$A {A} $' }).tree).toEqual({ a: '${A} ${', b: '$A {A} $' });
  });

  it('do not copy what contains no reference', () => {
    const tree = { a: { b: [1] }, c: '${a.b.0}' };
    const { tree: result } = run(tree);
    expect(result['a']).toBe(tree.a);
    expect(run({ a: { b: 'x' } }).tree).toEqual({ a: { b: 'x' } });
  });

  it('may lead to other references, but not in a circle', () => {
    expect(run({ a: '${b}', b: '${c}!', c: '${d.e}', d: { e: 'x' } }).tree).toMatchObject({ a: 'x!' });
    expect(complaints({ a: '${b.c}', b: { c: 'x${a}' } })).toEqual(['a refers to itself: a → b.c → a']);
    expect(complaints({ a: { b: '${a}' } })).toEqual(['a.b refers to itself: a.b → a → a.b']);
    expect(complaints({ a: '${a}' })).toEqual(['a refers to itself: a → a']);
  });

  it.each([
    [
      { a: '${NOPE}' },
      'a refers to ${NOPE}, which is neither a key nor an environment variable; set it, or give a default: ${NOPE:-…}',
    ],
    [{ a: 'x${' }, 'a contains ${ without its closing }; write $${ for a literal ${'],
    [{ a: '${b:-x' }, 'a contains ${ without its closing }; write $${ for a literal ${'],
    [{ a: '${}' }, 'a contains ${} without a name; write $${ for a literal ${'],
    [{ a: 'x${b}', b: {} }, 'a refers to ${b} within a string, but that is an object, not one value'],
    [
      { a: `${'${x:-'.repeat(5_000)}${'}'.repeat(5_000)}` },
      'a has defaults within defaults, more than 20 deep',
    ],
    [{ a: '${__proto__}', b: '${constructor.name}' }, 'a refers to ${__proto__}, which'],
  ])('are rejected if they cannot be resolved: %#', (tree, message) => {
    expect(complaints(tree)[0]).toContain(message);
  });

  it('may be limited to keys or to the environment', () => {
    expect(run({ a: '${b:-none}', b: 'x' }, {}, { keys: false }).tree).toMatchObject({ a: 'none' });
    expect(run({ a: '${B:-none}' }, {}, { environment: [] }).tree).toEqual({ a: 'none' });
  });

  it('read no other variables than those that are allowed, and none silently in place of its default', () => {
    const environment = { APP_HOST: 'db', APP_TOKEN: 'CANARY-swordfish', HOME: '/root', B: 'x' };
    const options = { environment: ['APP_*', 'B'] };
    expect(run({ a: '${APP_HOST}${B}', b: '${OTHER:-c}' }, environment, options).tree).toEqual({
      a: 'dbx',
      b: 'c',
    });
    const tree = {
      a: '${HOME}',
      b: '${HOME:-x}',
      c: 'x${APP_TOKEN}',
      d: '${AP_HOST}',
      e: '${B}',
      f: '${NONE}',
    };
    const refused = 'is not a key, and is not an environment variable that files may refer to; allow it with';
    expect(complaints(tree, environment, options)).toEqual([
      `a refers to \${HOME}, which ${refused} { interpolate: { environment: ['APP_*', 'B', 'HOME'] } }`,
      `b refers to \${HOME}, which ${refused} { interpolate: { environment: ['APP_*', 'B', 'HOME'] } }`,
      'c refers to ${APP_TOKEN}, which is not a key, and is secret, so files may refer to it only if it is listed by its ' +
        "full name: { interpolate: { environment: ['APP_*', 'B', 'APP_TOKEN'] } }",
      expect.stringMatching(/^d refers to \$\{AP_HOST\}, .+; did you mean \$\{APP_HOST\}\?$/),
      `f refers to \${NONE}, which ${refused} { interpolate: { environment: ['APP_*', 'B', 'NONE'] } }`,
    ]);
    const listed = { environment: ['APP_TOKEN'] };
    expect(run({ a: '${APP_TOKEN}' }, environment, listed).withSecrets).toEqual([
      { path: ['a'], targets: [] },
    ]);
    expect(complaints({ a: '${B}' }, environment, { environment: [], keys: false })).toEqual([
      "a refers to ${B}, which is not an environment variable that files may refer to; allow it with { interpolate: { environment: ['B'] } }",
    ]);
  });

  it('that are wrong are reported up to a number that an operator reads', () => {
    const tree = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`k${n}`, `\${NOT_SET_${n}}`]));
    expect(complaints(tree, {}, { environment: ['APP_*'] })).toHaveLength(50);
  });

  it('may be more in one default than a function has arguments', () => {
    const { tree } = run({ a: 'x', b: `y\${NOPE:-${'${a}'.repeat(150_000)}}` })!;
    expect(tree['b']).toHaveLength(150_001);
  });

  it('cannot expand without limit', () => {
    const text = Object.fromEntries(
      Array.from({ length: 60 }, (_, n) => [`k${n}`, n === 0 ? 'xxxxxxxxxx' : `\${k${n - 1}}\${k${n - 1}}`]),
    );
    expect(complaints(text)[0]).toContain('grows too long');
    const branches = Object.fromEntries(
      Array.from({ length: 40 }, (_, n) => [
        `k${n}`,
        n === 0 ? { x: 1 } : { a: `\${k${n - 1}}`, b: `\${k${n - 1}}` },
      ]),
    );
    expect(complaints(branches)[0]).toContain(`more than ${DEFAULT_CONTENT_LIMITS.maxKeys} keys`);
    const chain = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`k${n}`, `\${k${n + 1}:-x}`]));
    expect(complaints(chain)[0]).toContain('through more than 100 references');
  });

  it('lead to a tree or to issues, whatever a string contains', () => {
    const piece = fc.constantFrom('${', '}', '$', '$$', ':-', 'a', 'b', '.', '[', "'", 'X', ' ');
    const text = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, text, text, (a, b, c) => {
        expect(() => {
          try {
            run({ a, b: { c }, d: [b] }, { X: 'x' });
          } catch (error) {
            if (!(error instanceof HotConfigError)) throw error;
          }
        }).not.toThrow();
      }),
      { numRuns: 3_000 },
    );
  });

  it('leave a string with doubled dollars unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('$', '{', '}', ':', '-', 'a') }), (text) => {
        // In a replacement string, two dollars mean one.
        expect(parseTemplate(text.replaceAll('${', () => '$${'))).toEqual(text === '' ? [] : [text]);
      }),
    );
  });
});

describe('References, in an app', () => {
  useWorkspace();
  const before = { ...process.env };
  afterEach(() => {
    process.env = { ...before };
  });
  const schema = z.object({
    server: z.object({ host: z.string(), port: z.number(), url: z.string() }),
    debug: z.boolean().default(false),
    copy: z.unknown().optional(),
  });
  const listed = { environment: ['REF_*', 'REF_TOKEN', 'X'] };
  const start = (interpolate: boolean | InterpolateOptions = listed) =>
    startApp(
      {},
      {},
      {
        schema,
        sources: [file('a.yaml'), file('b.yaml'), env({ prefix: 'HOTTEST_' })],
        interpolate,
        enabled: false,
      },
    );

  it('work across files, and convert strings of the environment as the schema expects', async () => {
    process.env['REF_HOST'] = 'db';
    process.env['REF_DEBUG'] = 'true';
    write('a.yaml', 'server:\n  host: ${REF_HOST}\n  port: ${REF_PORT:-8080}\n');
    write('b.yaml', 'server:\n  url: http://${server.host}:${server.port}/\ndebug: ${REF_DEBUG}\n');
    const { config, manager } = await start();
    expect(config.value).toEqual({ server: { host: 'db', port: 8080, url: 'http://db:8080/' }, debug: true });

    process.env['REF_HOST'] = 'db2';
    expect(await manager.reload()).toMatchObject({ outcome: 'applied' });
    expect(config.current.get('server.url')).toBe('http://db2:8080/');
    expect(await manager.reload()).toMatchObject({ outcome: 'unchanged' });

    write('a.yaml', 'server:\n  host: x\n  port: ${REF_PORT:-8080}\n');
    await manager.reload();
    expect(config.current.get('server.url')).toBe('http://x:8080/');
    expect(await manager.rollback(1)).toMatchObject({ outcome: 'applied' });
    expect(config.current.get('server.url')).toBe('http://db2:8080/');
  });

  it('are reported with their places and without their values', async () => {
    process.env['REF_TOKEN'] = 'hunter2';
    write('a.yaml', 'server:\n  host: ${REF_TOKEN}\n  port: ${REF_TOKEN}\n');
    write('b.yaml', 'server:\n  url: ${server.nope}\n');
    await expect(start()).rejects.toThrow(
      'b.yaml:2:8  server.url refers to ${server.nope}, which is neither',
    );
    await expect(start()).rejects.not.toThrow('hunter2');
  });

  it('read the variables of declared prefixes by default, and no others', async () => {
    process.env['HOTTEST_DEBUG'] = 'true';
    process.env['REF_CANARY'] = 'CANARY-swordfish';
    process.env['HOTTEST_DB__PASSWORD'] = 'CANARY-halibut';
    write('a.yaml', 'server: { host: "${NODE_ENV}", port: 1, url: "x${HOTTEST_DEBUG}" }\n');
    write('b.yaml', 'debug: false\n');
    const { config, manager } = await start(true);
    expect(config.value).toMatchObject({ server: { host: process.env['NODE_ENV'], url: 'xtrue' } });
    for (const [name, reason] of [
      ['REF_CANARY', 'is not an environment variable that files may refer to; allow it with'],
      ['HOTTEST_DB__PASSWORD', 'is secret, so files may refer to it only if it is listed by its full name:'],
    ] as const) {
      write('b.yaml', `copy: "\${${name}:-x}"\n`);
      const { outcome, issues } = await manager.reload();
      expect([outcome, issues.map(({ message }) => message)]).toEqual([
        'rejected',
        [
          `copy refers to \${${name}}, which is not a key, and ${reason} ` +
            `{ interpolate: { environment: ['NODE_ENV', 'HOTTEST_*', '${name}'] } }`,
        ],
      ]);
    }
  });

  it('are literal if they are not enabled, and in the environment', async () => {
    process.env['HOTTEST_SERVER__URL'] = 'a${b}c';
    write('a.yaml', 'server: { host: "${X}", port: 1, url: x }\n');
    write('b.yaml', 'debug: false\n');
    const { config } = await start(false);
    expect(config.get('server.host')).toBe('${X}');
    process.env['X'] = 'x';
    const { config: other } = await start();
    expect(other.value).toMatchObject({ server: { host: 'x', url: 'a${b}c' } });
  });
});
