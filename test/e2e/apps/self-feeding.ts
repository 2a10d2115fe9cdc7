import 'reflect-metadata';
import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ConfigService } from '@nestjs/config';
import { HotConfigManager, HotConfigModule, OnConfigChange } from 'nestjs-hot-config';

/** The way in which the handlers cause new versions. */
const WAY = process.env['WAY'] ?? 'set';

@Injectable()
class Feeder {
  private count = 0;

  constructor(
    private readonly manager: HotConfigManager,
    private readonly config: ConfigService,
  ) {}

  @OnConfigChange('**', WAY === 'debounced' ? { debounce: 1 } : {})
  async seen() {
    this.count += 1;
    const { manager, count } = this;
    if (WAY === 'set' || WAY === 'debounced') await manager.set('seen', count);
    if (WAY === 'not awaited') void manager.set('seen', count);
    if (WAY === 'setTimeout') setTimeout(() => void manager.set('seen', count), 0);
    if (WAY === 'pinned') await delay(0).then(() => manager.set('seen', count));
    if (WAY === 'rollback') await manager.rollback({ steps: 1 });
    if (WAY === 'ConfigService') this.config.set('seen', count);
    if (WAY === 'endless loop') for (;;) await manager.set('seen', (this.count += 1));
  }

  @OnConfigChange('ping')
  async ping() {
    if (WAY === 'two') await this.manager.set('pong', (this.count += 1));
  }

  @OnConfigChange('pong')
  async pong() {
    if (WAY === 'two') await this.manager.set('ping', (this.count += 1));
  }

  /** A hook; `reload()` is rejected, because the file is broken by then. */
  async onConfigRejected() {
    if (WAY === 'hook') await this.manager.rollback({ version: 99 });
  }
}

@Controller()
class AppController {
  constructor(private readonly manager: HotConfigManager) {}

  @Get()
  version() {
    return { version: this.manager.status().version };
  }

  @Get('start')
  async start() {
    if (WAY === 'hook') return (await this.manager.rollback({ version: 99 })).outcome;
    return (await this.manager.set('ping', 1)).outcome;
  }
}

@Module({
  imports: [HotConfigModule.forRoot({ files: ['app.yaml'], envFilePath: '.env' })],
  controllers: [AppController],
  providers: [Feeder],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
console.log(`url: ${await app.getUrl()}`);
