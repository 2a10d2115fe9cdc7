import 'reflect-metadata';
import { readFileSync, rmSync } from 'node:fs';
import { Max } from 'class-validator';
import { ConfigOptionsError, ConfigRollbackError, file, type ReloadResult } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { HotConfigManager } from '../../lib/runtime/hot-config.manager.js';
import { booted } from './support/runtime.js';
import { MemorySource } from '../support/memory.source.js';
import { TempFolder } from '../support/temp-folder.js';

class Limits {
  @Max(10)
  n = 1;
  mode = 'plain';
}

/** An app with one source that had these trees one after the other. */
async function wentThrough(...trees: { n: number; mode?: string }[]) {
  const [first, ...others] = trees;
  const source = new MemorySource(first!);
  const bench = await booted([source]);
  for (const tree of others) {
    source.set(tree);
    await bench.reload();
  }
  return { ...bench, source, manager: new HotConfigManager(bench.runtime) };
}

describe('A rollback', () => {
  it('restores the content of an earlier version as a new version', async () => {
    const { manager, value, runtime } = await wentThrough({ n: 1 }, { n: 2 }, { n: 3 });
    const result = await manager.rollback(1, { reason: 'too many', actor: 'ann' });
    expect(result).toMatchObject({
      outcome: 'applied',
      cause: 'rollback',
      version: 4,
      reason: 'too many',
      actor: 'ann',
    });
    expect(value()).toEqual({ n: 1 });
    expect(runtime.core.store.current).toMatchObject({ version: 4, cause: 'rollback' });
    expect(runtime.core.store.current.hash).toBe((await runtime.core.history.version(1)).hash);
  });

  it('goes back by steps, one by default', async () => {
    const { manager, value } = await wentThrough({ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 });
    await manager.rollback();
    expect(value()).toEqual({ n: 3 });
    await manager.rollback({ steps: 2 });
    expect(value()).toEqual({ n: 1 });
  });

  it('never steps back to a version that was rolled back from', async () => {
    const { manager, value } = await wentThrough({ n: 1 }, { n: 2 }, { n: 3 });
    await manager.rollback({ steps: 1 });
    await manager.rollback({ steps: 1 });
    expect(value()).toEqual({ n: 1 });
  });

  it('never does so either if the restored version is no longer kept', async () => {
    const source = new MemorySource({ n: 1 });
    const { reload, runtime, value } = await booted([source], { history: { max: 2 } });
    const manager = new HotConfigManager(runtime);
    source.set({ n: 2 });
    await reload();
    await manager.rollback(1); // version 3; version 1 is no longer kept
    expect((await manager.rollback({ steps: 1 })).outcome).toBe('rejected');
    expect(value()).toEqual({ n: 1 });
  });

  it('can go forward too, which ends the drift', async () => {
    const { manager, value } = await wentThrough({ n: 1 }, { n: 2 });
    await manager.rollback(1);
    expect(manager.status()).toMatchObject({ drifted: true, rolledBack: ['memory'] });
    await manager.rollback(2);
    expect(value()).toEqual({ n: 2 });
    expect(manager.status()).toMatchObject({ drifted: false, rolledBack: [] });
  });

  it('is rejected, and changes nothing, if the version is not kept', async () => {
    const { manager, value } = await wentThrough({ n: 1 }, { n: 2 });
    const result = await manager.rollback(7);
    expect(result).toMatchObject({ outcome: 'rejected', version: 2, stage: 'collect' });
    expect((result as Extract<ReloadResult, { outcome: 'rejected' }>).error).toBeInstanceOf(
      ConfigRollbackError,
    );
    expect(result.issues[0]!.message).toBe('version 7 is not kept; the kept versions are 1, 2');
    expect(value()).toEqual({ n: 2 });
    expect(manager.status().drifted).toBe(false);
    const far = await manager.rollback({ steps: 2 });
    expect(far.issues[0]!.message).toBe('there is no version 2 steps back; the kept versions are 1, 2');
  });

  it.each([0, -1, 1.5, Number.NaN, { steps: 0 }, { version: -3 }, {} as never, null as never, '3' as never])(
    'refuses the target %j, which is none',
    async (target) => {
      const { manager } = await wentThrough({ n: 1 });
      await expect(manager.rollback(target)).rejects.toThrow(ConfigOptionsError);
    },
  );

  it('validates again, with the current validators', async () => {
    const source = new MemorySource({ n: 1 });
    let least = 0;
    const bench = await booted([source], {
      schema: Limits,
      validators: [(candidate) => ((candidate as Limits).n < least ? `n is below ${least}` : undefined)],
    });
    const manager = new HotConfigManager(bench.runtime);
    source.set({ n: 5 });
    await bench.reload();
    least = 3;
    expect(await manager.rollback(1)).toMatchObject({ outcome: 'rejected', stage: 'validate' });
    expect(bench.value()).toEqual({ n: 5, mode: 'plain' });
    least = 0;
    expect(await manager.rollback(1)).toMatchObject({ outcome: 'applied' });
    expect(bench.value()).toBeInstanceOf(Limits);
  });

  it('can be vetoed', async () => {
    const { manager, runtime, value } = await wentThrough({ n: 1 }, { n: 2 });
    runtime.core.vetoes.add({
      label: 'Budget.check',
      timeout: 1_000,
      select: (changes) => changes,
      call: () => {
        throw new Error('not today');
      },
    });
    const result = await manager.rollback(1);
    expect(result).toMatchObject({ outcome: 'rejected', stage: 'prepare' });
    expect(value()).toEqual({ n: 2 });
    expect(manager.status().drifted).toBe(false);
  });

  it('notifies handlers and the rollback hook once', async () => {
    const { manager, runtime } = await wentThrough({ n: 1 }, { n: 2 });
    const calls: unknown[] = [];
    runtime.core.dispatcher.subscribe(
      'n',
      ({ cause, changes }) => void calls.push([cause, changes[0]!.current]),
    );
    runtime.core.hooks.add('onConfigRollback', {
      label: 'hook',
      call: (result) => calls.push(['hook', (result as ReloadResult).version]),
    });
    await manager.rollback(1);
    await manager.settled();
    expect(calls).toHaveLength(2);
    expect(calls).toContainEqual(['rollback', 1]);
    expect(calls).toContainEqual(['hook', 3]);
  });

  it('works while a source is broken', async () => {
    const { manager, source, reload, value } = await wentThrough({ n: 1 }, { n: 2 });
    source.set(new Error('the store is on fire'));
    expect(await reload()).toMatchObject({ outcome: 'rejected' });
    expect(await manager.rollback(1)).toMatchObject({ outcome: 'applied' });
    expect(value()).toEqual({ n: 1 });
    expect(await reload()).toMatchObject({ outcome: 'unchanged' });
    source.set({ n: 9 });
    expect(await reload()).toMatchObject({ outcome: 'applied' });
    expect(value()).toEqual({ n: 9 });
  });

  it('restores its version, even if other reloads are requested at the same time', async () => {
    const { manager, reload, source, value } = await wentThrough({ n: 1 }, { n: 2 });
    source.set({ n: 3 });
    const [first, rolledBack, last] = await Promise.all([reload(), manager.rollback(1), reload()]);
    expect([first, rolledBack, last].map(({ outcome }) => outcome)).toEqual([
      'applied',
      'applied',
      'unchanged',
    ]);
    expect(value()).toEqual({ n: 1 });
  });

  it('restores sources that were removed, and empties those that were added later', async () => {
    const lower = new MemorySource({ a: 1, b: 1 }, 'lower');
    const middle = new MemorySource({ b: 2, c: 2 }, 'middle');
    const upper = new MemorySource({ c: 3 }, 'upper');
    const bench = await booted([lower, middle, upper]);
    const manager = new HotConfigManager(bench.runtime);
    await manager.removeSource('middle');
    await manager.addSource(new MemorySource({ d: 4 }, 'late'));
    expect(bench.value()).toEqual({ a: 1, b: 1, c: 3, d: 4 });

    await manager.rollback(1);
    expect(bench.value()).toEqual({ a: 1, b: 2, c: 3 });
    expect(manager.status().rolledBack).toEqual(['late', 'middle']);
    lower.set({ a: 5, b: 1 });
    await bench.reload();
    expect(bench.value()).toEqual({ a: 5, b: 2, c: 3 });
    await manager.reload({ force: true });
    expect(bench.value()).toEqual({ a: 5, b: 1, c: 3, d: 4 });
    expect(manager.status()).toMatchObject({ drifted: false, rolledBack: [] });
  });

  it('distinguishes sources that share a name', async () => {
    const folder = new TempFolder();
    const path = folder.write('app.yaml', 'x: 1\n');
    const [first, second] = [new MemorySource({ a: 1 }), new MemorySource({ b: 1 })];
    const bench = await booted([first, second, file(path, { mount: 'p' }), file(path, { mount: 'q' })]);
    const manager = new HotConfigManager(bench.runtime);
    first.set({ a: 2 });
    folder.write('app.yaml', 'x: 2\n');
    await bench.reload();
    expect(bench.runtime.core.history.list().at(-1)!.sources).toEqual(['memory', path, `${path} #2`]);
    await manager.rollback(1, { write: true });
    expect(bench.value()).toEqual({ a: 1, b: 1, p: { x: 1 }, q: { x: 1 } });
    expect(readFileSync(path, 'utf8')).toBe('x: 1\n');
    expect(await bench.reload()).toMatchObject({ outcome: 'unchanged' });
    second.set({ b: 3 });
    await bench.reload();
    expect(bench.value()).toEqual({ a: 1, b: 3, p: { x: 1 }, q: { x: 1 } });
  });
});

