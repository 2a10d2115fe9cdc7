import type { FileStamp, Fingerprint } from '../../../lib/watch/fingerprint.js';
import type { SettleTarget } from '../../../lib/watch/settle-target.interface.js';

/** A file that exists only as what a look would see of it. */
export class FakeFile implements SettleTarget {
  /** When it settled, and what was there then. */
  readonly settlings: { at: number; state: FileStamp | undefined; announced: boolean }[] = [];
  readonly isOneFile = true;
  looks = 0;
  state: FileStamp | undefined = {
    path: '/config/app.yaml',
    inode: '1:1',
    directory: '1:0',
    links: '',
    size: 100,
    times: '0',
  };
  #changes = 0;

  /** As a writer that opens it and writes. */
  write(size = 100): void {
    this.#changes += 1;
    this.state = { ...this.#present(), size, times: `${this.#changes}` };
  }

  /** As a rename over it. */
  replace(size = 100): void {
    this.#changes += 1;
    this.state = { ...this.#present(), inode: `1:${this.#changes + 1}`, size, times: `${this.#changes}` };
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

  #present(): FileStamp {
    return (
      this.state ?? {
        path: '/config/app.yaml',
        inode: '1:0',
        directory: '1:0',
        links: '',
        size: 0,
        times: '',
      }
    );
  }
}
