import { describe, expect, it } from 'vitest';
import { Editor } from './support/editor.js';

const PREAMBLE = `
import type {
  ConfigChangeEvent, ConfigSnapshot, ConfigValidator, DeepReadonly, HotConfigService, RequestConfig
} from 'nestjs-hot-config';

declare class Token {
  private readonly text;
  reveal(): string;
}
declare class LlmConfig {
  model: string;
  stops: string[];
  limits: Map<string, { max: number }>;
  tags: Set<string>;
  pair: [name: string, weights: number[]];
  retry?: { delays: number[] } | null;
  since: Date;
  token: Token;
  label(): string;
}
interface AppConfig {
  llm: LlmConfig;
  servers: { port: number }[];
  by_name: Record<string, { port: number }>;
  open: any;
}
declare const config: HotConfigService<AppConfig>;
declare const snapshot: ConfigSnapshot<AppConfig>;
declare const request: RequestConfig<AppConfig>;
declare const event: ConfigChangeEvent<AppConfig>;
`;

const AS_FROZEN = `
declare module 'nestjs-hot-config' {
  interface HotConfigTypes { values: 'readonly' }
}
`;

/** Code that throws a TypeError at run time, because configuration is frozen. */
const WRITES = [
  `config.get('llm').model = 'x';`,
  `config.getOrThrow('llm').model = 'x';`,
  `config.value.llm.stops.push('x');`,
  `config.get('llm.stops').push('x');`,
  `config.get('servers').push({ port: 1 });`,
  `config.get('servers.0')!.port = 1;`,
  `config.get('llm.limits').set('a', { max: 1 });`,
  `config.get('llm.limits').get('a')!.max = 1;`,
  `config.get('llm.tags').add('x');`,
  `config.get('llm').pair[1].push(1);`,
  `config.get('llm').retry!.delays.push(1);`,
  `snapshot.value.by_name['a']!.port = 1;`,
  `event.current.value.llm.model = 'x';`,
  `request.value.llm.model = 'x';`,
  `request.get('llm.stops').push('x');`,
  `const validator: ConfigValidator<AppConfig> = (candidate) => { candidate.llm.model = 'x'; return undefined; };`,
];

const READS = [
  `const model: string = config.get('llm.model');`,
  `const stops: readonly string[] = config.get('llm').stops;`,
  `const [name, weights]: readonly [string, readonly number[]] = config.get('llm').pair;`,
  `const since: Date = config.get('llm.since');`,
  `const token: Token = config.get('llm').token;`,
  `const label: string = config.get('llm').label();`,
  `const delays: readonly number[] | undefined = config.get('llm').retry?.delays;`,
  `config.get('open').anything.at.all = 1;`,
  `const port: number = config.get('servers.0.port', 80);`,
  `const same: DeepReadonly<AppConfig> = config.value;`,
];

describe('The types of values', () => {
  describe('of an app that chooses readonly ones', () => {
    const editor = new Editor(PREAMBLE + AS_FROZEN, [...WRITES, ...READS]);

    it.each(WRITES)('refuse a write: %s', (code) => {
      expect(editor.errors(code).join('\n')).toMatch(
        /read-only property|does not exist on type 'readonly|does not exist on type 'Readonly/,
      );
    });

    it.each(READS)('allow a read: %s', (code) => {
      expect(editor.errors(code)).toEqual([]);
    });

    it('fit a class without arrays and private members', () => {
      const code = `
        declare class Db { host: string; pool: { max: number }; url(): string }
        declare const db: HotConfigService<{ db: Db }>;
        const value: Db = db.get('db');`;
      expect(editor.errors(code)).toEqual([]);
    });
  });

  describe('of an app that chooses nothing', () => {
    const codes = [...WRITES, ...READS.slice(0, -1), `const llm: LlmConfig = config.get('llm');`];
    const editor = new Editor(PREAMBLE, codes);

    it.each(codes)('are as declared: %s', (code) => {
      expect(editor.errors(code)).toEqual([]);
    });
  });
});
