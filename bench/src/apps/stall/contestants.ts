// Apps that are compared: each has its own way of taking a file that was saved.
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Injectable, type DynamicModule, type Provider } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import {
  HotConfigModule,
  HotConfigService,
  type HotConfigModuleOptions,
  type ReloadResult,
} from '../../../hot-config.js';
import { FORMATS, type Format } from '../../harness/formats.js';
import { LEAF, leafOf, treeOf, type Tree } from '../../harness/trees.js';
import type { ContestantName } from './contestant-names.js';

export const FOLLOWER = Symbol('follower');

/** Figures of a reload that only some contestants know. */
export type Applied = Readonly<Record<string, number>>;

export interface Follower {
  /** The value in force of the leaf that changes. */
  leaf(): number;
  /** Resolves when the saved file is in force. */
  applied(leaf: number): Promise<Applied> | Applied;
}

export interface Contestant {
  readonly imports?: DynamicModule['imports'];
  readonly follower: Provider<Follower>;
}

type Start = (path: string, format: Format, keys: number) => Contestant | Promise<Contestant>;

export const contestants: Readonly<Record<ContestantName, Start>> = {
  'nestjs-hot-config': (path) => own(path),
  'nestjs-hot-config, zod': async (path, _format, keys) => {
    const { zodSchemaOf } = await import('./schemas.js');
    return own(path, { schema: zodSchemaOf(treeOf(keys, 0)) });
  },
  'nestjs-hot-config, class-validator': async (path, _format, keys) => {
    const { classSchemaOf } = await import('./schemas.js');
    return own(path, { schema: classSchemaOf(treeOf(keys, 0)) });
  },
  'read and parse again': (path, format) => {
    const read = () => FORMATS[format].parse(readFileSync(path, 'utf8')) as Tree;
    return replacing(read(), read);
  },
  c12: async (path) => {
    const { loadConfig } = await import('c12');
    const options = { cwd: dirname(path), configFile: 'app', rcFile: false, globalRc: false } as const;
    const read = async () => (await loadConfig<Tree>(options)).config;
    return replacing(await read(), read);
  },
  'a restart, @nestjs/config': (path, format) => ({
    imports: [
      ConfigModule.forRoot({
        load: [() => FORMATS[format].parse(readFileSync(path, 'utf8')) as Tree],
        ignoreEnvFile: true,
      }),
    ],
    follower: {
      provide: FOLLOWER,
      inject: [ConfigService],
      useFactory: (config: ConfigService) => ({
        leaf: () => config.get<number>(LEAF)!,
        applied: () => Promise.reject(new Error('It never takes a new file')),
      }),
    },
  }),
};

function own(path: string, options: HotConfigModuleOptions = {}): Contestant {
  // The largest file has more than the defaults allow.
  const limits = { maxFileSize: 2 ** 26, maxTotalSize: 2 ** 26, maxKeys: 1_000_000 };
  return {
    imports: [HotConfigModule.forRoot({ files: [path], limits, ...options })],
    follower: { provide: FOLLOWER, useClass: Watching },
  };
}

/** Waits for the module, which watches the file. */
@Injectable()
class Watching implements Follower {
  private readonly reloads = new EventEmitter();
  private figures: Applied = {};

  constructor(private readonly config: HotConfigService) {}

  onConfigReload({ stages, calls }: ReloadResult): void {
    this.figures = {
      ...Object.fromEntries(stages.map(({ name, ms }) => [name, ms])),
      // Code of the app is here only the schema.
      ...(calls.length > 0 && { schema: Math.max(...calls.map(({ heldMs }) => heldMs)) }),
    };
    this.reloads.emit('applied');
  }

  onConfigRejected(result: ReloadResult): void {
    this.reloads.emit('error', new Error(JSON.stringify(result.issues)));
  }

  leaf(): number {
    return this.config.get<number>(LEAF);
  }

  async applied(leaf: number): Promise<Applied> {
    while (this.leaf() !== leaf) await once(this.reloads, 'applied');
    return this.figures;
  }
}

/** Replaces the tree by what `read` returns. */
function replacing(first: Tree, read: () => Tree | Promise<Tree>): Contestant {
  let tree = first;
  const follower: Follower = {
    leaf: () => leafOf(tree),
    applied: async (leaf) => {
      tree = await read();
      assert.equal(leafOf(tree), leaf);
      return {};
    },
  };
  return { follower: { provide: FOLLOWER, useValue: follower } };
}
