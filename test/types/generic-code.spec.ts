import { beforeAll, describe, expect, it } from 'vitest';
import { Editor } from './support/editor.js';

const PREAMBLE = `
import { HotConfigManager, HotConfigService, Path, PathValue, RequestConfig } from 'nestjs-hot-config';
interface AppConfig {
  log_level: string;
  llm: { model: string; temperature: number };
  servers: Record<string, { port: number }>;
}
declare const config: HotConfigService<AppConfig>;
declare const untyped: HotConfigService;
declare const untypedRequest: RequestConfig;
declare const name: string;
`;

let editor: Editor;

beforeAll(() => {
  editor = new Editor(PREAMBLE);
}, 120_000);

describe('Code with type parameters', () => {
  it.each([
    'function read<V>(path: string): V { return untyped.get<V>(path); }',
    'function read<V>(path: string): V { return untyped.getOrThrow<V>(path); }',
    'function read<V>(path: string, fallback: V): V { return untyped.get(path, fallback); }',
    'function read<V>(path: string, fallback: V): V { return untyped.get<V>(path, fallback); }',
    'function read<V>(path: string, fallback: V): V { return untyped.getOrThrow<V>(path, fallback); }',
    "class Reader { port<V>(): V { return untyped.get<V>('port'); } }",
    "function read<V extends object>(): V { return untyped.getOrThrow<V>('llm'); }",
    'function read<V>(path: string): V { return untypedRequest.get<V>(path); }',
  ])('reads a configuration without a type: %s', (code) => {
    expect(editor.errors(code)).toEqual([]);
  });

  it.each([
    'get(path: Path<T>) { return this.config.get(path); }',
    'getOrThrow(path: Path<T>) { return this.config.getOrThrow(path); }',
    'has(path: Path<T>): boolean { return this.config.has(path); }',
    'get<P extends Path<T>>(path: P): PathValue<T, P> { return this.config.get(path); }',
    'get<P extends Path<T>>(path: P, fallback: PathValue<T, P>) { return this.config.get(path, fallback); }',
    'get<P extends Path<T>>(path: P, fallback: PathValue<T, P>) { return this.config.getOrThrow(path, fallback); }',
    'get(path: Path<T>) { return this.request.get(path); }',
    'has(path: Path<T>) { return this.request.has(path); }',
    'get<P extends Path<T>>(path: P): PathValue<T, P> { return this.request.get(path); }',
    'set(path: Path<T>) { return this.manager.set(path, 1, { ttl: 5 }); }',
    'unset(path: Path<T>) { return [this.manager.unset(path), this.manager.explain(path)]; }',
    "on(path: string) { this.config.onChange(path, () => undefined); this.config.onChange('llm', () => undefined); }",
  ])('is generic in the configuration: %s', (method) => {
    const code = `
      abstract class Generic<T extends object> {
        abstract config: HotConfigService<T>; abstract request: RequestConfig<T>; abstract manager: HotConfigManager<T>;
        ${method}
      }`;
    expect(editor.errors(code)).toEqual([]);
  });

  it.each([
    'function read<P extends Path<AppConfig>>(path: P): PathValue<AppConfig, P> { return config.get(path); }',
    'function read<P extends Path<AppConfig>>(path: P) { return config.has(path); }',
    "function read<K extends keyof AppConfig['llm']>(key: K) { return config.get(`llm.${key}`); }",
    "function read<K extends 'model'>(key: K) { return config.getOrThrow(`llm.${key}`); }",
    "function read<K extends 'level'>(key: K) { return config.has(`log_${key}`); }",
    'function read<K extends keyof AppConfig>(key: K) { return config.get(key); }',
  ])('is generic in the path: %s', (code) => {
    expect(editor.errors(code)).toEqual([]);
  });
});

describe('A computed path', () => {
  it('is accepted as a pattern', () => {
    const code = `
      config.onChange(\`llm.\${name}\`, () => undefined);
      config.onChange(\`\${name}.model\`, () => undefined);
      config.onChange([\`llm.\${name}\`, /a/], () => undefined);
      config.changes(\`llm.\${name}\`);`;
    expect(editor.errors(code)).toEqual([]);
  });

  it('is read only where it is a path for each string', () => {
    expect(editor.errors('const port = config.get(`servers.${name}.port`);')).toEqual([]);
    expect(editor.errors('const value = config.get(`llm.${name}`);')).toHaveLength(1);
  });
});

describe('A fake with types', () => {
  it('may have functions without type parameters', () => {
    const code = `
      const service: Pick<HotConfigService, 'has'> = { has: (path: string) => path === 'a' };
      const reader: Pick<HotConfigService, 'get'> = { get: (path: string) => path as any };
      const manager: Pick<HotConfigManager, 'set' | 'unset'> = {
        set: async (path: string, value: unknown) => [path, value] as never,
        unset: async (path: string) => path as never,
      };`;
    expect(editor.errors(code)).toEqual([]);
  });
});
