import { ConfigRollbackError, ConfigValidationError } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { HotConfigManager } from '../../lib/runtime/hot-config.manager.js';
import { booted } from './support/runtime.js';
import { MemorySource } from '../support/memory.source.js';

async function threeVersions() {
  const source = new MemorySource({ n: 1, db: { password: 'hunter1' } });
  const bench = await booted([source], {
    validators: [(candidate) => ((candidate as { n: number }).n > 10 ? 'too many' : undefined)],
  });
  for (const n of [2, 3]) {
    source.set({ n, db: { password: `hunter${n}` } });
    await bench.reload();
  }
  return { ...bench, source, manager: new HotConfigManager(bench.runtime) };
}

describe('A diff', () => {
  it('compares the version before with the one in force', async () => {
    const { manager } = await threeVersions();
    const diff = await manager.diff();
    expect([diff.from, diff.to]).toEqual(['version 2', 'version 3']);
    expect(diff.entries[0]).toMatchObject({ kind: 'changed', path: 'n', previous: 2, current: 3 });
  });

  it('compares any two versions, and one with the one in force', async () => {
    const { manager } = await threeVersions();
    expect((await manager.diff(3, 1)).entries[0]).toMatchObject({ path: 'n', previous: 3, current: 1 });
    expect(await manager.diff(1)).toMatchObject({ from: 'version 1', to: 'version 3' });
  });

  it('compares a version with the current content of the sources', async () => {
    const { manager, source } = await threeVersions();
    source.set({ n: 4, db: { password: 'hunter3' } });
    const diff = await manager.diff(3, 'sources');
    expect(diff.entries).toMatchObject([{ path: 'n', previous: 3, current: 4 }]);
    expect(diff.to).toBe('the sources');
  });

  it('contains no secret in any form', async () => {
    const { manager } = await threeVersions();
    const diff = await manager.diff(1, 3);
    expect(diff.entries).toHaveLength(2);
    const shown = [JSON.stringify(diff), JSON.stringify(diff.toJsonPatch()), diff.toText({ color: true })];
    expect(shown.join()).not.toContain('hunter');
  });

  it('fails if a version is not kept, or if the content of the sources is not valid', async () => {
    const { manager, source } = await threeVersions();
    await expect(manager.diff(1, 9)).rejects.toThrow(ConfigRollbackError);
    source.set({ n: 11 } as never);
    await expect(manager.diff(3, 'sources')).rejects.toThrow(ConfigValidationError);
  });

  it('of the first version alone is empty', async () => {
    const bench = await booted([new MemorySource({ n: 1 })]);
    expect((await new HotConfigManager(bench.runtime).diff()).entries).toEqual([]);
  });
});
