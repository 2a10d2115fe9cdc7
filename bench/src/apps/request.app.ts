// A server whose one service reads one value: `request.app.js <express | fastify> <contestant>`.
import 'reflect-metadata';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { answer, usage } from './answer.js';
import type { ContestantName } from './request/contestant-names.js';
import { contestants, READER, type Reader } from './request/contestants.js';
import { CONNECTIONS, REQUESTS_EACH } from './request/load.js';
import { MemoryLoad } from './request/memory-load.js';

@Controller()
class TimeoutController {
  constructor(@Inject(READER) private readonly reader: Reader) {}

  @Get()
  timeout(): { timeout: number } {
    return { timeout: this.reader.timeout() };
  }
}

const [adapter, name] = process.argv.slice(2);
const { imports = [], reader, prepare } = await contestants[name as ContestantName]();

@Module({ imports, providers: [reader], controllers: [TimeoutController] })
class Root {}

const app = await NestFactory.create(
  Root,
  adapter === 'fastify' ? new FastifyAdapter() : new ExpressAdapter(),
  { logger: false },
);
prepare?.(app);
await app.listen(0, '127.0.0.1');
const server = app.getHttpServer() as Server;
// The connections stay open while the other contestants have their turns.
server.keepAliveTimeout = 3_600_000;

let memory: MemoryLoad | undefined;

async function loadInMemory(): Promise<{ cpuUs: number }> {
  memory ??= new MemoryLoad(server, CONNECTIONS);
  const before = process.cpuUsage();
  await memory.run(REQUESTS_EACH);
  const { user, system } = process.cpuUsage(before);
  return { cpuUs: user + system };
}

answer({ usage, loadInMemory }, { port: (server.address() as AddressInfo).port });
