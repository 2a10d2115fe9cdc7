import type { ContentContext, ContentLocation, FileContent, UnusableContent } from './parse-content.js';

/** A text for the thread that parses. Only data: it is copied. */
export interface ParserJob {
  readonly bytes: Uint8Array;
  readonly hash: string;
  /** Name of a built-in format. */
  readonly format: string;
  readonly place: ContentLocation;
  readonly context: Pick<ContentContext, 'limits' | 'hasSchema' | 'conflicts'> & {
    /** Whether values are secret, by their paths as JSON. */
    readonly secrets: ReadonlyMap<string, boolean>;
  };
}

/** The answer of the thread: the content, the reason why it cannot be used, or paths that it must know about first. */
export type ParserAnswer =
  | (Pick<FileContent, 'isEmpty' | 'keys' | 'warnings'> & {
      /** Written by `serialize` of node:v8: a copy by `postMessage` would turn a Buffer into a plain Uint8Array. */
      readonly value: Uint8Array;
    })
  | { readonly unusable: UnusableContent }
  | { readonly asked: readonly (readonly string[])[] };