describe('After a rollback', () => {
  it('the content that was rolled back from is not applied again by any reload', async () => {
    const { manager, runtime, reload, value } = await wentThrough({ n: 1 }, { n: 2 });
    await manager.rollback(1);
    expect(await reload()).toMatchObject({ outcome: 'unchanged' });
    expect(await runtime.reload({ cause: 'file' })).toMatchObject({ outcome: 'unchanged' });
    expect(await runtime.reload({ cause: 'file', audit: 'safety-poll' })).toMatchObject({
      outcome: 'unchanged',
    });
    await manager.disable();
    await manager.enable();
    await manager.settled();
    expect(value()).toEqual({ n: 1 });
    expect(manager.status().drifted).toBe(true);
  });

  it('the content that was rolled back from is not applied if only comments or formatting of the file change', async () => {
    const folder = new TempFolder();
    const path = folder.write('app.yaml', 'n: 1\n');
    const { runtime, reload, value } = await booted([file(path)]);
    const manager = new HotConfigManager(runtime);
    folder.write('app.yaml', 'n: 2\n');
    await reload();
    await manager.rollback(1);
    for (const text of ['# why\nn: 2\n', '{ n: 2 }\n', 'n: 2\n']) {
      folder.write('app.yaml', text);
      expect(await reload()).toMatchObject({ outcome: 'unchanged' });
      expect(value()).toEqual({ n: 1 });
      expect(manager.status().drifted).toBe(true);
    }
    folder.write('app.yaml', 'n: 1\n');
    await reload();
    expect(manager.status().drifted).toBe(false);
    folder.write('app.yaml', '# why\nn: 2\n');
    await reload();
    expect(value()).toEqual({ n: 2 });
  });

  it('new content of another source is applied', async () => {
    const [a, b] = [new MemorySource({ a: 1 }, 'a'), new MemorySource({ b: 1 }, 'b')];
    const bench = await booted([a, b]);
    const manager = new HotConfigManager(bench.runtime);
    a.set({ a: 2 });
    await bench.reload();
    await manager.rollback(1);
    b.set({ b: 2 });
    await bench.reload();
    expect(bench.value()).toEqual({ a: 1, b: 2 });
    expect(manager.status().rolledBack).toEqual(['a']);
  });

  it('new content of the same source is applied, and ends the drift', async () => {
    const { manager, source, reload, value } = await wentThrough({ n: 1 }, { n: 2 });
    await manager.rollback(1);
    source.set({ n: 3 });
    await reload();
    expect(value()).toEqual({ n: 3 });
    expect(manager.status().drifted).toBe(false);
  });

  it('new content that is not valid is rejected, and the content that was rolled back from is still not applied', async () => {
    const source = new MemorySource({ n: 1 });
    const bench = await booted([source], { schema: Limits });
    const manager = new HotConfigManager(bench.runtime);
    source.set({ n: 2 });
    await bench.reload();
    await manager.rollback(1);
    source.set({ n: 99 });
    expect(await bench.reload()).toMatchObject({ outcome: 'rejected' });
    source.set({ n: 2 });
    expect(await bench.reload()).toMatchObject({ outcome: 'unchanged' });
    expect(bench.value()).toMatchObject({ n: 1 });
  });

  it('content that is changed away and back is applied again: it counts as new', async () => {
    const { manager, source, reload, value } = await wentThrough({ n: 1 }, { n: 2 });
    await manager.rollback(1);
    source.set({ n: 1 });
    expect(await reload()).toMatchObject({ outcome: 'unchanged' });
    expect(manager.status().drifted).toBe(false);
    source.set({ n: 2 });
    await reload();
    expect(value()).toEqual({ n: 2 });
  });

  it('a forced reload applies the content of the sources', async () => {
    const { manager, value } = await wentThrough({ n: 1 }, { n: 2 });
    await manager.rollback(1);
    expect(await manager.reload({ force: true })).toMatchObject({ outcome: 'applied', cause: 'manual' });
    expect(value()).toEqual({ n: 2 });
    expect(manager.status().drifted).toBe(false);
  });

  it('a forced reload that is rejected does not end the drift', async () => {
    const { manager, runtime, reload, value } = await wentThrough({ n: 1 }, { n: 2 });
    await manager.rollback(1);
    const remove = runtime.core.vetoes.add({
      label: 'Guard.check',
      timeout: 1_000,
      select: (changes) => changes,
      call: () => Promise.reject(new Error('no')),
    });
    expect(await manager.reload({ force: true })).toMatchObject({ outcome: 'rejected' });
    remove();
    expect(await reload()).toMatchObject({ outcome: 'unchanged' });
    expect(value()).toEqual({ n: 1 });
  });
});

