import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { FormatRegistry } from '../../../lib/formats/format-registry.js';
import { resolveContentLimits } from '../../../lib/limits/content-limits.js';
import { isContent, parseContent, sha256 } from '../../../lib/sources/content/parse-content.js';
import type {
  ContentContext,
  FileContent,
  UnusableContent,
} from '../../../lib/sources/content/parse-content.js';
import { ParserThread } from '../../../lib/sources/content/parser-thread.js';

const PLACE = { source: 'app', file: 'config/app', mount: ['mount'] };

const CONTEXT: ContentContext = {
  limits: resolveContentLimits(),
  isSecret: (path) => path.includes('hidden'),
};

/** A text, and a path whose place and characters are compared. */
type Sample = readonly [title: string, format: string, text: string, path: readonly string[]];

const SAMPLES: readonly Sample[] = [
  ['values', 'YAML', 'a: 1.50\nb: [x, ~, true]\n', ['a']],
  ['bytes and numbers that JSON does not have', 'YAML', 'a: !!binary aGk=\nb: .nan\nc: -0.0\n', ['b']],
  ['aliases', 'YAML', 'a: &x {b: 1}\nc: *x\nd:\n  <<: *x\n', ['d', 'b']],
  ['a warning that may show its value', 'YAML', 'a: 007\n', ['a']],
  ['a warning that may not', 'YAML', 'hidden: 007\nb: off\n', ['hidden']],
  ['a syntax error', 'YAML', 'a: [1\nb: 2\n', []],
  ['a repeated key', 'YAML', 'a: 1\na: 2\n', []],
  ['a forbidden key', 'YAML', 'a:\n  __proto__: 1\n', []],
  ['a key with doubtful characters', 'YAML', 'n\u0430me: 1\n', ['n\u0430me']],
  ['markers of a conflict', 'YAML', 'a: 1\n<<<<<<< ours\nb: 1\n=======\nb: 2\n>>>>>>> theirs\n', []],
  ['only comments', 'YAML', '# nothing\n', []],
  ['a byte order mark and Windows line ends', 'YAML', '\ufeffa: 1\r\nb: 2\r\n', ['b']],
  ['values', 'JSON', '{"a": 1.50, "b": [{}, null]}', ['a']],
  ['a repeated key', 'JSON', '{"a": 1, "a": 2}', []],
  ['a syntax error', 'JSON', '{"a": 1,}', []],
  ['comments', 'JSONC', '{ "a": 1.0, /* b */ "b": [1,], }', ['a']],
  [
    'a number that is not exact',
    'JSONC',
    '{ "a": 12345678901234567890, "hidden": 12345678901234567890 }',
    [],
  ],
  ['numbers', 'JSON5', '{ a: 0x1F, b: NaN, c: +1 }', ['a']],
  ['dates and tables', 'TOML', 'a = 1988-02-28\nt = 1979-05-27T07:32:00Z\n[b]\nc = 1_000\n', ['b', 'c']],
  ['a secret date that does not exist', 'TOML', '[hidden]\nd = 1988-02-30\n', []],
  ['lines', 'dotenv', 'A=1\nB="x y"\n', ['B']],
  ['a name twice', 'dotenv', 'A=1\nA=2\n', []],
];

const formats = new FormatRegistry();
const threads: ParserThread[] = [];
afterEach(async () => {
  for (const thread of threads.splice(0)) await thread.close();
});

function threadOf(idleTime?: number): ParserThread {
  const thread = new ParserThread(idleTime);
  threads.push(thread);
  return thread;
}

async function bothOf(formatName: string, text: string, context = CONTEXT, thread = threadOf()) {
  const format = formats.byName(formatName)!;
  const bytes = Buffer.from(text);
  const hash = sha256(bytes);
  return {
    here: await parseContent(bytes, hash, format, PLACE, context),
    there: await thread.parse(bytes, hash, format, PLACE, context),
  };
}

/** Everything of a result, with the answers of its functions. */
function described(content: FileContent | UnusableContent | undefined, path: readonly string[]) {
  if (content === undefined || !isContent(content)) return content;
  const places = [content.locate(path), content.locate(path, 'key'), content.locate(['no', 'such', 'key'])];
  return { ...content, locate: places, textOf: content.textOf(path) };
}

/** A mapping of so many values that parsing it takes many turns of the event loop. */
function large(values: number, indent = ''): string {
  return Array.from({ length: values }, (_, index) => `${indent}key${index}: value ${index}\n`).join('');
}

