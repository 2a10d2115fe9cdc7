// Apps that are compared: each has its own way of keeping the one value that the service reads.
import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable, Scope, type DynamicModule, type INestApplication, type Provider } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { factory, HotConfigModule, HotConfigService } from '../../../hot-config.js';
import type { ContestantName } from './contestant-names.js';
import { onEachRequest } from './request-hook.js';

const TREE = { llm: { limits: { timeout: 30 } } };
const PATH = 'llm.limits.timeout';
export const READER = Symbol('reader');

export interface Reader {
  timeout(): number;
}

interface Contestant {
  readonly imports?: DynamicModule['imports'];
  readonly reader: Provider<Reader>;
  /** Prepares the app before it listens. */
  readonly prepare?: (app: INestApplication) => void;
}

export const contestants: Readonly<Record<ContestantName, () => Contestant | Promise<Contestant>>> = {
  'no config': () => ({ reader: { provide: READER, useValue: { timeout: () => TREE.llm.limits.timeout } } }),
  'nestjs-hot-config': () => own({}),
  'nestjs-hot-config, pinning: false': () => own({ pinning: false }),
  'AsyncLocalStorage in the hook': floor,
  '@nestjs/config': () => ({
    imports: [ConfigModule.forRoot({ isGlobal: true, load: [() => TREE], cache: true, ignoreEnvFile: true })],
    reader: {
      provide: READER,
      inject: [ConfigService],
      useFactory: (config: ConfigService) => ({ timeout: () => config.get<number>(PATH)! }),
    },
  }),
  'Scope.REQUEST': () => ({ reader: { provide: READER, useClass: RequestReader, scope: Scope.REQUEST } }),
  'nestjs-cls': cls,
};

function own(options: object): Contestant {
  return {
    imports: [HotConfigModule.forRoot({ sources: [factory(() => TREE)], ...options })],
    reader: {
      provide: READER,
      inject: [HotConfigService],
      useFactory: (config: HotConfigService) => ({ timeout: () => config.get<number>(PATH) }),
    },
  };
}

/** Does by hand what a pin needs: gives each request a context, and learns when it has ended. */
function floor(): Contestant {
  const context = new AsyncLocalStorage<{ tree: typeof TREE }>();
  return {
    reader: {
      provide: READER,
      useValue: { timeout: () => (context.getStore()?.tree ?? TREE).llm.limits.timeout },
    },
    prepare: (app) =>
      onEachRequest(app, (response, done) => {
        response.on('close', () => {});
        context.run({ tree: TREE }, done);
      }),
  };
}

@Injectable({ scope: Scope.REQUEST })
class RequestReader implements Reader {
  private readonly tree = TREE;

  timeout(): number {
    return this.tree.llm.limits.timeout;
  }
}

async function cls(): Promise<Contestant> {
  const { ClsModule, ClsService } = await import('nestjs-cls');
  return {
    imports: [
      ClsModule.forRoot({
        global: true,
        middleware: { mount: true, setup: (store) => store.set('tree', TREE) },
      }),
    ],
    reader: {
      provide: READER,
      inject: [ClsService],
      useFactory: (store: { get(key: string): typeof TREE }) => ({
        timeout: () => store.get('tree').llm.limits.timeout,
      }),
    },
  };
}
