import type { VersionHead } from './version-head.js';

/** A version of an earlier process: what is known of it without reading its layers. */
export class StoredVersion {
  readonly version: number;
  readonly time: Date;

  constructor(
    /** The name of its file. */
    readonly file: string,
    readonly head: VersionHead,
  ) {
    this.version = head.version;
    this.time = new Date(head.time);
  }
}
