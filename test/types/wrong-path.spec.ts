import { beforeAll, describe, expect, it } from 'vitest';
import { Editor } from './support/editor.js';

const PREAMBLE = `
import { BeforeConfigChange, HotConfigManager, HotConfigService, InjectConfig, OnConfigChange, RequestConfig } from 'nestjs-hot-config';
interface AppConfig {
  log_level: string;
  llm: { model: string; temperature: number; max_tokens: number; retry?: { max: number } };
  servers: { host: string; port: number }[];
  modules: { 'npc.dialogue': { voice: string } };
}
declare const config: HotConfigService<AppConfig>;
declare const request: RequestConfig<AppConfig>;
declare const untyped: HotConfigService;
declare const manager: HotConfigManager<AppConfig>;
declare const untypedManager: HotConfigManager;
declare function read(name: string): string;
`;

let editor: Editor;

beforeAll(() => {
  editor = new Editor(PREAMBLE);
}, 120_000);

describe('A wrong path', () => {
  it.each([
    ["config.get('llm.modle')", 'llm.model'],
    ["config.get('llm.temprature', 1)", 'llm.temperature'],
    ["config.get('lmm.modle')", 'llm.model'],
    ["config.get('logLevel')", 'log_level'],
    ["config.get('llm.model.length')", 'llm.model'],
    ["config.getOrThrow('llm.retyr.max')", 'llm.retry.max'],
    ["config.has('servers.0.prot')", 'servers.0.port'],
    ["request.get('llm.modle')", 'llm.model'],
    ["manager.set('llm.modle', 'large')", 'llm.model'],
    ["manager.unset('llm.modle')", 'llm.model'],
    ["manager.explain('llm.modle')", 'llm.model'],
  ])('is one error of one line that names the nearest path: %s', (code, nearest) => {
    expect(editor.errors(code)).toEqual([
      `Argument of type 'string' is not assignable to parameter of type 'DidYouMean<"${nearest}">'.`,
    ]);
  });

  it('that resembles none is an error that names the paths with the same parent', () => {
    expect(editor.errors("config.get('llm.retry.zzz')")).toEqual([
      `Argument of type 'string' is not assignable to parameter of type 'OneOf<"llm.retry.max">'.`,
    ]);
  });

  it('is an error among others in a union, and so is a string that is no literal', () => {
    expect(editor.errors("config.get('llm.model' as 'llm.model' | 'llm.modle')").join()).toContain(
      'DidYouMean',
    );
    expect(editor.errors("config.get(read('a'))")).toEqual([
      `Argument of type 'string' is not assignable to parameter of type 'LiteralPath<AppConfig>'.`,
    ]);
    expect(editor.errors("config.get<string>('llm.model')")).toHaveLength(1);
  });

  it('is no error if the configuration has no type', () => {
    const code = `
      const port: number = untyped.get('any.path');
      const host: string = untyped.getOrThrow<string>('any.path');
      const size: number = untyped.get('any.path', 5);
      untyped.has('any.path'); void untypedManager.set('any.path', 1);`;
    expect(editor.errors(code)).toEqual([]);
  });
});

describe('The paths of a typed configuration', () => {
  it.each([
    "config.get('|')",
    "config.get('llm.|')",
    "config.get('|', 'a')",
    "config.getOrThrow('|')",
    "config.has('|')",
    "request.get('|')",
    "void manager.set('|', 1)",
    "void manager.unset('|')",
    "class A { constructor(@InjectConfig<AppConfig>('|') readonly model: unknown) {} }",
    "class A { @OnConfigChange<AppConfig>('|') on() {} }",
    "class A { @OnConfigChange<AppConfig>(['|']) on() {} }",
    "class A { @BeforeConfigChange<AppConfig>('|') check() {} }",
    "config.onChange('|', () => undefined)",
    "config.changes('|')",
  ])('are completed: %s', (code) => {
    expect(editor.completions(code)).toEqual(expect.arrayContaining(['llm.model', 'llm.retry.max']));
  });
});

describe('A pattern for a typed configuration', () => {
  it.each([
    "config.onChange('llm.modle', () => undefined)",
    "config.onChange(['log_level', 'llm.modle'], () => undefined)",
    "config.changes('llm.modle')",
    "class A { @OnConfigChange<AppConfig>('llm.modle') on() {} }",
    "class A { @OnConfigChange<AppConfig>(['llm.modle']) on() {} }",
    "class A { @BeforeConfigChange<AppConfig>('llm.modle') check() {} }",
    "class A { @OnConfigChange<AppConfig>(['log_level', 'llm.modle']) on() {} }",
    "config.onChange('llmm.*', () => undefined)",
    "config.onChange(['llm', 'lgo_*'], () => undefined)",
    "config.changes('lgo_*')",
    "config.changes('server[0].port')",
    "class A { constructor(@InjectConfig<AppConfig>('llm.modle') readonly model: unknown) {} }",
  ])('is an error if a key is wrong: %s', (code) => {
    expect(editor.errors(code)).toHaveLength(1);
  });

  it('names the nearest path where the compiler can', () => {
    expect(editor.errors("config.onChange('llm.modle', () => undefined)")).toEqual([
      `Argument of type 'string' is not assignable to parameter of type 'DidYouMean<"llm.model">'.`,
    ]);
    expect(editor.errors("config.changes('llmm.*')")).toEqual([
      `Argument of type 'string' is not assignable to parameter of type 'DidYouMean<"llm.*">'.`,
    ]);
    expect(editor.errors("class A { @OnConfigChange<AppConfig>(['llm.modle']) on() {} }").join()).toContain(
      `Did you mean '"llm.model"'?`,
    );
  });

  it('may have wildcards and brackets, be a RegExp, a list, or a string that is not known', () => {
    const patterns = `['llm', 'llm.*', '**', '**.timeout', '*.host', 'llm.max_*', 'log_*', 'servers[0].port', 'servers.*.port', "modules['npc.dialogue']", /_url$/]`;
    const code = `
      class A {
        @OnConfigChange<AppConfig>(${patterns}) on() {}
        @BeforeConfigChange<AppConfig>(/_url$/) check() {}
        @OnConfigChange(read('a')) other() {}
        @OnConfigChange(['any.path', /a/]) another() {}
      }
      config.onChange(${patterns}, () => undefined);
      config.onChange(read('a'), () => undefined);
      config.onChange([read('a'), /a/], () => undefined);
      config.onChange(/a/, () => undefined);
      config.changes();
      untyped.onChange('any.path', () => undefined);`;
    expect(editor.errors(code)).toEqual([]);
  });
});
