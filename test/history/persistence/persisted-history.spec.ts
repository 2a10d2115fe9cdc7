import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { directory, HotConfigManager, type HotConfigModuleOptions } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { runtimeOf } from '../../reload/support/runtime.js';
import { MemorySource } from '../../support/memory.source.js';
import { TempFolder } from '../../support/temp-folder.js';
import { openStore, recordOf, save, versionFiles } from './support/records.js';

/** An app with one source that keeps its versions in a directory. `restart` closes it, and boots it again. */
async function app(tree: object, options: HotConfigModuleOptions = {}, folder = new TempFolder()) {
  const dir = folder.file('history');
  const source = new MemorySource(tree as never, 'app.yaml');
  const bench = runtimeOf({ sources: [source], ...options, history: { dir, ...options.history } });
  await bench.runtime.boot();
  const manager = new HotConfigManager(bench.runtime);
  return {
    ...bench,
    manager,
    dir,
    change: async (next: object) => {
      source.set(next as never);
      const result = await manager.reload({ reason: 'a test', actor: 'ann' });
      await manager.settled();
      return result;
    },
    restart: async (next: object, others: HotConfigModuleOptions = options) => {
      await bench.runtime.stop();
      return app(next, others, folder);
    },
  };
}

describe('History on disk', () => {
  it('contains the versions from before a restart, and continues their numbers', async () => {
    const first = await app({ n: 1 });
    await first.change({ n: 2 });
    const before = first.manager.history();
    const second = await first.restart({ n: 3 });
    const after = second.manager.history();
    expect(after.map(({ version }) => version)).toEqual([1, 2, 3]);
    expect(after.slice(0, 2)).toEqual(before.map((version) => ({ ...version, current: false })));
    expect(after[1]).toMatchObject({ cause: 'manual', reason: 'a test', actor: 'ann' });
    expect(second.manager.status()).toMatchObject({ version: 3, cause: 'boot' });
  });

  it('restores a version from before a restart, and compares with it', async () => {
    const first = await app({ n: 1, list: [1, { a: 2n }] });
    await first.change({ n: 2 });
    const second = await first.restart({ n: 3 });
    const diff = await second.manager.diff(1, 3);
    expect(diff.entries.map(({ path }) => path).sort()).toEqual(['list', 'n']);
    expect(await second.manager.rollback(1)).toMatchObject({ outcome: 'applied', version: 4 });
    expect(second.value()).toEqual({ n: 1, list: [1, { a: 2n }] });
    expect(second.manager.history().at(-1)).toMatchObject({ restored: 1, cause: 'rollback' });
    await second.manager.settled();
    const third = await second.restart({ n: 3 });
    expect(third.manager.history().map(({ version }) => version)).toEqual([1, 2, 3, 4, 5]);
  });

  it('restores references to other values in a version from before a restart', async () => {
    const folder = new TempFolder();
    const file = folder.file('app.yaml');
    const run = async (host: string) => {
      folder.write('app.yaml', `host: ${host}\nurl: "http://\${host}"\n`);
      const bench = runtimeOf({
        files: [file],
        interpolate: true,
        history: { dir: folder.file('history') },
      });
      await bench.runtime.boot();
      return bench;
    };
    await (await run('first')).runtime.stop();
    const { runtime, value } = await run('second');
    await new HotConfigManager(runtime).rollback(1);
    expect(value()).toEqual({ host: 'first', url: 'http://first' });
  });

  it('does not count a restart with the same content as a step back', async () => {
    const first = await app({ n: 1 });
    await first.change({ n: 2 });
    const second = await first.restart({ n: 2 });
    await second.manager.settled();
    expect(second.manager.history().at(-1)).toMatchObject({ version: 3, restored: 2 });
    await second.manager.rollback({ steps: 1 });
    expect(second.value()).toEqual({ n: 1 });
  });

  it('is not filled by repeated restarts with the same content', async () => {
    let running = await app({ n: 1 });
    await running.change({ n: 2 });
    for (let restart = 0; restart < 5; restart += 1) running = await running.restart({ n: 2 });
    await running.manager.settled();
    expect(versionFiles(running.dir)).toHaveLength(2);
  });

  it('contains the overrides of a version', async () => {
    const first = await app({ n: 1 });
    await first.manager.set('n', 9, { reason: 'looking', actor: 'ann' });
    await first.manager.settled();
    const second = await first.restart({ n: 1 });
    expect(second.value()).toEqual({ n: 1 });
    await second.manager.rollback(2);
    expect(second.value()).toEqual({ n: 9 });
    expect(second.manager.status().overrides).toMatchObject([{ path: 'n', reason: 'looking', actor: 'ann' }]);
  });

  it('rejects a rollback to a version whose file has been removed or damaged', async () => {
    const first = await app({ n: 1 });
    const second = await first.restart({ n: 2 });
    const [file] = versionFiles(second.dir);
    const bytes = readFileSync(`${second.dir}/${file}`);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(`${second.dir}/${file}`, bytes);
    const damaged = await second.manager.rollback(1);
    expect(damaged).toMatchObject({ outcome: 'rejected', error: { code: 'CONFIG_ROLLBACK' } });
    expect(damaged).toHaveProperty('error.message', expect.stringContaining('is damaged'));
    rmSync(second.dir, { recursive: true });
    expect(await second.manager.rollback(1)).toHaveProperty(
      'error.message',
      expect.stringContaining('cannot be read'),
    );
    expect(second.value()).toEqual({ n: 2 });
  });

  it('takes secrets that are not on disk from the sources, and logs those that it cannot find', async () => {
    const first = await app({ n: 1, db: { password: 'old' }, api: { token: 'gone' } });
    const second = await first.restart({ n: 2, db: { password: 'new' } });
    await second.manager.rollback(1);
    expect(second.value()).toEqual({ n: 1, db: { password: 'new' }, api: {} });
    expect(second.log).toContainEqual(expect.stringContaining('is restored without api.token'));
  });

  it('restores secrets with a key', async () => {
    const history = { key: 'correct horse battery staple, and more' };
    const first = await app({ n: 1, db: { password: 'old' } }, { history });
    const second = await first.restart({ n: 2, db: { password: 'new' } });
    await second.manager.rollback(1);
    expect(second.value()).toEqual({ n: 1, db: { password: 'old' } });
    for (const name of readdirSync(second.dir))
      expect(readFileSync(`${second.dir}/${name}`, 'latin1')).not.toContain('correct horse');
  });

  it('is in memory only while the directory cannot be created, logs that once, and is written later', async () => {
    const folder = new TempFolder();
    folder.write('history', 'a file in the way');
    const { change, log, dir, manager } = await app({ n: 1 }, {}, folder);
    for (let n = 2; n < 6; n += 1) expect(await change({ n })).toMatchObject({ outcome: 'applied' });
    expect(log.filter((line) => line.startsWith('warn'))).toHaveLength(2); // cannot be read, cannot be written
    expect(manager.status().versionsOnDisk).toEqual({ dir, failing: true, since: expect.any(Date) });
    expect(manager.status().problems).toEqual([
      {
        kind: 'versions_not_saved',
        message: expect.stringContaining(`Versions cannot be written to ${dir} since`),
      },
    ]);
    expect(manager.history()).toHaveLength(5);
    rmSync(dir);
    await change({ n: 6 });
    expect(manager.status().versionsOnDisk).toEqual({ dir, failing: false });
    expect(manager.status().problems).toEqual([]);
    expect(versionFiles(dir)).toHaveLength(6);
    expect(log.at(-1)).toMatch(/are written to .* again\. They could not be written since \d{4}-/);
  });

  it('is written to a new directory if the directory is removed', async () => {
    const { change, dir } = await app({ n: 1 });
    await change({ n: 2 });
    rmSync(dir, { recursive: true });
    await change({ n: 3 });
    expect(versionFiles(dir)).toHaveLength(1);
  });

  it('is complete on disk when the app has closed', async () => {
    const { runtime, dir } = await app({ n: 1 });
    void runtime.reload({ cause: 'manual' });
    await runtime.stop();
    expect(versionFiles(dir)).toHaveLength(1);
  });

  it.each([
    [{ dir: '' }, 'history.dir'],
    [{ dir: 'x', key: '' }, 'history.key'],
    [{ dir: 'x', maxAge: 'soon' as '1s' }, 'history.maxAge'],
    [{ dir: 'x', maxBytes: -1 }, 'history.maxBytes'],
    [{ dir: 'x', max: 0 }, 'history.max'],
  ])('rejects options that are not valid: %j', (history, name) => {
    expect(() => runtimeOf({ history })).toThrow(name);
  });
});

