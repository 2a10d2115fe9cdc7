import { Injectable } from '@nestjs/common';
import { HotConfigManager, HotConfigModule, HotConfigService } from 'nestjs-hot-config';
import { MemorySource } from './memory.source.js';

/**
 * Changes the configuration at each step of some work, and records what the work reads before and after. Each app has its
 * own instance, which holds the records.
 */
@Injectable()
export class Flips {
  /** The values that each step read. */
  readonly seen: [step: string, n: number][] = [];

  constructor(
    private readonly source: MemorySource,
    private readonly config: HotConfigService,
    private readonly manager: HotConfigManager,
  ) {}

  /** The version of the content that is in force. */
  get current(): number {
    return this.config.current.get('n') as number;
  }

  read(step: string): number {
    const n = this.config.get<number>('n');
    this.seen.push([step, n]);
    return n;
  }

  /** Reads, lets a new version be committed, and reads again after several kinds of waiting. */
  async step(step: string): Promise<number> {
    const before = this.read(step);
    await this.flip();
    this.read(step);
    await new Promise((resolve) => setImmediate(resolve));
    this.read(step);
    return before;
  }

  async flip(): Promise<void> {
    this.source.set({ n: this.current + 1 });
    await this.manager.reload();
  }

  /** The steps that ran, each once. */
  get steps(): string[] {
    return [...new Set(this.seen.map(([step]) => step))];
  }

  /** Every version that was read, each once. */
  get versions(): number[] {
    return [...new Set(this.seen.map(([, n]) => n))];
  }

  /** Number of pins. */
  get pins(): number {
    return this.manager.status().pins.total;
  }
}

/** Returns the configuration module with a source that only the test changes, and a provider of `Flips`. */
export function flippingConfig(options: Parameters<typeof HotConfigModule.forRoot>[0] = {}) {
  const source = new MemorySource({ n: 1 });
  return {
    imports: [HotConfigModule.forRoot({ ...options, sources: [source] })],
    providers: [
      {
        provide: Flips,
        inject: [HotConfigService, HotConfigManager],
        useFactory: (config: HotConfigService, manager: HotConfigManager) =>
          new Flips(source, config, manager),
      },
    ],
  };
}
