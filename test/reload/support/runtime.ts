import { onTestFinished } from 'vitest';
import { HotConfigRuntime } from '../../../lib/runtime/hot-config.runtime.js';
import type { ConfigSource, HotConfigModuleOptions, ReloadResult } from 'nestjs-hot-config';

/** What an app's runtime says and does, without an app around it. */
export interface Bench {
  readonly runtime: HotConfigRuntime;
  /** Every line that was logged, with its level before it. */
  readonly log: string[];
  /** Every result that was told, the boot's included. */
  readonly results: ReloadResult[];
  readonly reload: () => Promise<ReloadResult>;
  /** What is in force. */
  readonly value: () => unknown;
}

/** A runtime that is not booted yet; stopped when the test is over. */
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
  runtime.results.add((result) => results.push(result));
  onTestFinished(() => runtime.stop());
  return {
    runtime,
    log,
    results,
    reload: () => runtime.reload({ cause: 'manual' }),
    value: () => runtime.store.current.value,
  };
}

/** A runtime on these sources that has loaded them. */
export async function booted(
  sources: readonly ConfigSource[],
  options: HotConfigModuleOptions = {},
): Promise<Bench> {
  const bench = runtimeOf({ sources, ...options });
  await bench.runtime.boot();
  return bench;
}
