// Memory of the module: `memory.app.js <idle | bare | versions | reloads> <count>`, run with --expose-gc.
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { NestFactory } from '@nestjs/core';
import { factory, HotConfigModule, HotConfigRuntime } from '../../hot-config.js';
import { heldMemory } from '../harness/held-memory.js';
import { LEAF, treeOf } from '../harness/trees.js';
import { answer } from './answer.js';

const [what, count = '0'] = process.argv.slice(2);
const silent = { log() {}, warn() {}, error: console.error };

/** Reachable bytes, and open descriptors. */
async function held(): Promise<{ bytes: number; descriptors: number }> {
  const bytes = await heldMemory();
  const descriptors = process.platform === 'linux' ? readdirSync('/proc/self/fd').length : Number.NaN;
  return { bytes, descriptors };
}

async function ofIdle(withModule: boolean): Promise<object> {
  class Root {}
  const tree = { log_level: 'info', llm: { model: 'small', temperature: 0.7, timeout_seconds: 30 } };
  const before = await held();
  const app = await NestFactory.createApplicationContext(
    {
      module: Root,
      imports: withModule ? [HotConfigModule.forRoot({ sources: [factory(() => tree)] })] : [],
    },
    { logger: false },
  );
  await app.init();
  const after = await held();
  return { bytes: after.bytes - before.bytes };
}

async function ofReloads(keys: number, times: number, max: number): Promise<object> {
  let leaf = 0;
  const runtime = new HotConfigRuntime(
    { sources: [factory(() => treeOf(keys, leaf))], history: { max } },
    silent,
  );
  await runtime.boot();
  const reload = async (until: number) => {
    for (; leaf < until;) {
      leaf += 1;
      const { outcome } = await runtime.reload({ cause: 'manual' });
      assert.equal(outcome, 'applied');
      assert.equal(runtime.core.store.current.get(LEAF), leaf);
    }
  };
  const warm = times; // until bounded structures, such as the tables of weak maps, have reached their size
  await reload(warm);
  const before = await held();
  await reload(warm + times);
  const after = await held();
  return {
    bytes: after.bytes - before.bytes,
    bytesEach: (after.bytes - before.bytes) / times,
    descriptors: after.descriptors - before.descriptors,
  };
}

answer({
  measure: () => {
    if (what === 'idle' || what === 'bare') return ofIdle(what === 'idle');
    if (what === 'versions') return ofReloads(100_000, Number(count), Number.MAX_SAFE_INTEGER);
    return ofReloads(100, Number(count), 10);
  },
});
