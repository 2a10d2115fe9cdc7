import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { FSWatcher } from 'chokidar';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FileWatcher } from '../../lib/watch/file-watcher.js';
import { TimeSlice } from '../../lib/util/time-slice.js';
import { SettleTracker } from '../../lib/watch/settle-tracker.js';
import type { WatchOptions } from '../../lib/watch/watch-options.js';
import { Scene, until } from './support/scene.js';

const isLinux = process.platform === 'linux';

/** Returns the number of directories that the system watches for this process. */
function inotifyWatches(): number {
  return readdirSync('/proc/self/fd').reduce((count, descriptor) => {
    try {
      const info = readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8');
      return count + (info.match(/^inotify /gm)?.length ?? 0);
    } catch {
      return count;
    }
  }, 0);
}

describe('The file watcher', () => {
  let scene: Scene;
  beforeEach(() => {
    scene = new Scene();
  });
  afterEach(async () => {
    await scene.close();
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });

  async function restart(options: WatchOptions): Promise<void> {
    await scene.close();
    scene = new Scene(options);
  }

  it('reports which paths it watches and which it polls', async () => {
    const file = await scene.watchFile(scene.write('app.yaml', 'a: 1'));
    const directory = await scene.watch({ path: scene.directory('modules'), kind: 'directory' });
    expect(scene.watcher.paths).toEqual({
      watched: [file.target.path, directory.target.path],
      polling: [],
    });
  });

  it('notices every change after it is ready', async () => {
    const path = scene.write('app.yaml', 'a: 1');
    let read = '';
    const watching = scene.watcher.watch({ path, kind: 'file' }, () => {
      read = readFileSync(path, 'utf8');
    });
    await scene.watcher.ready();
    writeFileSync(path, 'a: 2');
    await until('the change was noticed', () => read === 'a: 2');
    await expect(watching).resolves.toHaveProperty('close');
  });

  it('watches targets that are added later, and the same path more than once', async () => {
    const first = await scene.watchFile(scene.write('a.yaml', '1'));
    const second = await scene.watchFile(scene.write('b.yaml', '1'));
    const again = await scene.watchFile(second.target.path);
    writeFileSync(second.target.path, '2');
    await second.sees('2');
    await again.sees('2');
    expect(first.read).toEqual([]);
  });

  it('notifies the other sources of a round if one source throws', async () => {
    const path = scene.write('app.yaml', 'a: 1');
    await scene.watcher.watch({ path, kind: 'file' }, () => {
      throw new Error('out of order');
    });
    const other = await scene.watchFile(path);
    writeFileSync(path, 'a: 2');
    await other.sees('a: 2');
    expect(scene.warnings).toEqual([`The source that watches ${path} failed: Error: out of order`]);
  });

  it('does not list a directory at each event, however busy it is', async () => {
    const list = vi.spyOn(FSWatcher.prototype, '_readdirp');
    const file = await scene.watchFile(scene.write('app.yaml', 'a: 1'));
    for (let noise = 0; noise < 50; noise += 1) scene.write(`noise-${noise}`, 'noise');
    writeFileSync(file.target.path, 'a: 2');
    await file.sees('a: 2');
    expect(list).not.toHaveBeenCalled();
  });

  it('follows a directory swapped by rename, even if another watcher in the process follows it too', async () => {
    const missed: string[] = [];
    const other = new FileWatcher({}, { warn: () => {}, onMissed: (path) => missed.push(path) });
    const path = scene.write('config/app.yaml', '1');
    let otherRead = '';
    await other.watch({ path, kind: 'file' }, () => {
      otherRead = readFileSync(path, 'utf8');
    });
    const file = await scene.watchFile(path);
    for (const text of ['2', '4', '6']) {
      scene.write('config.new/app.yaml', text);
      renameSync(scene.path('config'), scene.path(`config.${text}`));
      renameSync(scene.path('config.new'), scene.path('config'));
      await file.sees(text);
      await until('the other watcher saw it too', () => otherRead === text);
      writeFileSync(path, `${text} and more`);
      await file.sees(`${text} and more`);
      await until('the other watcher saw that too', () => otherRead === `${text} and more`);
    }
    expect(missed).toEqual([]);
    await other.close();
  });

  describe('after a close', () => {
    it('notifies the other targets, but not a closed one', async () => {
      const file = await scene.watchFile(scene.write('app.yaml', 'a: 1'));
      const other = await scene.watchFile(file.target.path);
      await file.handle?.close();
      writeFileSync(file.target.path, 'a: 2');
      await other.sees('a: 2');
      expect(file.read).toEqual([]);
      expect(scene.watcher.paths.watched).toEqual([file.target.path]);
    });

    it.runIf(isLinux)('releases the directories that no other target needs', async () => {
      const file = await scene.watchFile(scene.write('a/app.yaml', '1'));
      const before = inotifyWatches();
      const deep = await scene.watchFile(scene.write('a/b/c/deep.yaml', '1'));
      expect(inotifyWatches()).toBe(before + 2);
      await deep.handle?.close();
      await until('both were released', () => inotifyWatches() === before);
      writeFileSync(file.target.path, '2');
      await file.sees('2');
    });

    it('notifies no target, and refuses new ones', async () => {
      const file = await scene.watchFile(scene.write('app.yaml', 'a: 1'));
      writeFileSync(file.target.path, 'a: 2');
      await scene.watcher.close();
      expect(file.read).toEqual([]);
      await expect(scene.watchFile(file.target.path)).rejects.toThrow(
        `Cannot watch ${file.target.path}: the watcher is closed.`,
      );
    });

    it('closes cleanly while a watch is starting', async () => {
      const path = scene.write('app.yaml', 'a: 1');
      const watching = scene.watcher.watch({ path, kind: 'file' }, () => {});
      await scene.watcher.close();
      await watching;
      expect(scene.watcher.paths.watched).toEqual([]);
    });

    it.runIf(isLinux)(
      'leaves no descriptor, watch or handle behind, after two hundred watchers',
      async () => {
        const path = scene.write('config/app.yaml', 'a: 1');
        const open = async () => {
          const watcher = new FileWatcher({}, { warn: () => {} });
          await watcher.watch({ path, kind: 'file' }, () => {});
          expect(process.getActiveResourcesInfo()).not.toContain('FSEventWrap');
          await watcher.close();
        };
        await open();
        const descriptors = readdirSync('/proc/self/fd').length;
        const watches = inotifyWatches();
        for (let times = 0; times < 200; times += 1) await open();
        expect(readdirSync('/proc/self/fd').length).toBe(descriptors);
        expect(inotifyWatches()).toBe(watches);
      },
    );
  });

  describe('with polling', () => {
    it('sees changes without watching any directory', async () => {
      await restart({ usePolling: true, pollInterval: 20 });
      const add = vi.spyOn(FSWatcher.prototype, 'add');
      const file = await scene.watchFile(scene.write('config/app.yaml', 'a: 1'));
      writeFileSync(file.target.path, 'a: 2');
      await file.sees('a: 2');
      scene.write('config.new/app.yaml', 'a: 3');
      renameSync(scene.path('config'), scene.path('config.old'));
      renameSync(scene.path('config.new'), scene.path('config'));
      await file.sees('a: 3');
      expect(add).not.toHaveBeenCalled();
      expect(scene.watcher.paths).toMatchObject({ polling: [file.target.path] });
      expect(scene.missed).toEqual([]);
      expect(scene.warnings).toEqual([]);
    });

    it('obeys the environment variables of chokidar', async () => {
      vi.stubEnv('CHOKIDAR_USEPOLLING', 'true');
      vi.stubEnv('CHOKIDAR_INTERVAL', '20');
      await restart({});
      const file = await scene.watchFile(scene.write('app.yaml', 'a: 1'));
      writeFileSync(file.target.path, 'a: 2');
      await file.sees('a: 2');
      expect(scene.watcher.paths.polling).toEqual([file.target.path]);
    });
  });

  describe.each(['ENOSPC', 'EMFILE'])('when the system has no more watches (%s)', (code) => {
    it('polls the files instead, and warns once', async () => {
      await restart({ pollInterval: 20 });
      const add = vi.spyOn(FSWatcher.prototype, 'add');
      const file = await scene.watchFile(scene.write('a/app.yaml', 'a: 1'));
      const other = await scene.watchFile(scene.write('b/app.yaml', 'a: 1'));
      const watchers = add.mock.contexts as FSWatcher[];
      for (const watcher of watchers) {
        if (watcher.listenerCount('error') > 0)
          watcher.emit('error', Object.assign(new Error(`${code}!`), { code }));
      }
      expect(scene.watcher.paths.polling).toEqual([file.target.path, other.target.path]);
      expect(scene.warnings).toEqual([
        `${file.target.path} is now polled every 20 ms: it cannot be watched (${code}!).`,
      ]);
      writeFileSync(file.target.path, 'a: 2');
      await file.sees('a: 2');
      writeFileSync(other.target.path, 'a: 3');
      await other.sees('a: 3');
      expect(scene.missed).toEqual([]);
    });
  });

  it('treats an event without a name as one of the target, and ignores an error after closing', async () => {
    const add = vi.spyOn(FSWatcher.prototype, 'add');
    const file = await scene.watchFile(scene.write('app.yaml', 'a: 1'));
    const watcher = add.mock.contexts.at(-1) as FSWatcher;
    watcher.emit('raw', 'rename', '', {});
    await file.sees('a: 1');
    await scene.watcher.close();
    expect(() => watcher.emit('error', new Error('too late'))).not.toThrow();
    expect(scene.warnings).toEqual([]);
  });

  it('polls a file if its directory is unreadable, but not if a directory above that is', async () => {
    const add = vi.spyOn(FSWatcher.prototype, 'add');
    const file = await scene.watchFile(scene.write('config/app.yaml', 'a: 1'));
    const watcherOf = (path: string) => {
      const call = add.mock.calls.findIndex(([added]) => added === path);
      return add.mock.contexts[call] as FSWatcher;
    };
    const denied = Object.assign(new Error('EACCES!'), { code: 'EACCES' });
    watcherOf(scene.root).emit('error', denied);
    expect(scene.watcher.paths.polling).toEqual([]);
    watcherOf(scene.path('config')).emit('error', denied);
    expect(scene.watcher.paths.polling).toEqual([file.target.path]);
    expect(scene.warnings).toHaveLength(1);
  });

  describe('if no events arrive', () => {
    /** Simulates a network mount: everything can be watched, but no event is ever reported. */
    function loseAllEvents(): void {
      vi.spyOn(FSWatcher.prototype, 'add').mockImplementation(function (this: FSWatcher) {
        process.nextTick(() => this.emit('ready'));
        return this;
      });
    }

    it('finds changes by the safety poll, reports each as missed, and polls after the third, with one warning', async () => {
      loseAllEvents();
      await restart({ safetyPoll: 30, pollInterval: 20 });
      const file = await scene.watchFile(scene.write('app.yaml', 'a: 0'));
      let changes = 0;
      const change = async () => {
        changes += 1;
        writeFileSync(file.target.path, `a: ${changes}`);
        await file.sees(`a: ${changes}`);
      };
      // A miss makes new watches, and what changes while they are made is not missed by them. So there may be more than
      // three changes, if the machine is busy.
      while (scene.missed.length < 3) {
        expect(scene.watcher.paths.polling).toEqual([]);
        await change();
        const { safetyPolls } = scene;
        await until('the new watches are ready', () => scene.safetyPolls > safetyPolls + 1);
      }
      expect(scene.watcher.paths.polling).toEqual([file.target.path]);
      await change();
      await change();
      expect(scene.missed).toEqual([file.target.path, file.target.path, file.target.path]);
      expect(scene.warnings).toEqual([
        `${file.target.path} is now polled every 20 ms: no file system event reported 3 of its changes.`,
      ]);
    });

    it('reports when the safety poll has checked all files', async () => {
      await restart({ safetyPoll: 10 });
      await until('safety polls have run', () => scene.safetyPolls > 2);
      expect(scene.missed).toEqual([]);
    });

    it('names no files to the caller that no event has named: the caller may pass them on as a hint', async () => {
      const settled = vi.fn<(files?: readonly string[]) => void>();
      const path = scene.write('app.yaml', 'a: 0');
      await scene.watcher.watch({ path, kind: 'file' }, settled);
      writeFileSync(path, 'a: 1');
      await until('it has settled', () => settled.mock.calls.length > 0);
      expect(settled).toHaveBeenCalledWith(undefined);
    });

    it('gives other code a turn while it checks thousands of files', async () => {
      await restart({ safetyPoll: 40 });
      for (const name of ['a', 'b', 'c'])
        await scene.watch({ path: scene.directory(name), kind: 'directory' });
      let turn = 0;
      const checkedIn: number[] = [];
      vi.spyOn(SettleTracker.prototype, 'check').mockImplementation(async () => {
        checkedIn.push(turn);
      });
      let isDone = false;
      const nextTurn = (): void => {
        turn += 1;
        if (!isDone) setImmediate(nextTurn);
      };
      nextTurn();
      vi.spyOn(TimeSlice.prototype, 'isOver', 'get').mockReturnValue(true);
      await until('all have been checked', () => checkedIn.length >= 3);
      isDone = true;
      expect(new Set(checkedIn.slice(0, 3)).size).toBe(3);
    });

    it('finds nothing if the safety poll is disabled', async () => {
      loseAllEvents();
      await restart({ safetyPoll: 0 });
      const file = await scene.watchFile(scene.write('app.yaml', 'a: 0'));
      writeFileSync(file.target.path, 'a: 1');
      const twin = new Scene({ safetyPoll: 5 });
      await until('another watcher has polled', () => twin.safetyPolls > 20);
      await twin.close();
      expect([file.read, scene.safetyPolls]).toEqual([[], 0]);
    });
  });
});