describe('A directory of versions that two apps share', () => {
  /** Runs an app with one source of this name until it has these contents, one after the other. */
  async function runWith(folder: TempFolder, name: string, ...trees: object[]) {
    const source = new MemorySource(trees[0] as never, name);
    const bench = runtimeOf({ sources: [source], history: { dir: folder.file('history'), max: 2 } });
    await bench.runtime.boot();
    const manager = new HotConfigManager(bench.runtime);
    for (const tree of trees.slice(1)) {
      source.set(tree as never);
      await manager.reload();
    }
    await manager.settled();
    const versions = manager.history().map(({ version }) => version);
    return { ...bench, manager, source, versions };
  }

  it('gives each its own versions, with numbers that no other has, and one warning', async () => {
    const folder = new TempFolder();
    await (await runWith(folder, 'a.yaml', { a: 1 }, { a: 2 })).runtime.stop();
    const b = await runWith(folder, 'b.yaml', { b: 1 }, { b: 2 }, { b: 3 });
    expect(b.versions).toEqual([4, 5]);
    expect(b.log.filter((line) => line.startsWith('warn'))).toEqual([
      expect.stringMatching(
        /^warn: \S+\/history contains versions of another app \(.*with the sources a\.yaml\)\. They are not used, listed or removed\. Set history\.dir to a directory of its own for each app\.$/,
      ),
    ]);
    expect(await b.manager.rollback(2)).toMatchObject({ outcome: 'rejected' });
    await b.runtime.stop();
    const a = await runWith(folder, 'a.yaml', { a: 3 });
    expect(a.versions).toEqual([2, 6]);
    expect(await a.manager.rollback(2)).toMatchObject({ outcome: 'applied' });
    expect(a.value()).toEqual({ a: 2 });
  });

  it('never starts one on the values of the other', async () => {
    const folder = new TempFolder();
    await (await runWith(folder, 'b.yaml', { b: 1 })).runtime.stop();
    const broken = new MemorySource({}, 'a.yaml');
    broken.set(new Error('the disk is gone'));
    const options = { history: { dir: folder.file('history') }, onInvalidBoot: 'lastKnownGood' as const };
    const starting = runtimeOf({ sources: [broken], ...options }).runtime.boot();
    await expect(starting).rejects.toMatchObject({
      stack: expect.stringContaining('There is no earlier version to start with.'),
    });
  });

  it('stays the directory of an app that adds and removes sources', async () => {
    const folder = new TempFolder();
    await (await runWith(folder, 'a.yaml', { a: 1 })).runtime.stop();
    const sources = [new MemorySource({ a: 2 }, 'a.yaml'), new MemorySource({ b: 1 }, 'b.yaml')];
    const next = runtimeOf({ sources, history: { dir: folder.file('history') } });
    await next.runtime.boot();
    const manager = new HotConfigManager(next.runtime);
    expect(manager.history().map(({ version }) => version)).toEqual([1, 2]);
    expect(next.log.filter((line) => line.startsWith('warn'))).toEqual([]);
  });
});

