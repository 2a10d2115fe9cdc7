import type { Writable } from 'node:stream';

/** A stream that may be a terminal. */
export type Sink = Writable & { readonly isTTY?: boolean };

/** Where the command writes. */
export interface Io {
  readonly stdout: Sink;
  readonly stderr: Sink;
}
