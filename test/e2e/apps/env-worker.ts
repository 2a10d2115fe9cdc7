import 'reflect-metadata';
import cluster from 'node:cluster';
import { Module } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { HotConfigModule } from 'nestjs-hot-config';

// An app in a cluster: the primary has assigned the variables of its env file to `process.env` before it forks a worker.
@Module({ imports: [HotConfigModule.forRoot({ envFilePath: '.env' })] })
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error'] });
const config = app.get(ConfigService);
const name = cluster.isPrimary ? 'primary' : 'worker';

let last: string | undefined;
setInterval(() => {
  const seen = `${config.get<string>('HC_NAME')} ${process.env['HC_NAME']}`;
  if (seen !== last) console.log(`${name}: ${seen}`);
  last = seen;
}, 10);

if (cluster.isPrimary) {
  const worker = cluster.fork();
  process.once('exit', () => worker.process.kill());
}
