import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HotConfigModule, HotConfigService } from 'nestjs-hot-config';

@Controller()
class AppController {
  constructor(private readonly config: HotConfigService) {}

  @Get()
  read() {
    return { n: this.config.get<number>('n') };
  }
}

@Module({
  imports: [
    HotConfigModule.forRoot({
      files: ['app.yaml'],
      control: { enabled: true, name: process.env['NAME'] ?? 'gateway' },
    }),
  ],
  controllers: [AppController],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['log', 'warn', 'error'] });
if (process.env['HOOKS'] !== undefined) app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
if (process.env['EXIT'] !== undefined) process.exit(0);
console.log(`ready at ${await app.getUrl()}`);
