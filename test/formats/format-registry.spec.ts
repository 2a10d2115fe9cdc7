import { describe, expect, it } from 'vitest';
import type { ConfigFormat } from '../../lib/formats/config-format.interface.js';
import { FormatRegistry } from '../../lib/formats/format-registry.js';

const lines: ConfigFormat = {
  name: 'Lines',
  extensions: ['lines', 'conf.txt'],
  parse: (text) => ({ value: { lines: text.split('\n') } }),
};

describe('FormatRegistry', () => {
  it('picks a format by the extension of a file, in any case', () => {
    const registry = new FormatRegistry();
    expect(registry.byFile('config/app.yaml')?.name).toBe('YAML');
    expect(registry.byFile('APP.YML')?.name).toBe('YAML');
    expect(registry.byFile('a.conf.json')?.name).toBe('JSON');
    expect(registry.byFile('config.yaml/app')).toBeUndefined();
    expect(registry.byFile('yaml')).toBeUndefined();
  });

  it('recognizes the variants of .env, and no other file', () => {
    const registry = new FormatRegistry();
    expect(registry.byFile('.env')?.name).toBe('dotenv');
    expect(registry.byFile('config/.env.production')?.name).toBe('dotenv');
    expect(registry.byFile('config/prod.env')?.name).toBe('dotenv');
    expect(registry.byFile('.env.json')?.name).toBe('JSON');
    expect(registry.byFile('.environment')).toBeUndefined();
    expect(registry.byFile('.env.d/readme')).toBeUndefined();
  });

  it('picks a format by its name, in any case', () => {
    expect(new FormatRegistry().byName('yaml')?.name).toBe('YAML');
    expect(new FormatRegistry().byName('hcl')).toBeUndefined();
  });

  it('adds formats without changing any other registry, and prefers the longest extension', () => {
    const registry = new FormatRegistry();
    const larger = registry.with(lines);
    expect(larger.byFile('a.conf.txt')?.name).toBe('Lines');
    expect(larger.byFile('a.txt')?.name).toBe('text');
    expect(registry.byFile('a.lines')).toBeUndefined();
    expect(larger.extensionOf('a.conf.txt')).toBe('conf.txt');
  });

  it('lists the known extensions and names', () => {
    const registry = new FormatRegistry();
    expect(registry.knownExtensions).toBe('.json, .jsonc, .json5, .yaml, .yml, .toml, .env, .txt');
    expect(registry.knownNames).toBe('JSON, JSONC, JSON5, YAML, TOML, dotenv, text');
  });
});
