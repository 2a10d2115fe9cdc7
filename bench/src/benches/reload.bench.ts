import 'reflect-metadata';
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { file, HotConfigRuntime } from '../../hot-config.js';
import { FORMATS, type Format } from '../harness/formats.js';
import type { Bench, Row } from '../harness/result.interface.js';
import { median, medianOf, row } from '../harness/stats.js';
import { LEAF, treeOf } from '../harness/trees.js';

const SIZES = [100, 1_000, 10_000, 100_000];
const silent = { log() {}, warn() {}, error: console.error };

/** Measures each stage of a reload that changes one leaf, and parsing the same text alone, in ms. */
async function stagesOf(keys: number, format: Format, times: number): Promise<Map<string, number[]>> {
  const folder = await mkdtemp(join(tmpdir(), 'hot-config-bench-'));
  const path = join(folder, `app.${format}`);
  const { write, parse } = FORMATS[format];
  const samples = new Map<string, number[]>();
  const note = (name: string, ms: number) => samples.set(name, [...(samples.get(name) ?? []), ms]);
  await writeFile(path, write(treeOf(keys, 0)));
  const runtime = new HotConfigRuntime({ sources: [file(path)], limits: { maxFileSize: 2 ** 26 } }, silent);
  await runtime.boot();
  for (let leaf = 1; leaf <= times + 1; leaf += 1) {
    const text = write(treeOf(keys, leaf));
    await writeFile(path, text);
    const started = performance.now();
    parse(text);
    const parsing = performance.now() - started;
    const result = await runtime.reload({ cause: 'manual' });
    assert.equal(result.outcome, 'applied');
    assert.equal(runtime.core.store.current.get(LEAF), leaf);
    if (leaf === 1) continue; // the first warms up
    note('parse alone', parsing);
    for (const { name, ms } of result.stages) note(name, ms);
    note(
      'after merge',
      result.stages.reduce((sum, { name, ms }) => sum + (name === 'collect' || name === 'merge' ? 0 : ms), 0),
    );
    note(
      'all but collect',
      result.stages.reduce((sum, { name, ms }) => sum + (name === 'collect' ? 0 : ms), 0),
    );
  }
  await runtime.stop();
  await rm(folder, { recursive: true });
  return samples;
}

/** Cost of a reload in addition to the parser, by the size of the configuration. */
export const reload: Bench = {
  name: 'reload',
  async run(quick) {
    const rows: Row[] = [];
    const ratios: number[] = [];
    const sizes = quick ? SIZES.slice(0, 3) : SIZES;
    const after = (keys: number) => medianOf(rows, `json, ${keys} keys`, 'after merge');
    for (const format of ['json', 'yaml'] as const)
      for (const keys of sizes) {
        const times = keys === 100_000 && format === 'yaml' ? 5 : 15;
        const samples = await stagesOf(keys, format, times);
        for (const [stage, figures] of samples)
          rows.push(row(`${format}, ${keys} keys`, stage, 'ms', figures));
        if (keys >= 10_000)
          ratios.push(median(samples.get('all but collect')!) / median(samples.get('parse alone')!));
      }
    return {
      name: 'reload',
      title: 'The stages of a reload that changes one leaf',
      method:
        'A file with one changed leaf is saved, and reloaded by a call. The same text is also parsed alone, to compare. There is no schema class.',
      rows,
      targets: [
        {
          text: 'all stages but collect, against parsing alone, worst case from 10⁴ keys on',
          measured: Math.max(...ratios),
          atMost: 1,
          unit: '×',
          floor:
            '`JSON.parse` is native and takes about 0.1 µs for each key. All that it returns is new, so each key must be compared with the old value, in JavaScript',
        },
        {
          text: `the stages after merge, ${sizes.at(-1)} keys against ${sizes[0]}`,
          measured: after(sizes.at(-1)!) / after(sizes[0]!),
          atMost: 3,
          unit: '×',
        },
      ],
    };
  },
};
