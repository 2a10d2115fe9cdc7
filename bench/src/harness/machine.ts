import { availableParallelism, cpus, loadavg, release, totalmem, type as system } from 'node:os';

/** The machine and the time of a measurement. */
export interface Machine {
  readonly node: string;
  readonly v8: string;
  readonly system: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  /** Load average at the start of the run: on a quiet machine less than one. */
  readonly loadBefore: number;
  readonly time: string;
}

export function describeMachine(): Machine {
  return {
    node: process.version,
    v8: process.versions.v8,
    system: `${system()} ${release()}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    loadBefore: Math.round(loadavg()[0]! * 100) / 100,
    time: new Date().toISOString(),
  };
}
