import { readFileSync, statSync } from 'node:fs';
import { findSourceMap, SourceMap, type SourceMapPayload } from 'node:module';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CodePosition } from './caller.js';

/** Size of the largest source map that is read, in bytes: parsing must not block the event loop. That of a bundle is larger. */
const MAX_MAP_SIZE = 1024 * 1024;

const TYPESCRIPT = /\.[cm]?tsx?$/;

/** Finds the lines of one file in the sources that it was compiled from. */
export class SourcePlaces {
  readonly #map: SourceMap | undefined;

  constructor(private readonly file: string) {
    this.#map = mapOf(file);
  }

  /** Returns a place as people write it: `src/auth/jwt.strategy.ts:14`, relative to the folder of the process. */
  place({ line, column }: CodePosition): string {
    const entry = this.#map?.findEntry(line - 1, column - 1);
    if (entry !== undefined && 'originalSource' in entry && isPath(entry.originalSource))
      return `${shown(this.#absolute(entry.originalSource))}:${entry.originalLine + 1}`;
    // A program that compiles a file when it loads it keeps the map to itself: the line is one of the compiled code.
    return TYPESCRIPT.test(this.file) ? shown(this.file) : `${shown(this.file)}:${line}`;
  }

  #absolute(source: string): string {
    if (source.startsWith('file:')) return fileURLToPath(source);
    return resolve(dirname(this.file), this.#map?.payload.sourceRoot ?? '', source);
  }
}

/** Returns the map that Node has loaded (`--enable-source-maps`), or that a compiler has written beside the file. */
function mapOf(file: string): SourceMap | undefined {
  try {
    const loaded = findSourceMap(file);
    if (loaded !== undefined) return loaded;
    const path = `${file}.map`;
    if (statSync(path).size > MAX_MAP_SIZE) return undefined;
    return new SourceMap(JSON.parse(readFileSync(path, 'utf8')) as SourceMapPayload);
  } catch {
    return undefined; // there is none, or it is broken
  }
}

/** A bundler gives its sources other protocols. */
function isPath(source: unknown): source is string {
  return typeof source === 'string' && (source.startsWith('file:') || !/^[\w-]{2,}:/.test(source));
}

function shown(file: string): string {
  const path = relative(process.cwd(), file);
  return path.startsWith('..') || isAbsolute(path) ? file : path;
}
