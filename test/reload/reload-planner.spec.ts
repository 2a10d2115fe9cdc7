import 'reflect-metadata';
import { Max } from 'class-validator';
import { ConfigValidationError, type ReloadResult } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { HotConfigManager } from '../../lib/runtime/hot-config.manager.js';
import { MemorySource } from '../support/memory.source.js';
import { booted } from './support/runtime.js';

class Limits {
  @Max(10)
  n = 1;
  port = 80;
}

async function app() {
  const source = new MemorySource({ n: 1 });
  const bench = await booted([source], { schema: Limits, restartRequired: ['port'] });
  const manager = new HotConfigManager(bench.runtime);
  return { ...bench, source, manager };
}

describe('A plan', () => {
  it('lists the changes, the vetoes, handlers and components they concern, and the paths that need a restart', async () => {
    const { manager, runtime, source } = await app();
    runtime.core.dispatcher.subscribe('n', () => undefined, { label: 'Service.onN' });
    runtime.core.dispatcher.subscribe('other', () => undefined, { label: 'Service.onOther' });
    runtime.core.vetoes.add({
      label: 'Guard.check',
      timeout: 1_000,
      select: (changes) => changes.filter(({ path }) => path === 'n'),
      call: () => {
        throw new Error('a plan calls no veto');
      },
    });
    await runtime.core.refreshables.register(
      { label: 'Pool', on: ['n'], build: () => ({}) },
      () => [],
      () => runtime.core.store.current,
    );
    source.set({ n: 2, port: 81 });
    const plan = await manager.plan();
    expect(plan).toMatchObject({
      outcome: 'applied',
      vetoes: ['Guard.check'],
      handlers: ['Service.onN'],
      restart: ['port'],
    });
    expect(plan.changes.map(({ path, previous, current }) => [path, previous, current])).toEqual([
      ['n', 1, 2],
    ]);
    expect(plan.components).toEqual(['Pool']);
  });

  it('applies nothing, and leaves nothing behind', async () => {
    const { manager, source, reload, value, results } = await app();
    source.set({ n: 2 });
    await manager.plan();
    expect(value()).toMatchObject({ n: 1 });
    expect(manager.history()).toHaveLength(1);
    expect(results).toHaveLength(1);
    expect(manager.status().reloads.applied).toBe(1);
    expect(await reload()).toMatchObject({ outcome: 'applied' } satisfies Partial<ReloadResult>);
  });

  it('does not hide content from the watch that only the plan has read', async () => {
    const { manager, runtime, source, value } = await app();
    source.set({ n: 2 });
    await manager.plan();
    expect(await runtime.reload({ cause: 'file', audit: 'safety-poll' })).toMatchObject({
      outcome: 'applied',
    });
    expect(value()).toMatchObject({ n: 2 });
  });

  it('has the error of content that would be rejected', async () => {
    const { manager, source } = await app();
    source.set({ n: 11 });
    const plan = await manager.plan();
    expect(plan).toMatchObject({ outcome: 'rejected', changes: [], handlers: [] });
    expect(plan.error).toBeInstanceOf(ConfigValidationError);
    expect(plan.issues[0]!.path).toBe('n');
    expect(manager.status()).toMatchObject({ drifted: false });
    source.set(new Error('gone'));
    expect(await manager.plan()).toMatchObject({ outcome: 'rejected' });
  });

  it('is unchanged if nothing would change', async () => {
    const { manager } = await app();
    expect(await manager.plan()).toMatchObject({ outcome: 'unchanged', changes: [] });
  });

  it('applies a candidate on top of the content of the sources', async () => {
    const { manager } = await app();
    expect((await manager.plan({ n: 5 })).changes).toMatchObject([{ path: 'n', current: 5 }]);
    expect(await manager.plan({ n: 50 })).toMatchObject({ outcome: 'rejected' });
  });

  it('leaves content out that was rolled back from, as a reload does, and names it; with force it is included', async () => {
    const { manager, source, reload, value } = await app();
    source.set({ n: 2 });
    await reload();
    await manager.rollback(1);
    expect(await manager.plan()).toMatchObject({ outcome: 'unchanged', changes: [], rolledBack: ['memory'] });
    expect(await manager.reload()).toMatchObject({ outcome: 'unchanged' });
    const forced = await manager.plan(undefined, { force: true });
    expect(forced).toMatchObject({ outcome: 'applied', rolledBack: [] });
    expect(forced.changes).toMatchObject([{ path: 'n', previous: 1, current: 2 }]);
    expect(await manager.reload({ force: true })).toMatchObject({ outcome: 'applied' });
    expect(value()).toMatchObject({ n: 2 });
  });

  it('does not validate again what is in force, as a reload does not', async () => {
    const source = new MemorySource({ n: 1 });
    let isRefused = false;
    const { manager, reload } = await booted([source], {
      validators: [() => (isRefused ? 'not any more' : undefined)],
    }).then((bench) => ({ ...bench, manager: new HotConfigManager(bench.runtime) }));
    isRefused = true;
    expect(await manager.plan()).toMatchObject({ outcome: 'unchanged' });
    expect(await reload()).toMatchObject({ outcome: 'unchanged' });
  });

  it('refuses unknown options, and names them', async () => {
    const { manager } = await app();
    await expect(manager.plan({}, { forced: true } as never)).rejects.toThrow('forced');
  });
});
