import { FSWatcher } from 'chokidar';

/**
 * chokidar's watcher, reduced to the system's events of one directory.
 *
 * By default it lists the directory at each event, with an lstat of every entry. In a busy /tmp that never ends, and it
 * is useless here, because our own scans decide. It skips a listing while it believes that one is in progress.
 */
export class DirectoryEvents extends FSWatcher {
  constructor(path: string) {
    super({
      // On Linux: an inotify watch for this object alone. chokidar shares other watches by path among all its users in
      // the process, so one of them could not get a new watch for a replaced directory while another kept the old one.
      // It does not keep the process alive either. On other systems such a watch may emit an error without a listener,
      // which would end the process; libuv's inotify never does.
      persistent: process.platform !== 'linux',
      depth: 0,
      ignoreInitial: true,
      // Otherwise a directory named like an editor's backup file is not watched.
      atomic: false,
      ignored: (entry) => entry !== path.replaceAll('\\', '/'),
    });
  }

  override _throttle(): false {
    return false;
  }
}
