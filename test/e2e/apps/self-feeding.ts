import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ConfigService } from '@nestjs/config';
import { HotConfigManager, HotConfigModule, HotConfigService, OnConfigChange } from 'nestjs-hot-config';

/** The way in which the handlers cause new versions. */
const WAY = process.env['WAY'] ?? 'set';

@Injectable()
class Feeder {
  private count = 0;

  constructor(
    private readonly manager: HotConfigManager,
    private readonly nestConfig: ConfigService,
    private readonly config: HotConfigService,
  ) {}

  @OnConfigChange('**')
  async seen() {
    this.count += 1;
    if (WAY === 'set') await this.manager.set('seen', this.count);
    if (WAY === 'ConfigService') this.nestConfig.set('seen', this.count);
    if (WAY === 'endless loop') for (;;) await this.manager.set('seen', (this.count += 1));
    if (WAY === 'file') writeFileSync('app.yaml', `n: ${this.count + 1}\n`);
  }

  async onConfigRejected() {
    if (WAY === 'hook') await this.manager.set('invalid', (this.count += 1));
  }

  /** Begins the circle. */
  start() {
    if (WAY === 'iterator') void this.follow();
    return this.manager.set(WAY === 'hook' ? 'invalid' : 'ping', 1);
  }

  private async follow() {
    for await (const { current } of this.config.changes()) await this.manager.set('seen', current.version);
  }
}

@Controller()
class AppController {
  constructor(
    private readonly manager: HotConfigManager,
    private readonly feeder: Feeder,
  ) {}

  @Get()
  version() {
    return { version: this.manager.status().version };
  }

  @Get('start')
  async start() {
    return (await this.feeder.start()).outcome;
  }
}

function checkValid(tree: { invalid?: number }): void {
  if (tree.invalid !== undefined) throw new Error('invalid is set');
}

@Module({
  imports: [HotConfigModule.forRoot({ files: ['app.yaml'], envFilePath: '.env', validators: [checkValid] })],
  controllers: [AppController],
  providers: [Feeder],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
console.log(`url: ${await app.getUrl()}`);
