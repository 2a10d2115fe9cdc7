import 'reflect-metadata';
import { HotConfigMetricsModule } from 'nestjs-hot-config/metrics';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { startApp } from '../support/start-app.js';

const KEY = 'correct horse battery staple, and more';

/** The hash that a process exports, with these contents and options. */
async function exported(tree: object, history: { key?: string } = {}): Promise<string> {
  const registry = new Registry();
  const imports = [HotConfigMetricsModule.forRoot({ registry })];
  const { manager } = await startApp(tree as never, { imports }, { history, secrets: ['**.pin'] });
  const { comparableHash } = manager.status();
  expect(await registry.metrics()).toContain(`hot_config_info{hash="${comparableHash}"} 1`);
  return comparableHash;
}

const content = (secret: string, model = 'small') => ({
  llm: { api_key: secret, model },
  user: { pin: secret },
  url: `redis://:${secret}@host`,
});

describe('The hash by which processes are compared', () => {
  it('is the same in all processes with the same configuration, secrets included', async () => {
    expect(await exported(content('a'))).toBe(await exported(content('a')));
    expect(await exported(content('a'))).not.toBe(await exported(content('a', 'large')));
  });

  it('does not count secrets without a key that they share, so that no alert is false', async () => {
    expect(await exported(content('a'))).toBe(await exported(content('b')));
  });

  it('counts them with a key', async () => {
    const key = KEY;
    expect(await exported(content('a'), { key })).toBe(await exported(content('a'), { key }));
    expect(await exported(content('a'), { key })).not.toBe(await exported(content('b'), { key }));
  });

  it('is that of the snapshot with a key, and without one only if there are no secrets', async () => {
    const hashes = async (tree: object, history = {}) => {
      const { manager } = await startApp(tree as never, {}, { history });
      const { hash, comparableHash } = manager.status();
      return hash === comparableHash;
    };
    expect(await hashes(content('a'), { key: KEY })).toBe(true);
    expect(await hashes(content('a'))).toBe(false);
    expect(await hashes({ n: 1 })).toBe(true);
  });
});
