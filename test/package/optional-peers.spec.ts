import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entryPoints, InstalledApp, manifest } from './support/installed-app.js';

/** A feature that needs an optional peer. */
interface Feature {
  /** Arguments of Node in an app: a file of test/package/apps, or the command. */
  readonly command: readonly string[];
  /** Part of the output if the peer is installed. */
  readonly prints: string;
  /** The entry point that cannot be imported without the peer. All others can. */
  readonly entryPoint?: string;
  /** Set if the app of the feature imports the peer itself. */
  readonly importedByApp?: true;
  /** What the error says to install: by default, only the peer. */
  readonly install?: string;
}

const SCHEMA = [`node_modules/${manifest.name}/${manifest.bin['hot-config']}`, 'schema', '--schema'];

/** By the name of the peer. */
const FEATURES: Readonly<Record<string, Feature>> = {
  '@nestjs/event-emitter': {
    command: ['events.mjs'],
    prints: 'emitted n',
    importedByApp: true,
  },
  '@nestjs/terminus': {
    command: ['health.mjs'],
    prints: 'the health is ok',
    entryPoint: 'nestjs-hot-config/health',
  },
  '@nestjs/testing': {
    command: ['testing.mjs'],
    prints: 'a test overrides 1 with 2',
    importedByApp: true,
  },
  '@opentelemetry/api': {
    command: ['opentelemetry.mjs'],
    prints: 'hot_config.version\n',
    entryPoint: 'nestjs-hot-config/metrics/opentelemetry',
  },
  '@valibot/to-json-schema': {
    command: [...SCHEMA, 'valibot-schema.mjs'],
    prints: '"n":{"type":"integer"',
  },
  'class-transformer': {
    command: ['class.mjs'],
    prints: 'an instance of AppConfig with 1',
    install: 'class-validator class-transformer',
  },
  'class-validator': {
    command: ['class.mjs'],
    prints: 'an instance of AppConfig with 1',
    install: 'class-validator class-transformer',
  },
  'class-validator-jsonschema': {
    command: [...SCHEMA, 'class-schema.mjs'],
    prints: '"n":{"type":"integer"',
  },
  ioredis: {
    command: ['redis-store.mjs'],
    prints: 'the driver of Redis has tried to connect',
  },
  pg: {
    command: ['postgres-store.mjs'],
    prints: 'the driver of PostgreSQL has tried to connect',
  },
  'prom-client': {
    command: ['metrics.mjs'],
    prints: 'hot_config_version 1\n',
    entryPoint: 'nestjs-hot-config/metrics',
  },
  'smol-toml': {
    command: ['toml.mjs'],
    prints: 'the file contains 1',
  },
};

const peers = Object.entries(manifest.peerDependenciesMeta)
  .filter(([, { optional }]) => optional)
  .map(([name]) => name);

const CORE = { code: 0, output: 'started with 1\nreloaded 2\nclosed\n' };

/** Packages that the apps of the features need beside the package. */
const also = ['valibot', '@opentelemetry/sdk-metrics'];

it('Each optional peer has a feature here', () => {
  expect(Object.keys(FEATURES).toSorted()).toEqual(peers.toSorted());
});

let complete: InstalledApp;

beforeAll(async () => {
  complete = await InstalledApp.create({ also });
});

afterAll(() => complete.remove());

describe.each(Object.entries(FEATURES))('The optional peer %s', (peer, feature) => {
  const { command, prints, entryPoint, importedByApp, install = peer } = feature;
  // An import statement fails with Node’s error. The library explains the imports that it makes on demand.
  const error =
    entryPoint !== undefined || importedByApp
      ? `Cannot find package '${peer}' imported from `
      : `the package ${peer}, which is not installed; run: npm install ${install}`;
  let incomplete: InstalledApp;

  beforeAll(async () => {
    incomplete = await InstalledApp.create({ also, without: [peer] });
  });

  afterAll(() => incomplete.remove());

  it('enables its feature', async () => {
    const { code, output } = await complete.node(...command);
    expect(output).toContain(prints);
    expect(code, output).toBe(0);
  });

  it('is named if its feature is used without it', async () => {
    const { code, output } = await incomplete.node(...command);
    expect(code).not.toBe(0);
    expect(output).toContain(error);
  });

  it('is not needed by anything else', async () => {
    expect(await incomplete.node('core.mjs')).toEqual(CORE);
    const { output } = await incomplete.node('imports.mjs', ...entryPoints);
    const outcomes = Object.entries(JSON.parse(output) as Record<string, string>);
    const failed = outcomes.filter(([, outcome]) => outcome !== 'imported');
    expect(failed.map(([name]) => name)).toEqual(entryPoint === undefined ? [] : [entryPoint]);
    for (const [, outcome] of failed) expect(outcome).toContain(error);
  });
});

describe('Without all optional peers', () => {
  let app: InstalledApp;

  beforeAll(async () => {
    app = await InstalledApp.create({ without: peers, also: ['@types/node'] });
  });

  afterAll(() => app.remove());

  it('an app on YAML starts, reads, reloads and closes', async () => {
    expect(await app.node('core.mjs')).toEqual(CORE);
  });

  it('the command validates a file', async () => {
    await app.write('app.yaml', 'n: 1\n');
    const { output } = await app.node(`${app.package}/${manifest.bin['hot-config']}`, 'validate', 'app.yaml');
    expect(output).toMatch(/^Valid: app\.yaml/);
  });

  it('the types of the main entry point resolve', async () => {
    await app.write('main.mts', `export * from '${manifest.name}';`);
    expect(await app.complaintsAbout('main.mts')).toEqual([]);
  }, 120_000);
});
