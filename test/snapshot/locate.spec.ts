import { describe, expect, it } from 'vitest';
import type { ConfigTree } from '../../lib/model/config-tree.js';
import type { Layer } from '../../lib/model/layer.interface.js';
import { locate } from '../../lib/snapshot/locate.js';
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

describe('A formatted place', () => {
  it('has as much of file, line and column as is known', () => {
    expect(formatOrigin({ source: 's', file: 'a.yaml', line: 12, column: 16 })).toBe('a.yaml:12:16');
    expect(formatOrigin({ source: 's', file: 'a.yaml', line: 12 })).toBe('a.yaml:12');
    expect(formatOrigin({ source: 's', file: 'a.yaml' })).toBe('a.yaml');
    expect(formatOrigin({ source: 'env' })).toBe('env');
  });
});
