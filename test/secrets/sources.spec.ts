import 'reflect-metadata';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { registerAs } from '@nestjs/config';
import {
  type ConfigSource,
  directory,
  dotenv,
  env,
  factory,
  file,
  type HotConfigModuleOptions,
} from 'nestjs-hot-config';
import { describe, expect, it, vi } from 'vitest';
import { MemorySource } from '../support/memory.source.js';
import { TempFolder } from '../support/temp-folder.js';
import { canary, leaksIn, shownOf } from './support/canary.js';
import { observedApp } from './support/observed-app.js';

/** A place that says two secrets, one by its name and one by a pattern, and an address with a password. */
interface Place {
  readonly source: ConfigSource;
  readonly options?: HotConfigModuleOptions;
  /** Says other secrets from the next reload on. */
  readonly say: (secrets: Secrets) => void;
}

type Secrets = readonly [named: string, plain: string, password: string];

const treeOf = ([named, plain, password]: Secrets) => ({
  llm: { api_key: named, model: 'small' },
  customer: { plain, name: 'Ann' },
  cache: `redis://user:${password}@localhost:6379/0`,
  list: [{ id: 1, token: `${named}-in-a-list` }],
});

function inFile(name: string, textOf: (secrets: Secrets) => string): (first: Secrets) => Place {
  return (first) => {
    const folder = new TempFolder();
    const say = (secrets: Secrets) => void folder.write(name, textOf(secrets));
    say(first);
    return { source: file(folder.file(name)), say };
  };
}

const asJson = (secrets: Secrets) => JSON.stringify(treeOf(secrets), undefined, 2);

const PLACES: Readonly<Record<string, (first: Secrets) => Place>> = {
  'a JSON file': inFile('app.json', asJson),
  'a JSON5 file': inFile('app.json5', (secrets) => `// here\n${asJson(secrets)}`),
  'a JSONC file': inFile('app.jsonc', (secrets) => `/* here */ ${asJson(secrets)}`),
  'a YAML file': inFile('app.yaml', ([named, plain, password]) =>
    [
      `llm: { api_key: &key ${named}, model: small }`,
      `customer:\n  plain: >-\n    ${plain}\n  name: Ann`,
      `cache: redis://user:${password}@localhost:6379/0`,
      `list:\n  - id: 1\n    token: *key`,
    ].join('\n'),
  ),
  'a TOML file': inFile('app.toml', ([named, plain, password]) =>
    [
      `cache = "redis://user:${password}@localhost:6379/0"`,
      `[llm]\napi_key = '${named}'\nmodel = "small"`,
      `[customer]\nplain = """${plain}"""\nname = "Ann"`,
      `[[list]]\nid = 1\ntoken = "${named}"`,
    ].join('\n'),
  ),
  'an env file of the files': inFile('app.env', ([named, plain, password]) =>
    [`api_key='${named}'`, `plain="${plain}"`, `cache=redis://user:${password}@localhost`].join('\n'),
  ),
  'a file that others import': ([...first]) => {
    const folder = new TempFolder();
    const say = (secrets: Secrets) => {
      folder.write('base.json', asJson(secrets));
      folder.write('token.yaml', `value: ${secrets[0]}`);
    };
    say(first as unknown as Secrets);
    const app = folder.write(
      'app.yaml',
      'extends: ./base.json\nvault:\n  secret:\n    $import: ./token.yaml\n',
    );
    return { source: file(app), say };
  },
  'a directory': (first) => {
    const folder = new TempFolder();
    mkdirSync(folder.file('conf/vault'), { recursive: true });
    const say = ([named, plain, password]: Secrets) => {
      writeFileSync(folder.file('conf/vault/api_key.txt'), `${named}\n`);
      writeFileSync(folder.file('conf/customer.json'), JSON.stringify({ plain, name: 'Ann' }));
      writeFileSync(folder.file('conf/db.yaml'), `url: postgres://user:${password}@db/app\n`);
    };
    say(first);
    return { source: directory(folder.file('conf')), say };
  },
  'an env file': (first) => {
    const folder = new TempFolder();
    const say = ([named, plain, password]: Secrets) =>
      void folder.write(
        '.env',
        `API_KEY=${named}\nplain='${plain}'\nCACHE=redis://user:${password}@h\nURL=https://x.example/?key=\${API_KEY}\n`,
      );
    say(first);
    return { source: dotenv(join(folder.path, '.env'), { expand: true }), say };
  },
  'the environment': (first) => {
    const say = ([named, plain, password]: Secrets) => {
      vi.stubEnv('CNRY_LLM__API_KEY', named);
      vi.stubEnv('CNRY_CUSTOMER__PLAIN', plain);
      vi.stubEnv('CNRY_CACHE', `redis://user:${password}@localhost`);
    };
    say(first);
    return { source: env({ prefix: 'CNRY_' }), say };
  },
  'a source in memory': (first) => {
    const source = new MemorySource(treeOf(first));
    return { source, say: (secrets) => source.set(treeOf(secrets)) };
  },
  'a function': (first) => {
    let said = treeOf(first);
    return { source: factory(() => said), say: (secrets) => void (said = treeOf(secrets)) };
  },
  'a namespace': (first) => {
    let said = treeOf(first);
    const source = factory(registerAs('vault_of_app', () => said));
    return { source, say: (secrets) => void (said = treeOf(secrets)) };
  },
  references: (first) => {
    const folder = new TempFolder();
    const say = ([named, plain, password]: Secrets) => {
      vi.stubEnv('CNRY_TOKEN', plain);
      folder.write(
        'app.yaml',
        [
          `keys_of:\n  api_key: ${named}`,
          `endpoint: https://x.example/?key=\${keys_of.api_key}`,
          `header: Bearer \${CNRY_TOKEN}`,
          `copy: \${keys_of}`,
          `again: \${endpoint}&more=1`,
          `password: ${password}\ncache: redis://u:\${password}@localhost`,
        ].join('\n'),
      );
    };
    say(first);
    return {
      source: file(folder.file('app.yaml')),
      say,
      options: { interpolate: { environment: ['CNRY_TOKEN'] } },
    };
  },
};