describe('The history', () => {
  it('lists each version with its cause, changed sources, statistics, reason and actor', async () => {
    const { manager, runtime, source } = await wentThrough({ n: 1, mode: 'a' });
    source.set({ n: 2, mode: 'a' });
    await runtime.reload({ cause: 'manual', reason: 'more', actor: 'ben' });
    await manager.rollback(1);
    const [boot, changed, rolledBack] = manager.history();
    expect(boot).toMatchObject({ version: 1, cause: 'boot', sources: ['memory'], current: false });
    expect(boot!.stats).toEqual({ added: 2, removed: 0, changed: 0, typeChanged: 0 });
    expect(changed).toMatchObject({
      version: 2,
      cause: 'manual',
      reason: 'more',
      actor: 'ben',
      sources: ['memory'],
      stats: { added: 0, removed: 0, changed: 1, typeChanged: 0 },
    });
    expect(rolledBack).toMatchObject({ version: 3, cause: 'rollback', restored: 1, current: true });
    expect(rolledBack!.hash).toBe(boot!.hash);
    expect(rolledBack!.time).toBeInstanceOf(Date);
  });

  it('keeps the newest versions, and those that are pinned', async () => {
    const source = new MemorySource({ n: 0 });
    const bench = await booted([source], { history: { max: 3 } });
    const pin = bench.runtime.core.pins.take();
    for (let n = 1; n <= 5; n += 1) {
      source.set({ n });
      await bench.reload();
    }
    const versions = () => bench.runtime.core.history.list().map(({ version, pinned }) => [version, pinned]);
    expect(versions()).toEqual([
      [1, true],
      [4, false],
      [5, false],
      [6, false],
    ]);
    pin.end();
    expect(versions().map(([version]) => version)).toEqual([4, 5, 6]);
  });

  it('shares unchanged parts between versions', async () => {
    const big = Object.fromEntries(
      Array.from({ length: 50 }, (_, index) => [`key${index}`, { value: index }]),
    );
    const source = new MemorySource({ big, n: 1 });
    const { reload, runtime } = await booted([source]);
    source.set({ big, n: 2 });
    await reload();
    const [before, after] = runtime.core.history.records;
    expect(after!.layers[0]!.tree['big']).toBe(before!.layers[0]!.tree['big']);
    expect((after!.snapshot!.value as { big: object }).big).toBe(
      (before!.snapshot!.value as { big: object }).big,
    );
  });

  it.each([0, -1, 2.5])('rejects the option to keep %d versions', async (max) => {
    await expect(booted([new MemorySource({})], { history: { max } })).rejects.toThrow(ConfigOptionsError);
  });
});

