import { describe, expect, it } from 'vitest';
import { ChildApp } from '../support/child-app.js';
import { isStormRun } from '../support/storm-run.js';
import { TempFolder } from '../support/temp-folder.js';

/** Runs an app with a heap of 256 MB, as a small container has, and returns how it ended. */
async function reloads(kind: string, times: number) {
  const env = { KIND: kind, RELOADS: String(times), NODE_OPTIONS: '--max-old-space-size=256' };
  const app = await ChildApp.run('small-heap', new TempFolder().path, env);
  const code = await app.ended;
  return { code, outcomes: JSON.parse(app.stdout || '["aborted"]') as string[] };
}

describe('With a heap of 256 MB', { timeout: 600_000 }, () => {
  // YAML takes the most memory. The others, and as many reloads as a leak shows in, take minutes.
  it.each(isStormRun ? ['json', 'jsonc', 'json5', 'toml', 'env', 'yaml'] : ['yaml'])(
    'an app reloads %s that is as large as the limits allow, time after time',
    async (kind) => {
      const times = isStormRun ? 6 : 1;
      expect(await reloads(kind, times)).toEqual({ code: 0, outcomes: Array(times).fill('applied') });
    },
  );

  const refused = ['yaml pairs', 'yaml empties', 'json empties', 'json5 objects', 'toml tables', 'env lines'];
  it.each(isStormRun ? refused : refused.slice(0, 1))(
    'a file of the largest size with %s is refused, by the name of the limit',
    async (kind) => {
      const { code, outcomes } = await reloads(kind, 1);
      expect(outcomes).toEqual([expect.stringContaining('limit maxKeys')]);
      expect(code).toBe(0);
    },
  );
});
