import { onTestFinished } from 'vitest';
import { HotConfigRuntime } from '../../../lib/runtime/hot-config.runtime.js';
import type { ConfigSource, HotConfigModuleOptions, ReloadResult } from 'nestjs-hot-config';

/** The runtime of an app without Nest, with everything it logged and reported. */
export interface Bench {
  readonly runtime: HotConfigRuntime;
  /** Every logged line, after its level. */
  readonly log: string[];
  /** Every reported result, the boot included. */
  readonly results: ReloadResult[];
  readonly reload: () => Promise<ReloadResult>;
  /** Returns the value in force. */
  readonly value: () => unknown;
}

/** Creates a runtime that is not booted yet; it is stopped after the test. */
export function runtimeOf(options: HotConfigModuleOptions): Bench {
  const log: string[] = [];
  const write = (level: string) => (message: string) => void log.push(`${level}: ${message}`);
  const runtime = new HotConfigRuntime(options, {
    log: write('log'),
    warn: write('warn'),
    error: write('error'),
    verbose: write('verbose'),
  });
  const results: ReloadResult[] = [];
  runtime.observers.add({ ended: (result) => results.push(result) });
  onTestFinished(() => runtime.stop());
  return {
    runtime,
    log,
    results,
    reload: () => runtime.reload({ cause: 'manual' }),
    value: () => runtime.core.store.current.value,
  };
}

/** Creates a runtime that has loaded these sources. */
export async function booted(
  sources: readonly ConfigSource[],
  options: HotConfigModuleOptions = {},
): Promise<Bench> {
  const bench = runtimeOf({ sources, ...options });
  await bench.runtime.boot();
  return bench;
}
