import type { WatchHandle } from '../../watch/file-watch.interface.js';

/** What a source reads over a network. Internal: `http()` and `stored()` each have one. */
export interface Remote {
  /** Name for errors and positions, without credentials: `https://config.example/app.yaml`. */
  readonly name: string;
  /** Path by whose extension the format is chosen if `read` does not say it. Default: the name. */
  readonly path?: string;
  /** `true` if `read` with `wait` answers when the content changes: it is asked again at once then. Default false. */
  readonly canWait?: boolean;
  /** Longest time of a read without `wait`, in ms. Default 30000. */
  readonly timeout?: number;
  /** Time that is added to it with `wait`, in ms. Default 0. */
  readonly waitTime?: number;
  /**
   * Time to the next read that the remote needs, in ms: not before it, and not as late as usual. Undefined: as usual. It is up
   * to date after each read.
   */
  readonly nextReadAfter?: number | undefined;
  /** Asks once. Rejects if there is no answer, or none that can be used; with `NotAsked` if the remote wants no request now. */
  read(request: ReadRequest): Promise<RemoteAnswer>;
  /** Starts to listen for hints. Omit it if there are none. */
  watch?(listener: RemoteListener): WatchHandle;
  /** Releases all connections. */
  close?(): void | Promise<void>;
}

export interface ReadRequest {
  /** The revision that is known: if the content still has it, the answer is `unchanged`. */
  readonly known?: string | undefined;
  /** `true` if the server may hold back its answer until the content changes. */
  readonly wait: boolean;
  /** Maximum size of the content, in bytes. */
  readonly maxBytes: number;
  /** Maximum number of keys and list elements of a text that the remote parses itself. Default: that of the limits. */
  readonly maxKeys?: number;
  /** Aborted when nobody waits for the answer any more. The deadline of a request is up to the remote itself. */
  readonly signal: AbortSignal;
}

/** `absent`: the remote has said for certain that there is no such content. */
export type RemoteAnswer = RemoteContent | 'unchanged' | 'absent';

export interface RemoteContent {
  readonly bytes: Buffer;
  readonly revision: string;
  /** Name of its format, as the remote says. Default: by the extension. */
  readonly format?: string | undefined;
}

export interface RemoteListener {
  /** The content may have changed. */
  changed(): void;
  /** Changes may be missed from now on. */
  lost(error: Error): void;
  /** Changes are reported again; those in between were missed. */
  restored(): void;
}
