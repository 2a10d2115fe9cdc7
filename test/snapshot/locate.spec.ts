import { describe, expect, it } from 'vitest';
import type { ConfigTree } from '../../lib/model/config-tree.js';
import type { Layer } from '../../lib/model/layer.interface.js';
import { locate, textOf } from '../../lib/snapshot/locate.js';
import { formatOrigin } from '../../lib/model/origin.interface.js';

/** A layer that places each value at the requested path, in a file of its name. */
function layer(source: string, tree: ConfigTree): Layer {
  const origin = (path: readonly string[]) => ({ source, file: `${source}:${path.join('/')}`, line: 1 });
  return { source, tree, hash: source, revision: source, locate: origin };
}

const base = layer('base', { llm: { model: 'a', retries: 1 }, list: [{ host: 'a', port: 1 }, 2], scalar: 1 });
const place = (layers: Layer[], path: string[]) => locate(layers, path)?.file;

describe('The place of a value', () => {
  it('is in the last layer that contains it', () => {
    const above = layer('above', { llm: { model: 'b' } });
    expect(place([base, above], ['llm', 'model'])).toBe('above:llm/model');
    expect(place([base, above], ['llm', 'retries'])).toBe('base:llm/retries');
  });

  it('is that of the nearest value around it if no layer contains it', () => {
    const above = layer('above', { llm: { model: 'b' } });
    expect(place([base, above], ['llm', 'missing', 'deeper'])).toBe('above:llm');
    expect(place([base, above], ['nowhere'])).toBe('above:');
  });

  it('is not that of a function for what is missing, and none for what is wrong with several layers', () => {
    const factory = { ...layer('registerAs', { database: {} }), fromCode: true as const };
    expect(place([base, factory], ['nowhere'])).toBe('base:');
    expect(place([factory], ['nowhere'])).toBe('registerAs:');
    expect(place([base], [])).toBe('base:');
    expect(locate([base, factory], [])).toBeUndefined();
  });

  it('is never in what a later layer replaced', () => {
    const replaced = layer('above', { list: [{ host: 'b' }], llm: null, scalar: { a: 1 } });
    expect(place([base, replaced], ['list', '0', 'port'])).toBe('above:list/0');
    expect(place([base, replaced], ['list', '1'])).toBe('above:list');
    expect(place([base, replaced], ['llm', 'model'])).toBe('above:llm');
    const again = layer('top', { llm: { model: 'c' } });
    expect(place([base, replaced, again], ['llm', 'retries'])).toBe('top:llm');
  });

  it('is where a value was set to null, and not in a layer without the value', () => {
    expect(place([base, layer('above', { scalar: null })], ['scalar'])).toBe('above:scalar');
    expect(place([base, layer('above', { scalar: undefined })], ['scalar'])).toBe('base:scalar');
  });

  it('is the source alone if that knows no positions, and nothing without sources', () => {
    const env: Layer = { ...layer('env', { port: 1 }), locate: () => undefined };
    expect(locate([env], ['port'])).toEqual({ source: 'env' });
    expect(locate([env], ['other'])).toEqual({ source: 'env' });
    expect(locate([], ['other'])).toBeUndefined();
  });
});

describe('The characters of a value', () => {
  const text = (source: string, tree: ConfigTree, mayRefer = true): Layer => ({
    ...layer(source, tree),
    mayRefer,
    textOf: (path) => `${source}:${path.join('/')}`,
  });

  it('are those in the last layer that contains it', () => {
    const layers = [text('base', { port: 1, host: 'a' }), text('above', { port: 2 })];
    expect(textOf(layers, ['port'])).toBe('above:port');
    expect(textOf(layers, ['host'])).toBeUndefined();
    expect(textOf(layers, ['nowhere'])).toBeUndefined();
    expect(textOf([layer('code', { port: 1 })], ['port'])).toBeUndefined();
  });

  it('are those of the value that a reference refers to, through any number of layers and references', () => {
    const layers = [text('base', { a: { b: 1 } }), text('above', { c: '${a.b}', d: '${c}' })];
    expect([textOf(layers, ['c']), textOf(layers, ['d'])]).toEqual(['base:a/b', 'base:a/b']);
  });

  it('are unknown for what is no reference alone, for one to nothing, in a circle, or in a layer without references', () => {
    const tree = {
      n: 1,
      a: '${n} s',
      b: 'x${n}',
      c: '${none}',
      d: '${e}',
      e: '${d}',
      f: '${a[}',
      g: '${n:-2}',
    };
    for (const key of ['a', 'b', 'c', 'd', 'f', 'g'])
      expect(textOf([text('base', tree)], [key])).toBeUndefined();
    expect(textOf([text('base', { n: 1, a: '${n}' }, false)], ['a'])).toBeUndefined();
  });
});

describe('A formatted place', () => {
  it('has as much of file, line and column as is known', () => {
    expect(formatOrigin({ source: 's', file: 'a.yaml', line: 12, column: 16 })).toBe('a.yaml:12:16');
    expect(formatOrigin({ source: 's', file: 'a.yaml', line: 12 })).toBe('a.yaml:12');
    expect(formatOrigin({ source: 's', file: 'a.yaml' })).toBe('a.yaml');
    expect(formatOrigin({ source: 'env' })).toBe('env');
  });
});
