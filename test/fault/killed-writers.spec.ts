import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openStore, versionFiles } from '../history/persistence/support/records.js';
import { runtimeOf } from '../reload/support/runtime.js';
import { ChildApp } from '../support/child-app.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';
import { isStormRun } from '../support/storm-run.js';
import { Random } from './support/random.js';

/** Number of writers at the same time, each with its own directory, to use two cores. */
const LANES = 2;
/** Number of kills: only `npm run test:storms` has so many that some are certainly in the middle of a write. */
const KILLS = Number(process.env['STORM_KILLS'] ?? (isStormRun ? 200 : 10));

interface Content {
  readonly version: number;
  readonly text: string;
  readonly sum: string;
}

/** Starts an app that has only the versions on disk, and returns the value in force. */
async function startOnDisk(folder: TempFolder): Promise<Content> {
  const { runtime, value, log } = runtimeOf({
    sources: [{ name: 'app.yaml', load: () => Promise.reject(new Error('it has been removed')) }],
    settleTimeout: 0,
    history: { dir: folder.file('history'), max: 5 },
    onInvalidBoot: 'lastKnownGood',
  });
  await runtime.boot();
  const content = value() as Content;
  await runtime.stop();
  const warnings = log.filter((line) => line.startsWith('warn'));
  expect(warnings, warnings.join('\n')).toEqual([]);
  return content;
}

describe('Writers of versions', () => {
  it(
    `that are killed leave files from which the app restores the newest complete version, ${KILLS} times`,
    async () => {
      const random = new Random(Date.now());
      let torn = 0;
      const lane = async () => {
        const folder = new TempFolder();
        for (let kill = 0; kill < KILLS / LANES; kill += 1) {
          const writer = await ChildApp.run('version-writer', folder.path);
          await until('the writer writes', () => writer.stdout.includes('saved'));
          await delay(random.int(0, 25));
          writer.process.kill('SIGKILL');
          expect(await writer.ended).toBe('SIGKILL');
          const saved = Number(/saved (\d+)\n(?!.*saved)/s.exec(writer.stdout)![1]);
          torn += readdirSync(folder.file('history')).filter((name) => name.endsWith('.tmp')).length;

          const { version, text, sum } = await startOnDisk(folder);
          // The last version that it printed, or the next one, if it was killed before it printed that.
          expect([saved, saved + 1]).toContain(version);
          expect(createHash('sha256').update(text).digest('hex')).toBe(sum);
          expect(readdirSync(folder.file('history'))).toEqual(versionFiles(folder.file('history')));
        }
      };
      await Promise.all(Array.from({ length: LANES }, lane));
      // Of this many writers, some are killed during a write; otherwise the test proves nothing.
      expect(torn).toBeGreaterThanOrEqual(isStormRun ? 1 : 0);
    },
    Math.max(60_000, KILLS * 3_000),
  );

  it('in two processes do not disturb each other', async () => {
    const folder = new TempFolder();
    const writers = await Promise.all([
      ChildApp.run('version-writer', folder.path, { COUNT: '60' }),
      ChildApp.run('version-writer', folder.path, { COUNT: '60' }),
    ]);
    for (const writer of writers) {
      expect(await writer.ended).toBe(0);
      const others = writer.lines.filter((line) => !line.startsWith('saved'));
      expect(others).toEqual(['ready']);
      expect(writer.lines).toHaveLength(61);
    }
    const dir = folder.file('history');
    const names = readdirSync(dir);
    expect(names.length).toBeLessThanOrEqual(6); // one may have been pruned by neither
    const { store, log } = await openStore(dir);
    expect(log).toEqual([]);
    expect(store.versions.at(-1)?.version).toBeGreaterThanOrEqual(60);
  });
});
