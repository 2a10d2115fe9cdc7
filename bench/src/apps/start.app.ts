// An app that starts: `start.app.js <contestant> <file>`, or only an import: `start.app.js import <contestant>`. What it measures
// is imported only when it is its turn.
import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { answer } from './answer.js';

const ROOT = new URL('../../../', import.meta.url);

type Imports = DynamicModule['imports'];

interface Manifest {
  readonly exports: { readonly '.': { readonly import: { readonly default: string } } };
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>;
}

const manifest = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as Manifest;

/** The package as it is published, without the internals of hot-config.js. */
function hotConfig(): Promise<typeof import('../../hot-config.js')> {
  return import(new URL(manifest.exports['.'].import.default, ROOT).href) as never;
}

/** Imports the peers that each app with the module has. */
async function importPeersExcept(measured: string): Promise<void> {
  const { peerDependencies, peerDependenciesMeta } = manifest;
  for (const name of Object.keys(peerDependencies))
    if (peerDependenciesMeta[name]?.optional !== true && !measured.includes(name)) await import(name);
}

const packages: Readonly<Record<string, () => Promise<unknown>>> = {
  'nestjs-hot-config': hotConfig,
  '@nestjs/config': () => import('@nestjs/config'),
  'nest-typed-config': () => import('nest-typed-config'),
  'class-validator and class-transformer': () => import('../../peers.js'),
  zod: () => import('zod'),
};

const modules: Readonly<Record<string, (path: string) => Promise<Imports>>> = {
  'no config': async () => [],
  'nestjs-hot-config': async (path) => {
    const { HotConfigModule } = await hotConfig();
    return [HotConfigModule.forRoot({ files: [path] })];
  },
  'nestjs-hot-config, zod': async (path) => {
    const { HotConfigModule } = await hotConfig();
    const { z } = await import('zod');
    const schema = z.object({ llm: z.object({ model: z.string(), timeout: z.number() }) });
    return [HotConfigModule.forRoot({ files: [path], schema })];
  },
  'nestjs-hot-config, class-validator': async (path) => {
    const { HotConfigModule } = await hotConfig();
    return [HotConfigModule.forRoot({ files: [path], schema: schemaClass(await import('../../peers.js')) })];
  },
  '@nestjs/config': async (path) => {
    const { ConfigModule } = await import('@nestjs/config');
    const { load } = createRequire(import.meta.url)('js-yaml') as { load: (text: string) => object };
    return [ConfigModule.forRoot({ load: [() => load(readFileSync(path, 'utf8'))], ignoreEnvFile: true })];
  },
  'nest-typed-config': async (path) => {
    const { TypedConfigModule, fileLoader } = await import('nest-typed-config');
    const schema = schemaClass(createRequire(import.meta.url)('class-validator') as never);
    return [TypedConfigModule.forRoot({ schema, load: fileLoader({ absolutePath: path }) })];
  },
};

/** Makes a class from the decorators of one of the two copies of class-validator. */
function schemaClass({ IsDefined }: Pick<typeof import('../../peers.js'), 'IsDefined'>): new () => object {
  class Config {}
  IsDefined()(Config.prototype, 'llm');
  return Config;
}

const [name = '', argument = ''] = process.argv.slice(2);
if (name === 'import') {
  await importPeersExcept(argument);
  const started = performance.now();
  await packages[argument]!();
  answer({}, { ms: performance.now() - started });
} else {
  class Root {}
  const imports = await modules[name]!(argument);
  const app = await NestFactory.create({ module: Root, imports }, new ExpressAdapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
  // Since the process was created.
  answer({}, { ms: performance.now(), ...cpu() });
}

function cpu(): { cpuMs: number } {
  const { user, system } = process.cpuUsage();
  return { cpuMs: (user + system) / 1_000 };
}
