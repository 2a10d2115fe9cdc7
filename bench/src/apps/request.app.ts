// A server whose one service reads one value: `request.app.js <express | fastify> <contestant>`.
import 'reflect-metadata';
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  Controller,
  type DynamicModule,
  Get,
  Inject,
  Injectable,
  Module,
  Scope,
  type Provider,
} from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { factory, HotConfigModule, HotConfigService } from '../../hot-config.js';
import { answer, usage } from './answer.js';

const TREE = { llm: { limits: { timeout: 30 } } };
const PATH = 'llm.limits.timeout';
const READER = Symbol('reader');

interface Reader {
  timeout(): number;
}

interface Contestant {
  readonly imports?: DynamicModule['imports'];
  readonly reader: Provider<Reader>;
}

@Injectable({ scope: Scope.REQUEST })
class RequestReader implements Reader {
  private readonly tree = TREE;

  timeout(): number {
    return this.tree.llm.limits.timeout;
  }
}

async function clsContestant(): Promise<Contestant> {
  const { ClsModule, ClsService } = await import('nestjs-cls');
  return {
    imports: [
      ClsModule.forRoot({ global: true, middleware: { mount: true, setup: (cls) => cls.set('tree', TREE) } }),
    ],
    reader: {
      provide: READER,
      inject: [ClsService],
      useFactory: (cls: { get(key: string): typeof TREE }) => ({
        timeout: () => cls.get('tree').llm.limits.timeout,
      }),
    },
  };
}

/** The minimal cost of a request with an async context. */
const context = new AsyncLocalStorage<typeof TREE>();

function follow(server: Server): void {
  const emit = server.emit.bind(server);
  server.emit = (event: string, ...args: unknown[]) =>
    event === 'request' ? context.run(TREE, emit, event, ...args) : emit(event, ...args);
}

const contestants: Readonly<Record<string, () => Contestant | Promise<Contestant>>> = {
  'no config': () => ({ reader: { provide: READER, useValue: { timeout: () => TREE.llm.limits.timeout } } }),
  'nestjs-hot-config': () => ({
    imports: [HotConfigModule.forRoot({ sources: [factory(() => TREE)] })],
    reader: {
      provide: READER,
      inject: [HotConfigService],
      useFactory: (config: HotConfigService) => ({ timeout: () => config.get<number>(PATH) }),
    },
  }),
  '@nestjs/config': () => ({
    imports: [ConfigModule.forRoot({ isGlobal: true, load: [() => TREE], cache: true, ignoreEnvFile: true })],
    reader: {
      provide: READER,
      inject: [ConfigService],
      useFactory: (config: ConfigService) => ({ timeout: () => config.get<number>(PATH)! }),
    },
  }),
  'AsyncLocalStorage, bare': () => ({
    reader: { provide: READER, useValue: { timeout: () => (context.getStore() ?? TREE).llm.limits.timeout } },
  }),
  'Scope.REQUEST': () => ({ reader: { provide: READER, useClass: RequestReader, scope: Scope.REQUEST } }),
  'nestjs-cls': clsContestant,
};

@Controller()
class TimeoutController {
  constructor(@Inject(READER) private readonly reader: Reader) {}

  @Get()
  timeout(): { timeout: number } {
    return { timeout: this.reader.timeout() };
  }
}

const [adapter, name = ''] = process.argv.slice(2);
const { imports = [], reader } = await contestants[name]!();

@Module({ imports, providers: [reader], controllers: [TimeoutController] })
class Root {}

const app = await NestFactory.create(
  Root,
  adapter === 'fastify' ? new FastifyAdapter() : new ExpressAdapter(),
  {
    logger: false,
  },
);
if (name === 'AsyncLocalStorage, bare') follow(app.getHttpServer() as Server);
await app.listen(0, '127.0.0.1');
answer({ usage }, { port: ((await app.getHttpServer().address()) as AddressInfo).port });
