import type { FileState, Fingerprint } from '../../../lib/watch/fingerprint.js';
import type { Restless } from '../../../lib/watch/restless.interface.js';

/** A file that exists only as what a look would see of it. */
export class FakeFile implements Restless {
  /** When it settled, and what was there then. */
  readonly settlings: { at: number; state: FileState | undefined; announced: boolean }[] = [];
  readonly isOneFile = true;
  looks = 0;
  state: FileState | undefined = {
    path: '/config/app.yaml',
    inode: '1:1',
    directory: '1:0',
    links: '',
    size: 100,
    times: '0',
    movedSinceWritten: false,
  };
  #changes = 0;

  /** As a writer that opens it and writes. */
  write(size = 100): void {
    this.#changes += 1;
    this.state = { ...this.#present(), size, times: `${this.#changes}`, movedSinceWritten: false };
  }

  /** As a rename over it, of a file that was written right before, or some time before. */
  replace(size = 100, { movedSinceWritten = false } = {}): void {
    this.#changes += 1;
    const inode = `1:${this.#changes + 1}`;
    this.state = { ...this.#present(), inode, size, times: `${this.#changes}`, movedSinceWritten };
  }

  remove(): void {
    this.state = undefined;
  }

  async look(): Promise<Fingerprint> {
    this.looks += 1;
    return this.fingerprint;
  }

  settled(announced: boolean): void {
    this.settlings.push({ at: performance.now(), state: this.state, announced });
  }

  get fingerprint(): Fingerprint {
    return new Map(this.state ? [['', this.state]] : []);
  }

  #present(): FileState {
    return (
      this.state ?? {
        path: '/config/app.yaml',
        inode: '1:0',
        directory: '1:0',
        links: '',
        size: 0,
        times: '',
        movedSinceWritten: false,
      }
    );
  }
}
