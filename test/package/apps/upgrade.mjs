// An app that keeps its versions, makes one more, and prints the numbers of all that it has. Then it runs the command COMMAND
// with itself, and prints what that prints.
import 'reflect-metadata';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HotConfigManager, HotConfigModule } from 'nestjs-hot-config';

writeFileSync('app.yaml', `n: ${process.env.N}\n`);

class AppModule {}
Module({
  imports: [
    HotConfigModule.forRoot({
      files: ['app.yaml'],
      history: { dir: 'history' },
      control: { enabled: true, socketDir: 'run' },
    }),
  ],
})(AppModule);

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error'] });
const manager = app.get(HotConfigManager);
await manager.settled();
const numbers = () => manager.history().map(({ version }) => version);
console.log(`versions ${numbers().join(' ')}`);
const args = [process.env.COMMAND, '--socket-dir', 'run', 'status'];
// A failure has the members of an outcome too.
const {
  code = 0,
  stdout,
  stderr,
} = await promisify(execFile)(process.execPath, args).catch((error) => error);
console.log(`command ${code}: ${stdout.split('\n')[1] ?? ''}${stderr}`);
await app.close();