describe('A rollback that writes', () => {
  it('writes an optional file that was removed, too', async () => {
    const folder = new TempFolder();
    const path = folder.write('extra.yaml', 'n: 1\n');
    const { runtime, reload, value } = await booted([file(path, { optional: true })], { settleTimeout: 20 });
    const manager = new HotConfigManager(runtime);
    rmSync(path);
    await reload();
    expect(value()).toEqual({});
    const result = await manager.rollback(1, { write: true });
    expect(result).toMatchObject({ outcome: 'applied', issues: [] });
    expect(readFileSync(path, 'utf8')).toBe('n: 1\n');
    await reload();
    expect(value()).toEqual({ n: 1 });
    expect(manager.status().drifted).toBe(false);
  });

  async function onFiles() {
    const folder = new TempFolder();
    folder.write('app.yaml', '# the model\nllm:\n  model: small # cheap\n');
    const bench = await booted([file(folder.file('app.yaml'))]);
    return { ...bench, folder, manager: new HotConfigManager(bench.runtime) };
  }

  it('writes the exact bytes of the file, which ends the drift', async () => {
    const { folder, reload, manager } = await onFiles();
    folder.write('app.yaml', '# the model\nllm:\n  model: large\n');
    await reload();
    folder.write('app.yaml', 'llm: { model: huge }\n');
    await reload();
    const result = await manager.rollback(1, { write: true });
    expect(result).toMatchObject({ outcome: 'applied', issues: [] });
    expect(readFileSync(folder.file('app.yaml'), 'utf8')).toBe('# the model\nllm:\n  model: small # cheap\n');
    expect(await reload()).toMatchObject({ outcome: 'unchanged' });
    expect(manager.status().drifted).toBe(false);
  });

  it('replaces a file that could not be parsed', async () => {
    const { folder, reload, manager } = await onFiles();
    folder.write('app.yaml', 'llm: { model: "medium" }\n');
    await reload();
    folder.write('app.yaml', 'llm: [');
    expect(await reload()).toMatchObject({ outcome: 'rejected' });
    await manager.rollback(2, { write: true });
    expect(readFileSync(folder.file('app.yaml'), 'utf8')).toBe('llm: { model: "medium" }\n');
    expect(await reload()).toMatchObject({ outcome: 'unchanged' });
    expect(manager.status().drifted).toBe(false);
  });

  it('does not write a file that has changed since it was read, and reports it', async () => {
    const { folder, reload, manager, value } = await onFiles();
    folder.write('app.yaml', 'llm: { model: large }\n');
    await reload();
    folder.write('app.yaml', 'llm: { model: mine }\n');
    const result = await manager.rollback(1, { write: true });
    expect(result.outcome).toBe('applied');
    expect(result.issues[0]!.message).toMatch(/app\.yaml was not written back: it has changed since/);
    expect(readFileSync(folder.file('app.yaml'), 'utf8')).toBe('llm: { model: mine }\n');
    expect(value()).toEqual({ llm: { model: 'small' } });
  });

  it('does not write files if the rollback is rejected', async () => {
    const { folder, reload, manager } = await onFiles();
    folder.write('app.yaml', 'llm: { model: large }\n');
    await reload();
    await manager.rollback(9, { write: true });
    expect(readFileSync(folder.file('app.yaml'), 'utf8')).toBe('llm: { model: large }\n');
  });
});
