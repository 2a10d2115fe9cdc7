import 'reflect-metadata';
import assert from 'node:assert/strict';
import { Type } from 'class-transformer';
import { IsOptional, IsString } from 'class-validator';
import { factory, HotConfigRuntime, type HotConfigModuleOptions } from '../../hot-config.js';
import type { Bench, Row } from '../harness/result.interface.js';
import { medianOf, row } from '../harness/stats.js';
import { LEAF, treeOf } from '../harness/trees.js';

const KEYS = 100_000;
const silent = { log() {}, warn() {}, error: console.error };

class AnyConfig {
  @IsOptional()
  @IsString()
  @Type(() => String)
  name?: string;
}

async function millisecondsOf(options: HotConfigModuleOptions, times: number): Promise<number[]> {
  let leaf = 1;
  const runtime = new HotConfigRuntime({ ...options, sources: [factory(() => treeOf(KEYS, leaf))] }, silent);
  await runtime.boot();
  leaf = 2;
  await runtime.reload({ cause: 'manual' });
  const samples: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const target = runtime.core.history.records.at(-2)!;
    const expected = target.snapshot!.get(LEAF);
    const started = performance.now();
    const result = await runtime.core.rollbacks.run(target.version, {});
    samples.push(performance.now() - started);
    assert.equal(result.outcome, 'applied');
    assert.equal(runtime.core.store.current.get(LEAF), expected);
  }
  await runtime.stop();
  return samples;
}

/** Rollback to a version of 10⁵ keys. */
export const rollback: Bench = {
  name: 'rollback',
  async run(quick) {
    const times = quick ? 5 : 31;
    const group = `${KEYS} keys`;
    const rows: Row[] = [
      row(group, 'without a schema', 'ms', await millisecondsOf({}, times)),
      row(
        group,
        'with a schema class',
        'ms',
        await millisecondsOf({ schema: AnyConfig, unknownKeys: 'allow' }, times),
      ),
    ];
    return {
      name: 'rollback',
      title: 'Rolling back to a version of 100,000 keys',
      method:
        'The app rolls back and forth between two versions that differ in one leaf. The time is from the call to the result.',
      rows,
      targets: [
        {
          text: 'without a schema',
          measured: medianOf(rows, group, 'without a schema'),
          atMost: 50,
          unit: 'ms',
        },
        {
          text: 'with a schema class',
          measured: medianOf(rows, group, 'with a schema class'),
          atMost: 1_000,
          unit: 'ms',
        },
      ],
    };
  },
};
