import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { Controller, Get, Injectable, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventEmitterModule } from '@nestjs/event-emitter';
import { HotConfigManager, HotConfigModule, HotConfigService, OnConfigChange } from 'nestjs-hot-config';

@Injectable()
class Follower {
  constructor(private readonly config: HotConfigService) {}

  @OnConfigChange('**', { debounce: 60_000 })
  late() {}

  @OnConfigChange('n', { retries: 5, retryDelay: 30_000 })
  fails() {
    throw new Error('as planned');
  }

  @OnConfigChange('n')
  notified() {
    console.log(`notified of ${this.config.get<number>('n')}`);
  }
}

@Controller()
class AppController {
  constructor(private readonly config: HotConfigService) {}

  @Get()
  read() {
    return { n: this.config.get<number>('n') };
  }
}

const polling = process.env['POLLING'] === undefined ? {} : { usePolling: true, pollInterval: 20 };

@Module({
  imports: [
    EventEmitterModule.forRoot(),
    HotConfigModule.forRoot({ files: ['app.yaml'], rateLimit: { max: 2, per: 60_000 }, ...polling }),
  ],
  controllers: [AppController],
  providers: [Follower],
})
class AppModule {}

process.once('beforeExit', () =>
  console.log(`left: ${process.getActiveResourcesInfo().filter(isOurs).join(' ')}`),
);

/** The pipes of stdout and stderr belong to the parent. */
function isOurs(name: string): boolean {
  return name !== 'PipeWrap' && name !== 'TTYWrap';
}

async function start(): Promise<INestApplicationContext> {
  if (process.env['CONTEXT_ONLY'] !== undefined)
    return NestFactory.createApplicationContext(AppModule, { logger: ['fatal'] });
  const app = await NestFactory.create(AppModule, { logger: ['fatal'] });
  await app.listen(0, '127.0.0.1');
  await (await fetch(await app.getUrl())).json();
  return app;
}

const app = await start();
for (let n = 2; n <= 5; n += 1) {
  writeFileSync('app.yaml', `n: ${n}\n`);
  await app.get(HotConfigManager).reload();
}
if (process.env['SIGNALS'] !== undefined) app.enableShutdownHooks();
console.log('ready');
if (process.env['SIGNALS'] === undefined) await app.close();