describe('An app with broken files at boot', () => {
  const policy = { onInvalidBoot: 'lastKnownGood', settleTimeout: 0 } as const;

  class Scene {
    readonly folder = new TempFolder();
    readonly file = this.folder.file('app.yaml');

    async run(options: HotConfigModuleOptions = {}) {
      const { history, ...rest } = options;
      const bench = runtimeOf({
        ...policy,
        files: [this.file],
        history: { dir: this.folder.file('history'), ...history },
        ...rest,
      });
      await bench.runtime.boot();
      return { ...bench, manager: new HotConfigManager(bench.runtime) };
    }

    /** Runs the app once with each of these contents. */
    async runWith(...texts: string[]) {
      for (const text of texts) {
        this.folder.write('app.yaml', text);
        const { runtime } = await this.run();
        await runtime.stop();
      }
    }
  }

  it.each([
    ['malformed', (scene: Scene) => scene.folder.write('app.yaml', 'n: [1\n'), /app\.yaml:\d+:\d+/],
    ['missing', (scene: Scene) => rmSync(scene.file), /app\.yaml\s+does not exist/],
    ['empty', (scene: Scene) => scene.folder.write('app.yaml', ''), /app\.yaml/],
    [
      'replaced by a directory',
      (scene: Scene) => {
        rmSync(scene.file);
        mkdirSync(scene.file);
      },
      /app\.yaml/,
    ],
  ])('starts on the newest version on disk if a file is %s, and logs that', async (_what, spoil, place) => {
    const scene = new Scene();
    await scene.runWith('n: 1\n', 'n: 2\n');
    spoil(scene);
    const { value, log, manager } = await scene.run();
    expect(value()).toEqual({ n: 2 });
    const error = log.find((line) => line.startsWith('error'));
    expect(error).toMatch(place);
    expect(error).toMatch(/starting with the last good version 2 of [-\d]+T[:\d]+Z, \d+ \w+ old/);
    expect(manager.status()).toMatchObject({ version: 3, cause: 'boot', drifted: true });
    expect(manager.status().degraded).toMatch(
      /^started with version 2 of .*: the sources were rejected at collect/,
    );
    expect(manager.history().at(-1)).toMatchObject({ version: 3, restored: 2, current: true });
  });

  it('takes the first good content that appears, and is no longer degraded', async () => {
    const scene = new Scene();
    await scene.runWith('n: 1\n');
    scene.folder.write('app.yaml', 'n: [1\n');
    const { value, log, manager } = await scene.run();
    expect(await manager.reload()).toMatchObject({ outcome: 'rejected' });
    expect(manager.status().degraded).toBeDefined();
    scene.folder.write('app.yaml', 'n: 5\n');
    expect(await manager.reload()).toMatchObject({ outcome: 'applied' });
    expect(value()).toEqual({ n: 5 });
    expect(manager.status()).toMatchObject({ drifted: false });
    expect(manager.status().degraded).toBeUndefined();
    expect(log.at(-1)).toMatch(/^log: Configuration version 3 applied .* was rejected from .* until now$/);
    scene.folder.write('app.yaml', 'n: [1\n');
    await manager.reload();
    expect(manager.status().degraded).toBeUndefined();
  });

  it('is no longer degraded when its files have the content of that version again', async () => {
    const scene = new Scene();
    await scene.runWith('n: 1\n');
    scene.folder.write('app.yaml', 'n: [1\n');
    const { manager } = await scene.run();
    scene.folder.write('app.yaml', 'n: 1\n');
    expect(await manager.reload()).toMatchObject({ outcome: 'unchanged' });
    expect(manager.status()).toMatchObject({ drifted: false });
    expect(manager.status().degraded).toBeUndefined();
  });

  it('watches the broken file, and reloads without a request', async () => {
    const scene = new Scene();
    await scene.runWith('n: 1\n');
    rmSync(scene.file);
    const { runtime, value, manager } = await scene.run();
    await runtime.start();
    expect(manager.status().degraded).toBeDefined();
    scene.folder.replace('app.yaml', 'n: 7\n');
    await expect.poll(value, { timeout: 10_000 }).toEqual({ n: 7 });
    expect(manager.status().degraded).toBeUndefined();
  });

  it.each([
    [3 * 86_400_000 + 5, '3 days'],
    [3_600_000 + 5, '1 hour'],
    [2 * 60_000 + 5, '2 minutes'],
    [5, '0 seconds'],
  ])('reports the age of the version: %i ms as %s', async (age, text) => {
    const scene = new Scene();
    const { store } = await openStore(scene.folder.file('history'));
    const layers = [{ source: scene.file, hash: '', tree: { n: 1 } }];
    await save(store, recordOf(4, {}, { time: new Date(Date.now() - age), layers }));
    const { value, manager } = await scene.run();
    expect(value()).toEqual({ n: 1 });
    expect(manager.status().degraded).toContain(`, ${text} old`);
  });

  it('starts on the next older version if the newest is not valid any more', async () => {
    const scene = new Scene();
    await scene.runWith('n: 1\n', 'n: 2\n');
    scene.folder.write('app.yaml', 'n: [1\n');
    const { value, log, manager } = await scene.run({
      validators: [(tree) => ((tree as { n: number }).n > 1 ? ['n must be small'] : [])],
    });
    expect(value()).toEqual({ n: 1 });
    expect(manager.status().degraded).toContain('version 1');
    expect(log.join('\n')).toContain('Version 2 cannot be used either:');
  });

  it('does not start if no version is valid, and reports both problems', async () => {
    const scene = new Scene();
    await scene.runWith('n: 1\n', 'n: 2\n');
    scene.folder.write('app.yaml', 'n: [1\n');
    const starting = scene.run({ validators: [() => ['nothing is good enough']] });
    const error = (await starting.catch((thrown: unknown) => thrown)) as Error;
    expect(error.name).toBe('ConfigParseError');
    expect(error.stack).toContain('app.yaml:');
    for (const version of [1, 2]) expect(error.stack).toContain(`Version ${version} cannot be used either:`);
    expect(error.stack).toContain('nothing is good enough');
  });

  it('does not start if there is no version, and reports both problems', async () => {
    const scene = new Scene();
    scene.folder.write('app.yaml', 'n: [1\n');
    const error = (await scene.run().catch((thrown: unknown) => thrown)) as Error;
    expect(error.stack).toContain('app.yaml:');
    expect(error.stack).toContain('There is no earlier version to start with.');
  });

  it('does not start by default, whatever is on disk', async () => {
    const scene = new Scene();
    await scene.runWith('n: 1\n');
    scene.folder.write('app.yaml', 'n: [1\n');
    await expect(scene.run({ onInvalidBoot: 'fail' })).rejects.toThrow('app.yaml');
  });

  it('has the secrets of working sources, and those on disk if there is a key', async () => {
    const scene = new Scene();
    const secrets = { sources: [new MemorySource({ db: { password: 'live' } }, 'vault')] };
    scene.folder.write('app.yaml', 'n: 1\ntoken: canary\n');
    const history = { key: 'correct horse battery staple, and more' };
    const { runtime } = await scene.run({ ...secrets, history });
    await runtime.stop();
    scene.folder.write('app.yaml', 'n: [1\n');
    const { value } = await scene.run({ ...secrets, history });
    expect(value()).toEqual({ n: 1, token: 'canary', db: { password: 'live' } });
    const keyless = await scene.run(secrets);
    expect(keyless.value()).toEqual({ n: 1, db: { password: 'live' } });
    expect(keyless.log.join('\n')).toContain('history.key is not set');
  });

  it('starts if a directory of configuration cannot be read', async () => {
    const scene = new Scene();
    mkdirSync(scene.folder.file('conf.d'));
    scene.folder.write('conf.d/llm.yaml', 'model: large');
    scene.folder.write('app.yaml', 'n: 1');
    const sources = [directory(scene.folder.file('conf.d'))];
    await (await scene.run({ sources })).runtime.stop();
    rmSync(scene.folder.file('conf.d'), { recursive: true });
    scene.folder.write('conf.d', 'not a directory');
    const { value, log } = await scene.run({ sources: [directory(scene.folder.file('conf.d'))] });
    expect(value()).toEqual({ n: 1, llm: { model: 'large' } });
    expect(log.join('\n')).toContain('conf.d');
  });
});
