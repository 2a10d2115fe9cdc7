import { closeSync, fstatSync, openSync, read } from 'node:fs';
import * as nodeFileSystem from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { LocalDirectories } from '../../util/local-directories.js';
import type { FileSystem } from './read-stable-file.js';

const readFile = promisify(read);

/**
 * Returns the functions to read a file with. Only the content of a file of a local file system is read by the thread pool: it
 * may wait for a disk. The file system answers all else from memory, and six more round trips to the pool took most of the
 * time of a small file.
 */
export async function fileSystemOf(path: string, directories: LocalDirectories): Promise<FileSystem> {
  const device = await directories.deviceOf(dirname(path));
  return device === undefined ? nodeFileSystem : localFileSystem(device, directories);
}

/** For one file: it remembers where that was when it was last looked at. */
function localFileSystem(device: bigint, directories: LocalDirectories): FileSystem {
  let isLocal = false;
  return {
    async stat(path) {
      const own = directories.fileStats(path);
      // A link or a mount may lead to another file system.
      const stats = own?.isFile() ? own : await nodeFileSystem.stat(path, { bigint: true });
      isLocal = stats.dev === device;
      return stats;
    },
    async open(path, flags) {
      if (!isLocal) return nodeFileSystem.open(path, flags);
      const descriptor = openSync(path, flags);
      return {
        stat: () => fstatSync(descriptor, { bigint: true }),
        read: (buffer, offset, length, position) => readFile(descriptor, buffer, offset, length, position),
        close: () => closeSync(descriptor),
      };
    },
  };
}
