// A server whose configuration changes: `stall.app.js <contestant> <format> <keys> <file> [port]`.
import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Get, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Format } from '../harness/formats.js';
import { LoopTurns } from '../harness/loop-turns.js';
import { answer, usage } from './answer.js';
import type { ContestantName } from './stall/contestant-names.js';
import { contestants, FOLLOWER, type Follower } from './stall/contestants.js';

/** Time for what follows a reload, in ms: it can hold the event loop too. */
const AFTERWARDS = 20;

@Controller()
class LeafController {
  constructor(@Inject(FOLLOWER) private readonly follower: Follower) {}

  @Get()
  timeout(): { timeout: number } {
    return { timeout: this.follower.leaf() < 0 ? 0 : 30 };
  }
}

const [name, format, keys, path = '', port = '0'] = process.argv.slice(2);
const start = contestants[name as ContestantName];
const { imports = [], follower } = await start(path, format as Format, Number(keys));

@Module({ imports, providers: [follower], controllers: [LeafController] })
class Root {}

const app = await NestFactory.create(Root, new FastifyAdapter(), { logger: false });
await app.listen(Number(port), '127.0.0.1');
const server = app.getHttpServer() as Server;
server.keepAliveTimeout = 3_600_000;

const delays = monitorEventLoopDelay({ resolution: 1 });
delays.enable();
let turns: LoopTurns | undefined;
let leaf = 0;
let began = 0;

answer(
  {
    usage,
    watchTurns: () => {
      turns = new LoopTurns();
      return {};
    },
    expectNothing: () => {
      turns!.reset();
      return {};
    },
    longestTurn: () => ({ held: turns!.longest }),
    resetDelays: () => {
      delays.reset();
      return {};
    },
    delays: () => ({ longest: delays.max / 1e6 }),
    /** The next save is about to come. */
    expect: () => {
      leaf += 1;
      turns?.reset();
      began = performance.now();
      return {};
    },
    applied: async () => {
      const figures = await app.get<Follower>(FOLLOWER).applied(leaf);
      const took = performance.now() - began;
      await delay(AFTERWARDS);
      return { ...figures, took, held: turns?.longest ?? Number.NaN };
    },
  },
  { port: (server.address() as AddressInfo).port },
);
