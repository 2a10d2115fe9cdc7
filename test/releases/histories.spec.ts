import 'reflect-metadata';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoggerService } from '@nestjs/common';
import { HotConfigManager, HotConfigService } from 'nestjs-hot-config';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { parseVersionFileName } from '../../lib/history/persistence/version-file-name.js';
import { TempFolder } from '../support/temp-folder.js';
import { APP_NAME, HISTORY_KEY, startRecordedApp } from './support/recorded-app.js';
import { RECORDINGS } from './support/recordings.js';

/** Recordings with versions that this release does not read, and the reason in the log. */
const NOT_READ: Readonly<Record<string, string>> = {
  'before-0.1/history-with-key':
    'was written by an earlier release (format 1), which did not authenticate files: with history.key, it is not used',
};

const DIRECTORIES = RECORDINGS.flatMap(({ name, folder }) => [
  { directory: `${name}/history`, from: join(folder, 'history'), key: undefined },
  { directory: `${name}/history-with-key`, from: join(folder, 'history-with-key'), key: HISTORY_KEY },
]);
const [refused, read] = [true, false].map((isRefused) =>
  DIRECTORIES.filter(({ directory }) => directory in NOT_READ === isRefused),
);

/** The files in a directory, with their content. */
function contentOf(directory: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), 'latin1')]),
  );
}

/** Sets the time to that of the newest recorded version: a recorded override expires after an hour. */
function returnToTimeOf(names: readonly string[]): void {
  const stamps = names.map((name) => parseVersionFileName(name)!.stamp); // all are names of versions
  vi.useFakeTimers({ toFake: ['Date'], now: Math.max(...stamps) });
  onTestFinished(() => void vi.useRealTimers());
}

/** Starts an app of this release with a copy of recorded versions. */
async function startWith({ from, key }: (typeof DIRECTORIES)[number]) {
  const before = process.cwd();
  const folder = new TempFolder();
  process.chdir(folder.path);
  onTestFinished(() => process.chdir(before));
  writeFileSync('package.json', JSON.stringify({ name: APP_NAME }));
  mkdirSync('history', { mode: 0o700 });
  cpSync(from, 'history', { recursive: true });
  const recorded = contentOf('history');
  returnToTimeOf(Object.keys(recorded));
  const warnings: string[] = [];
  const warn = (message: unknown) => void warnings.push(String(message));
  const logger: LoggerService = { log: () => undefined, warn, error: warn };
  const app = await startRecordedApp(key, logger);
  onTestFinished(() => app.close());
  const [manager, config] = [app.get(HotConfigManager), app.get(HotConfigService)];
  await manager.settled();
  return { manager, config, warnings, recorded };
}

describe('An app of this release', () => {
  it.each(read!)('continues the versions of $directory', async (scene) => {
    const { manager, config, warnings, recorded } = await startWith(scene);
    expect(warnings).toEqual([]);
    const history = manager.history();
    expect(history.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(history[1]).toMatchObject({
      cause: 'manual',
      reason: 'a larger model',
      actor: 'ann (unverified)',
      revisions: { store: 'release 42' },
      stats: { added: 0, removed: 0, changed: 1, typeChanged: 0 },
    });
    expect((await manager.rollback(2)).outcome).toBe('applied');
    expect(config.get('llm')).toEqual({ model: 'large', temperature: 0.5, api_key: 'canary-of-the-file' });
    expect((await manager.rollback(3)).outcome).toBe('applied');
    expect(config.get('llm.temperature')).toBe(0.7);
    await manager.settled();
    expect(contentOf('history')).toMatchObject(recorded);
  });

  it.each(read!)(
    'restores the secret of an override of $directory, or says that it cannot',
    async (scene) => {
      const { manager, config, warnings } = await startWith(scene);
      expect((await manager.rollback(4)).outcome).toBe('applied');
      const inFile = scene.key === undefined;
      expect(config.get('llm.api_key')).toBe(inFile ? 'canary-of-the-file' : 'canary-of-the-override');
      const missing = warnings.filter((each) =>
        each.startsWith('Version 4 is restored without llm.api_key: '),
      );
      expect([warnings.length, missing.length]).toEqual(inFile ? [1, 1] : [0, 0]);
    },
  );

  it.each(refused!)(
    'names the versions of $directory, keeps them, and uses no number again',
    async (scene) => {
      const { manager, warnings, recorded } = await startWith(scene);
      expect(warnings).toEqual([
        expect.stringMatching(/^7 files in .* were skipped: .* Skipped files stay; /),
      ]);
      expect(warnings[0]!.split(NOT_READ[scene.directory]!)).toHaveLength(6); // five are named
      expect(manager.history().map(({ version }) => version)).toEqual([8]);
      await manager.settled();
      expect(contentOf('history')).toMatchObject(recorded);
    },
  );
});
