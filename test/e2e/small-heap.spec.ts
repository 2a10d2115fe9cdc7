import { describe, expect, it } from 'vitest';
import { ChildApp } from '../support/child-app.js';
import { TempFolder } from '../support/temp-folder.js';

/** Runs an app with a heap of 256 MB, as a small container has, and returns how it ended. */
async function reloads(kind: string, times: number) {
  const env = { KIND: kind, RELOADS: String(times), NODE_OPTIONS: '--max-old-space-size=256' };
  const app = await ChildApp.run('small-heap', new TempFolder().path, env);
  const code = await app.ended;
  return { code, outcomes: JSON.parse(app.stdout || '["aborted"]') as string[] };
}

describe('With a heap of 256 MB', { timeout: 600_000 }, () => {
  it.each(['json', 'jsonc', 'json5', 'toml', 'env'])(
    'an app reloads %s that is as large as the limits allow',
    async (kind) => {
      expect(await reloads(kind, 3)).toEqual({ code: 0, outcomes: Array(3).fill('applied') });
    },
  );

  it('an app reloads YAML as large as the limits allow, 20 times in a row', async () => {
    expect(await reloads('yaml', 20)).toEqual({ code: 0, outcomes: Array(20).fill('applied') });
  });

  it.each(['yaml empties', 'yaml pairs', 'json empties', 'json5 objects', 'toml tables', 'env lines'])(
    'a file of the largest size with %s is refused, by the name of the limit',
    async (kind) => {
      const { code, outcomes } = await reloads(kind, 1);
      expect(outcomes).toEqual([expect.stringContaining('limit maxKeys')]);
      expect(code).toBe(0);
    },
  );
});