const threeOf = (signs: string): Secrets => [canary(signs), canary(signs), canary()];

describe('A secret', () => {
  it.each(Object.entries(PLACES))(
    'in %s can be read by the app, and appears in no output',
    async (_name, placeOf) => {
      const secrets = [threeOf('-/'), threeOf('.+')] as const;
      const place = placeOf(secrets[0]);
      const { config, manager, outputs } = await observedApp({ sources: [place.source], ...place.options });
      const value = () => JSON.stringify(config.value);
      for (const secret of secrets[0]) expect(value()).toContain(secret);
      place.say(secrets[1]);
      expect(leaksIn(await outputs(), secrets.flat())).toEqual([]); // while it is only planned
      expect((await manager.reload({ reason: `because of ${secrets[1][0]}` })).outcome).toBe('applied');
      for (const secret of secrets[1]) expect(value()).toContain(secret);
      await manager.rollback();
      const shown = await outputs();
      expect(leaksIn(shown, secrets.flat())).toEqual([]);
      // Something was shown, in its place.
      for (const where of ['snapshot', 'events', 'watch', 'hot-config get, piped', 'diff 1 sources'])
        expect(shown.get(where), where).toContain('[hidden]');
    },
    30_000,
  );

  it('that is set while the app runs appears in no output', async () => {
    const [first, second, reason] = [canary('"\\'), canary(), canary()];
    const { manager, outputs } = await observedApp({
      sources: [new MemorySource({ api_key: first, reason: { token: reason } })],
      validators: [(tree) => ('refused' in tree ? `refused: ${JSON.stringify(tree)}` : undefined)],
    });
    await manager.set('api_key', second, {
      reason: `it was ${first}, is ${second}`,
      actor: second,
      ttl: '1h',
    });
    await manager.set('customer', { plain: first, deep: [{ password: second }] });
    const refused = await manager.set('refused', { api_key: canary() }, { reason });
    expect(refused.outcome).toBe('rejected');
    expect(
      leaksIn(new Map([...(await outputs()), ['refused', shownOf(refused)]]), [first, second, reason]),
    ).toEqual([]);
    await manager.unset('api_key', { reason: second });
    expect(leaksIn(await outputs(), [first, second, reason])).toEqual([]);
  });

  it('is encrypted on disk if there is a key, and restored', async () => {
    const [first, second] = [canary(), canary()];
    const source = new MemorySource({ api_key: first, note: `see ${first}` });
    const { config, manager, outputs } = await observedApp({
      sources: [source],
      history: { key: 'correct horse battery staple, and more', max: 1 },
    });
    source.set({ api_key: second, note: 'none' });
    await manager.reload();
    expect(leaksIn(await outputs(), [first, second])).toEqual([]);
    expect(config.get('api_key')).toBe(second);
  });
});
