import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigOptionsError, ConfigParseError } from '../../lib/errors/config.errors.js';
import type { Layer } from '../../lib/model/layer.interface.js';
import { file } from '../../lib/sources/file.source.js';
import type { ConfigFormat } from '../../lib/formats/config-format.interface.js';
import { FormatRegistry } from '../../lib/formats/format-registry.js';
import type { WatchTarget } from '../../lib/watch/file-watch.interface.js';
import { failureOf, load } from './support/loading.js';
import { useWorkspace, write } from './support/workspace.js';

describe('file', () => {
  useWorkspace();

  it('returns the tree of a file, its hash and the positions of its values', async () => {
    write('config/llm.yaml', 'llm:\n  temperature: 7\n');
    const layer = await load(file('config/llm.yaml'));
    const hash = createHash('sha256').update('llm:\n  temperature: 7\n').digest('hex');
    expect(layer).toMatchObject({
      source: 'config/llm.yaml',
      tree: { llm: { temperature: 7 } },
      hash,
      revision: hash,
    });
    const origin = { source: 'config/llm.yaml', file: 'config/llm.yaml', line: 2 };
    expect(layer.locate(['llm', 'temperature'])).toEqual({ ...origin, column: 16 });
    expect(layer.locate(['llm', 'temperature'], 'key')).toEqual({ ...origin, column: 3 });
  });

  it('is named by its path as written, and reads the same file after the working directory has changed', async () => {
    write('config/app.json', '{"a":1}');
    const source = file('config\\app.json'.replace('\\', '/'), { onError: 'keep' });
    expect(source).toMatchObject({ name: 'config/app.json', path: join(process.cwd(), 'config/app.json') });
    expect(source.onError).toBe('keep');
    expect(file('a.json').onError).toBe('reject');
    process.chdir('..');
    expect((await load(source)).tree).toEqual({ a: 1 });
  });

  it('reads BOM, CRLF and plain text', async () => {
    write('a.yaml', '\ufeffa: 1\r\nb:\r\n  c: x\r\n');
    const layer = await load(file('a.yaml'));
    expect(layer.tree).toEqual({ a: 1, b: { c: 'x' } });
    expect(layer.locate(['b', 'c'])).toMatchObject({ line: 3, column: 6 });
    write('token.txt', 's3cret\r\n');
    expect((await load(file('token.txt', { mount: 'auth.token' }))).tree).toEqual({
      auth: { token: 's3cret' },
    });
  });

  it('returns a known layer for known bytes without parsing them', async () => {
    let parsed = 0;
    const format: ConfigFormat = {
      name: 'counted',
      extensions: [],
      parse: () => ({ value: { parsed: ++parsed } }),
    };
    const source = file('a', { format });
    write('a', 'one');
    const first = await load(source);
    write('a', 'two');
    const second = await load(source, { known: [first] });
    write('a', 'one');
    expect(await load(source, { known: [first, second] })).toBe(first);
    expect(parsed).toBe(2);
  });

  it('parses malformed bytes only once, even if they are loaded again', async () => {
    let parsed = 0;
    const parse = () => {
      parsed += 1;
      throw new Error('no sense in it\n> password: hunter2');
    };
    const source = file('a', { format: { name: 'odd', extensions: [], parse } });
    write('a', 'one');
    const first = await failureOf(source, { final: false });
    const second = await failureOf(source, { final: true });
    expect(parsed).toBe(1);
    expect(first).toBeInstanceOf(ConfigParseError);
    expect(first).toMatchObject({ transient: true, revision: second.revision });
    expect(second.transient).toBe(false);
    expect(second.message).toBe('a is not valid odd\n  a  no sense in it');
  });

  describe('mount', () => {
    it('mounts the content below a path, and locates it there', async () => {
      write('npc.json', '{"lines":\n ["hi"]}');
      const layer = await load(file('npc.json', { mount: "modules['npc.casual']" }));
      expect(layer.tree).toEqual({ modules: { 'npc.casual': { lines: ['hi'] } } });
      const at = (path: string[]) => layer.locate(path);
      expect(at(['modules', 'npc.casual', 'lines', '0'])).toMatchObject({ line: 2, column: 3 });
      expect(at(['modules'])).toMatchObject({ line: 1, column: 1 });
      expect(at(['elsewhere', 'x'])).toEqual({ source: 'npc.json', file: 'npc.json' });
    });

    it('accepts lists and single values', async () => {
      write('list.yaml', '- a\n- b\n');
      expect((await load(file('list.yaml', { mount: 'names' }))).tree).toEqual({ names: ['a', 'b'] });
    });

    it.each(['', 'a..b', 'a[', 'a.__proto__', 'constructor'])('must be a path, not %j', (mount) => {
      expect(() => file('a.json', { mount })).toThrow(ConfigOptionsError);
    });
  });

  describe('format', () => {
    it('can be a name, an object, or a format added to the app', async () => {
      write('settings', 'a: 1');
      expect((await load(file('settings', { format: 'yaml' }))).tree).toEqual({ a: 1 });
      const pairs: ConfigFormat = {
        name: 'pairs',
        extensions: ['pairs'],
        parse: (text) => Promise.resolve({ value: Object.fromEntries([text.trim().split('=')]) }),
      };
      write('a.pairs', 'k=v\n');
      expect((await load(file('a.pairs', { format: pairs }))).tree).toEqual({ k: 'v' });
      const layer = await load(file('a.pairs'), { formats: new FormatRegistry().with(pairs) });
      expect(layer.tree).toEqual({ k: 'v' });
      expect(layer.locate(['k'])).toEqual({ source: 'a.pairs', file: 'a.pairs' });
    });

    it('that is unknown causes an error that lists the known formats', async () => {
      write('a.ini', 'x');
      expect((await failureOf(file('a.ini'))).message).toMatch(/known format \(\.json, \.jsonc, .*, \.txt\)/);
      expect((await failureOf(file('a.ini', { format: 'ini' }))).message).toMatch(
        /unknown format "ini"; .* one of JSON, JSONC, .*, text/,
      );
    });

    it('that throws a value that is not an Error is reported in plain words', async () => {
      write('a', 'x');
      const throwing = (what: unknown): ConfigFormat => ({
        name: 'throwing',
        extensions: [],
        parse: () => {
          throw what;
        },
      });
      expect((await failureOf(file('a', { format: throwing('a text') }))).message).toContain('a text');
      expect(
        (await failureOf(file('a', { format: throwing(new RangeError('Maximum call stack size exceeded')) })))
          .message,
      ).toContain(
        'cannot be parsed: it is nested too deeply, or a list or string in it is too long for the parser',
      );
    });
  });

  describe('a missing file', () => {
    it('is a transient error until the last attempt', async () => {
      expect(await failureOf(file('a.yaml'), { final: false })).toMatchObject({
        transient: true,
        revision: 'ENOENT',
      });
      expect(await failureOf(file('a.yaml'))).toMatchObject({ transient: false, code: 'CONFIG_SOURCE' });
    });

    it('is an empty layer at once if it is optional and never existed', async () => {
      const source = file('a.yaml', { optional: true });
      const missing = await load(source, { final: false });
      expect(missing).toMatchObject({ source: 'a.yaml', tree: {} });
      expect(missing.locate(['a'])).toEqual({ source: 'a.yaml', file: 'a.yaml' });
      expect(await load(source, { final: false, known: [missing] })).toBe(missing);
    });

    it('is an empty layer only on the last attempt if it is optional and existed before', async () => {
      write('a.yaml', 'a: 1');
      const source = file('a.yaml', { optional: true });
      const missing: Layer = { ...(await load(file('b.yaml', { optional: true }))) };
      const present = await load(source);
      rmSync('a.yaml');
      expect((await failureOf(source, { final: false, known: [missing, present] })).transient).toBe(true);
      expect(await load(source, { final: true, known: [missing, present] })).toBe(missing);
    });
  });

  describe('an empty file', () => {
    it.each([
      ['a.yaml', ''],
      ['a.yaml', ' \n\n'],
      ['a.yaml', '\ufeff'],
      ['a.yaml', '# only a comment\n'],
      ['a.yaml', '---\n'],
      ['a.json', ''],
      ['a.json', 'null'],
      ['a.json', '\r\n'],
    ])('(%s: %j) is a transient error until the last attempt', async (name, content) => {
      write(name, content);
      const early = await failureOf(file(name), { final: false });
      const late = await failureOf(file(name));
      expect(early).toMatchObject({ transient: true, revision: late.revision });
      expect(late.transient).toBe(false);
      expect(late.summary).toBe(`${name} is empty`);
    });

    it('is an empty layer on the last attempt if `allowEmpty` is set', async () => {
      write('a.yaml', 'a: 1');
      const source = file('a.yaml', { allowEmpty: true });
      const full = await load(source);
      write('a.yaml', '');
      expect((await failureOf(source, { final: false, known: [full] })).transient).toBe(true);
      const empty = await load(source, { known: [full] });
      expect(empty.tree).toEqual({});
      expect(await load(source, { final: false, known: [full, empty] })).toBe(empty);
      expect((await failureOf(source, { final: false, known: [empty, full] })).transient).toBe(true);
      expect((await load(source, { final: false })).tree).toEqual({});
    });

    it('of plain text is an empty string if `allowEmpty` is set', async () => {
      write('a.txt', '');
      expect((await load(file('a.txt', { allowEmpty: true, mount: 'a' }))).tree).toEqual({ a: '' });
    });

    it('does not include a file with an empty mapping', async () => {
      write('a.json', '{}');
      const layer = await load(file('a.json'), { final: false });
      expect(layer.tree).toEqual({});
      expect(await load(file('a.json'), { final: false, known: [layer] })).toBe(layer);
    });
  });

  describe('content', () => {
    it.each([
      ['[1]', 'a list'],
      ['"text"', 'a single value'],
    ])('must have keys at its top level, not %s', async (content, kind) => {
      write('a.json', content);
      const failure = await failureOf(file('a.json'), { final: false });
      expect(failure).toBeInstanceOf(ConfigParseError);
      expect(failure.transient).toBe(true);
      expect(failure.message).toContain(`but is ${kind}`);
    });

    it('must not have keys that could change a prototype; the error has the position of each', async () => {
      write('a.yaml', 'a:\n  __proto__: {x: 1}\nb: [{constructor: 1}]\n');
      const { issues } = await failureOf(file('a.yaml', { mount: 'm' }));
      expect(issues).toEqual([
        {
          path: 'm.a.__proto__',
          message: expect.stringContaining('m.a has the key "__proto__"'),
          origin: expect.objectContaining({ line: 2, column: 3 }),
        },
        {
          path: 'm.b.0.constructor',
          message: expect.stringContaining('m.b.0 has'),
          origin: expect.objectContaining({ line: 3, column: 6 }),
        },
      ]);
      expect(({} as Record<string, unknown>)['x']).toBeUndefined();
    });

    it('must not contain itself', async () => {
      write('a.yaml', 'a: &a\n  b: [*a]\n');
      expect((await failureOf(file('a.yaml'))).message).toContain('contains itself');
    });

    it('must respect the limits', async () => {
      write('a.json', '{"a":{"b":{"c":1}}}');
      const deep = await failureOf(file('a.json'), { limits: { maxDepth: 2 } });
      expect(deep.issues).toEqual([
        {
          path: 'a.b',
          message: 'a.b is nested more than 2 levels deep (limit maxDepth); flatten it or raise the limit',
          origin: expect.objectContaining({ column: 11 }),
        },
      ]);
      const many = await failureOf(file('a.json'), { limits: { maxKeys: 2 } });
      expect(many.message).toContain('more than 2 keys');
      const large = await failureOf(file('a.json'), { limits: { maxFileSize: 5 } });
      expect(large).toMatchObject({ transient: false, revision: 'TOO_LARGE' });
    });

    it('that is cut off at any byte is never accepted in JSON', async () => {
      const text = '{"a":{"b":[1,2,{"c":"é"}]},"d":null}';
      const bytes = Buffer.from(text);
      for (let length = 0; length < bytes.length; length += 1) {
        write('a.json', bytes.subarray(0, length));
        expect((await failureOf(file('a.json'), { final: false })).transient).toBe(true);
      }
    });

    it('has warnings with the file and the position', async () => {
      write('a.yaml', 'a: 1\n---\nb: 2\n');
      expect((await load(file('a.yaml'))).warnings).toEqual([
        {
          path: '',
          message: expect.stringContaining('second document'),
          origin: { source: 'a.yaml', file: 'a.yaml', line: 2, column: 1 },
        },
      ]);
    });
  });

  it('watches its absolute path and reports changes', async () => {
    const source = file('config/app.yaml');
    const targets: WatchTarget[] = [];
    const unexpected = () => expect.unreachable();
    let hints = 0;
    let closed = 0;
    const handle = { close: () => void (closed += 1) };
    const files = {
      watch: (target: WatchTarget, onSettled: () => void) => {
        targets.push(target);
        onSettled();
        return handle;
      },
    };
    const watching = await source.watch!({
      files,
      changed: () => (hints += 1),
      failed: unexpected,
      recovered: unexpected,
    });
    expect(targets).toEqual([{ path: join(process.cwd(), 'config/app.yaml'), kind: 'file' }]);
    expect(hints).toBe(1);
    await watching.close();
    expect(closed).toBe(1);
  });
});
