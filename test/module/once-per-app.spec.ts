import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type ConfigAccessor,
  HotConfigManager,
  HotConfigModule,
  HotConfigService,
  InjectConfig,
} from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { collectGarbage } from '../support/collect-garbage.js';
import { MemorySource } from '../support/memory.source.js';

@Injectable()
class Reader {
  constructor(@InjectConfig('name') readonly name: ConfigAccessor<string>) {}
}

function moduleWith(source: MemorySource) {
  @Module({
    imports: [HotConfigModule.forRoot({ sources: [source], enabled: false })],
    providers: [Reader],
  })
  class AppModule {}
  return AppModule;
}

describe('Each app of a process', () => {
  it('has its own configuration, even if apps share their modules', async () => {
    const source = new MemorySource({ name: 'one' });
    const AppModule = moduleWith(source);
    const start = () => NestFactory.createApplicationContext(AppModule, { logger: false });
    const first = await start();
    source.set({ name: 'two' });
    const second = await start();
    expect([first, second].map((app) => app.get(Reader).name())).toEqual(['one', 'two']);
    await first.close();
    source.set({ name: 'three' });
    expect((await second.get(HotConfigManager).reload()).outcome).toBe('applied');
    await second.close();
    const third = await start();
    expect(third.get(HotConfigService).current).toMatchObject({ version: 1, value: { name: 'three' } });
    await third.close();
  });

  it('can be collected as garbage once it is closed', async () => {
    const startAndClose = async () => {
      const AppModule = moduleWith(new MemorySource({ name: 'one' }));
      const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
      const tokens = [HotConfigService, HotConfigManager, Reader];
      const references = tokens.map((token) => new WeakRef(app.get<object>(token)));
      await app.close();
      return references;
    };
    const references = await startAndClose();
    await collectGarbage();
    expect(references.map((reference) => reference.deref() === undefined)).toEqual([true, true, true]);
  });
});
