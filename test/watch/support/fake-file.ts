import type { FileStamp, Fingerprint } from '../../../lib/watch/fingerprint.js';
import type { SettleTarget } from '../../../lib/watch/settle-tracker.js';

/** A file that exists only as the result of its scans. */
export class FakeFile implements SettleTarget {
  /** Each time it settled, with its state then. */
  readonly settlings: { at: number; state: FileStamp | undefined; announced: boolean }[] = [];
  readonly isOneFile = true;
  scans = 0;
  state: FileStamp | undefined = {
    path: '/config/app.yaml',
    inode: '1:1',
    directory: '1:0',
    links: '',
    size: 100,
    times: '0',
  };
  #changes = 0;

  /** Changes the file as a write in place does. */
  write(size = 100): void {
    this.#changes += 1;
    this.state = { ...this.#present(), size, times: `${this.#changes}` };
  }

  /** Changes the file as a rename over it does. */
  replace(size = 100): void {
    this.#changes += 1;
    this.state = { ...this.#present(), inode: `1:${this.#changes + 1}`, size, times: `${this.#changes}` };
  }

  remove(): void {
    this.state = undefined;
  }

  async scan(): Promise<Fingerprint> {
    this.scans += 1;
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
