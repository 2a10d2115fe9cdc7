import 'reflect-metadata';
import { Controller, Get, Module, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import DataLoader from 'dataloader';
import { type ConfigSnapshot, HotConfigManager, HotConfigModule, HotConfigService } from 'nestjs-hot-config';
import { expect, it, onTestFinished } from 'vitest';
import { Gate } from '../support/gate.js';
import { MemorySource } from '../support/memory.source.js';
import { until } from '../support/until.js';

type Loader = DataLoader<string, string>;

/** Answers two requests that load in the same batch window, a commit apart; and the batches that were loaded. */
async function loadAcrossCommit(
  loaderOf: (config: HotConfigService, batches: string[][]) => Loader,
): Promise<{ answers: string[]; batches: string[][] }> {
  // Both requests wait here, one before a commit and one after it.
  const gate = new Gate();
  const batches: string[][] = [];

  @Controller()
  class Prices {
    constructor(private readonly config: HotConfigService) {}

    @Get(':id')
    async price(@Param('id') id: string): Promise<string> {
      await gate.wait();
      return loaderOf(this.config, batches).load(id);
    }
  }

  const source = new MemorySource({ n: 1 });
  @Module({ imports: [HotConfigModule.forRoot({ sources: [source] })], controllers: [Prices] })
  class AppModule {}
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');
  const ask = async (id: string) => (await fetch(`${await app.getUrl()}/${id}`)).text();

  const first = ask('a');
  await until('request 1 has arrived', () => gate.arrivals === 1);
  source.set({ n: 2 });
  await app.get(HotConfigManager).reload();
  const second = ask('b');
  await until('request 2 has arrived', () => gate.arrivals === 2);
  gate.open();
  return { answers: await Promise.all([first, second]), batches };
}

/** Creates a loader that answers with the version that its batch function reads. */
function loaderThatReads(read: () => unknown, batches: string[][]): Loader {
  return new DataLoader((ids) => {
    batches.push([...ids]);
    return Promise.resolve(ids.map((id) => `${id} of ${String(read())}`));
  });
}

it('A DataLoader that requests of two versions share answers both from one version', async () => {
  let loader: Loader | undefined;
  const { answers, batches } = await loadAcrossCommit(
    (config, all) => (loader ??= loaderThatReads(() => config.get('n'), all)),
  );
  expect({ answers, batches }).toEqual({ answers: ['a of 1', 'b of 1'], batches: [['a', 'b']] });
});

it('A DataLoader for each snapshot answers each request from its version', async () => {
  const loaders = new WeakMap<ConfigSnapshot, Loader>();
  const { answers, batches } = await loadAcrossCommit(({ snapshot }, all) => {
    const loader = loaders.get(snapshot) ?? loaderThatReads(() => snapshot.value['n'], all);
    loaders.set(snapshot, loader);
    return loader;
  });
  expect({ answers, batches }).toEqual({ answers: ['a of 1', 'b of 2'], batches: [['a'], ['b']] });
});

it('A DataLoader for each request answers each request from its version', async () => {
  const { answers, batches } = await loadAcrossCommit((config, all) =>
    loaderThatReads(() => config.get('n'), all),
  );
  expect({ answers, batches }).toEqual({ answers: ['a of 1', 'b of 2'], batches: [['a'], ['b']] });
});