describe('The thread that parses', () => {
  it.each(SAMPLES)('returns what this thread would: %s (%s)', async (_title, format, text, path) => {
    const { here, there } = await bothOf(format, text);
    expect(there).toBeDefined();
    expect(described(there, path)).toStrictEqual(described(here, path));
  });

  it('returns the same for every option that a load has', async () => {
    const context = { ...CONTEXT, hasSchema: true, conflicts: 'warn' } as const;
    const { here, there } = await bothOf('YAML', 'a: off\nb: |\n  <<<<<<< x\n', context);
    expect(described(there, ['a'])).toStrictEqual(described(here, ['a']));
  });

  it('returns the same if only the names of keys say what is secret', async () => {
    const { here, there } = await bothOf('YAML', 'a: 007\npassword: 007\n', { limits: CONTEXT.limits });
    expect(described(there, ['a'])).toStrictEqual(described(here, ['a']));
  });

  it('keeps the limits', async () => {
    const context = { ...CONTEXT, limits: resolveContentLimits({ maxKeys: 10 }) };
    const { here, there } = await bothOf('YAML', large(20), context);
    expect(there).toStrictEqual(here);
    expect(JSON.stringify(there)).toContain('limit maxKeys');
  });

  it('leaves the event loop to others', async () => {
    const thread = threadOf();
    const bytes = Buffer.from(large(20_000));
    const format = formats.byName('YAML')!;
    let turns = 0;
    let isDone = false;
    const count = () => {
      turns += 1;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    const parsed = await thread.parse(bytes, sha256(bytes), format, PLACE, CONTEXT);
    isDone = true;
    expect(parsed).toMatchObject({ keys: 20_000 });
    expect(turns).toBeGreaterThan(100);
  });

  it('does one text after another, and gives each its own result', async () => {
    const thread = threadOf();
    const texts = ['a: 1\n', large(5_000), 'a: [\n', 'a: 2\n'];
    const all = await Promise.all(texts.map((text) => bothOf('YAML', text, CONTEXT, thread)));
    for (const { here, there } of all) expect(described(there, ['a'])).toStrictEqual(described(here, ['a']));
  });

  it('ends when it has nothing to do, and starts again for the next text', async () => {
    const started: Worker[] = [];
    const add = (worker: Worker) => started.push(worker);
    process.on('worker', add);
    onTestFinished(() => void process.off('worker', add));
    const thread = threadOf(1);
    await bothOf('YAML', 'a: 1\n', CONTEXT, thread);
    await new Promise((resolve) => started[0]!.once('exit', resolve));
    const { here, there } = await bothOf('YAML', 'a: 2\n', CONTEXT, thread);
    expect(described(there, ['a'])).toStrictEqual(described(here, ['a']));
    expect(started).toHaveLength(2);
  });

  it('refuses a text that needs more memory than there is, and goes on with the next one', async () => {
    const thread = new ParserThread(undefined, 24);
    threads.push(thread);
    const limits = resolveContentLimits({ maxKeys: 10_000_000 });
    const bytes = Buffer.from(large(400_000));
    const format = formats.byName('YAML')!;
    const there = await thread.parse(bytes, sha256(bytes), format, PLACE, { ...CONTEXT, limits });
    expect(there).toMatchObject({ issues: [{ message: expect.stringContaining('more memory') as unknown }] });
    const next = await bothOf('YAML', 'a: 1\n', CONTEXT, thread);
    expect(described(next.there, ['a'])).toStrictEqual(described(next.here, ['a']));
  });

  it('gives up a text when its load is aborted', async () => {
    const thread = threadOf();
    const bytes = Buffer.from(large(50_000));
    const abort = new AbortController();
    const format = formats.byName('YAML')!;
    const parsed = thread.parse(bytes, sha256(bytes), format, PLACE, CONTEXT, abort.signal);
    setImmediate(() => abort.abort(new Error('the load took too long')));
    await expect(parsed).rejects.toThrow('the load took too long');
    const next = await bothOf('YAML', 'a: 1\n', CONTEXT, thread);
    expect(described(next.there, ['a'])).toStrictEqual(described(next.here, ['a']));
  });

  it('leaves formats of the app, whose code is the app’s, to this thread', async () => {
    const bytes = Buffer.from('{}');
    const own = { ...formats.byName('YAML')!, parse: () => ({ value: { mine: true } }) };
    expect(await threadOf().parse(bytes, sha256(bytes), own, PLACE, CONTEXT)).toBeUndefined();
  });
});
