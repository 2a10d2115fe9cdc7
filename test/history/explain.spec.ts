import 'reflect-metadata';
import { ConfigMissingKeyError, file } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { HotConfigManager } from '../../lib/runtime/hot-config.manager.js';
import { booted } from '../reload/support/runtime.js';
import { MemorySource } from '../support/memory.source.js';
import { TempFolder } from '../support/temp-folder.js';

class AppConfig {
  llm = { timeout_seconds: 30, model: 'none' };
  retries = 3;
}

async function onFiles(options = {}) {
  const folder = new TempFolder();
  const base = folder.write('base.yaml', 'llm:\n  timeout_seconds: 10\n  model: small\n');
  const local = folder.write('local.yaml', '# here\nllm:\n  timeout_seconds: 20\n');
  const bench = await booted([file(base), file(local)], options);
  return { ...bench, folder, base, local, manager: new HotConfigManager(bench.runtime) };
}

describe('An explanation', () => {
  it('contains the place of a value, and the values that it overrides', async () => {
    const { manager, base, local, runtime } = await onFiles();
    expect(manager.explain('llm.timeout_seconds')).toEqual({
      path: 'llm.timeout_seconds',
      value: 20,
      source: local,
      origin: { source: local, file: local, line: 3, column: 20 },
      shadowed: [{ source: base, origin: { source: base, file: base, line: 2, column: 20 }, value: 10 }],
      version: 1,
      time: runtime.core.store.current.time,
      orEarlier: false,
      pendingRestart: false,
      readAtStart: [],
    });
  });

  it('contains the version that last changed the value', async () => {
    const { manager, folder, reload } = await onFiles();
    folder.write('local.yaml', 'llm:\n  timeout_seconds: 25\n');
    await reload();
    folder.write('local.yaml', 'llm:\n  timeout_seconds: 25\nother: 1\n');
    await reload();
    expect(manager.explain('llm.timeout_seconds')).toMatchObject({ version: 2, orEarlier: false });
    expect(manager.explain('llm.model')).toMatchObject({ version: 1 });
    expect(manager.explain('other')).toMatchObject({ version: 3 });
  });

  it('marks the version as uncertain if the history does not go back to the last change', async () => {
    const source = new MemorySource({ n: 0, same: 1 });
    const bench = await booted([source], { history: { max: 2 } });
    for (let n = 1; n <= 4; n += 1) {
      source.set({ n, same: 1 });
      await bench.reload();
    }
    expect(bench.runtime.explain('same')).toMatchObject({ version: 4, orEarlier: true });
  });

  it('distinguishes a default of the schema from a value of a source', async () => {
    const { manager } = await onFiles({ schema: AppConfig });
    expect(manager.explain('retries')).toMatchObject({ value: 3, source: 'default', shadowed: [] });
    expect(manager.explain('retries').origin).toBeUndefined();
  });

  it('contains the override, with its reason and expiry, and the values that it overrides', async () => {
    const { manager, local } = await onFiles();
    await manager.set('llm.timeout_seconds', 99, { ttl: '1h', reason: 'slow day', actor: 'ann' });
    const explanation = manager.explain('llm.timeout_seconds');
    expect(explanation).toMatchObject({
      value: 99,
      source: 'overrides',
      override: { path: 'llm.timeout_seconds', reason: 'slow day', actor: 'ann' },
      version: 2,
    });
    expect(explanation.shadowed.map(({ value }) => value)).toEqual([20, 10]);
    expect(explanation.shadowed[0]!.source).toBe(local);
    expect(explanation.override!.expiresAt).toBeInstanceOf(Date);
  });

  it('contains all sources of an object', async () => {
    const { manager, base, local } = await onFiles();
    const { value, source, shadowed } = manager.explain('llm');
    expect(value).toEqual({ timeout_seconds: 20, model: 'small' });
    expect([source, ...shadowed.map((layer) => layer.source)]).toEqual([local, base]);
  });

  it('redacts a secret, and the secrets in an object', async () => {
    const bench = await booted([new MemorySource({ db: { password: 'hunter2', host: 'h' } })]);
    expect(JSON.stringify(bench.runtime.explain('db.password'))).not.toContain('hunter2');
    expect(JSON.stringify(bench.runtime.explain('db'))).not.toContain('hunter2');
    expect(bench.runtime.explain('db.host').value).toBe('h');
  });

  it('marks a value that waits for a restart', async () => {
    const source = new MemorySource({ port: 1, other: 1 });
    const bench = await booted([source], { restartRequired: ['port'] });
    source.set({ port: 2, other: 2 });
    await bench.reload();
    expect(bench.runtime.explain('port')).toMatchObject({ value: 1, pendingRestart: true });
    expect(bench.runtime.explain('other')).toMatchObject({ value: 2, pendingRestart: false });
  });

  it('supports keys that contain dots', async () => {
    const bench = await booted([new MemorySource({ 'a.b': 1, modules: { 'npc.dialogue': { on: true } } })]);
    expect(bench.runtime.explain('a.b')).toMatchObject({ value: 1, source: 'memory' });
    expect(bench.runtime.explain("modules['npc.dialogue'].on")).toMatchObject({ value: true });
  });

  it('fails if the path has no value', async () => {
    const bench = await booted([new MemorySource({ a: 1 })]);
    expect(() => bench.runtime.explain('b')).toThrow(ConfigMissingKeyError);
  });
});
