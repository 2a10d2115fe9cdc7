import { mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder for one test, removed when the test is over; or, with `afterAll`, when its file is. */
export class TempFolder {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), 'hot-config-')));

  constructor(whenOver: (remove: () => void) => void = onTestFinished) {
    whenOver(() => rmSync(this.path, { recursive: true, force: true }));
  }

  /** Returns the path of a file in it. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** Writes a file in place, as a simple editor does. */
  write(name: string, text: string): string {
    writeFileSync(this.file(name), text);
    return this.file(name);
  }

  /** Replaces a file by rename, as a careful program does. */
  replace(name: string, text: string): string {
    writeFileSync(this.file(`.${name}.new`), text);
    renameSync(this.file(`.${name}.new`), this.file(name));
    return this.file(name);
  }
}
