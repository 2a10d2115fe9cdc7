import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { libraryFolder } from '../util/package-manifest.js';

/** The code of an app that called this library. */
export interface Caller {
  /** The class; else the function, the file or the package. */
  readonly name: string;
  /** The place in the file that runs, which may be compiled from another one. Undefined for a package. */
  readonly position?: CodePosition;
}

/** A place in a file that runs. Lines and columns start at 1. */
export interface CodePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A file that runs. */
interface CodeFile {
  readonly path: string;
  /** The package in `node_modules`; undefined if it is the app's own file. */
  readonly package: string | undefined;
  /** `true` if its code calls a handler of a request or message: that may happen before the start has ended. */
  readonly isOfRequests: boolean;
}

/** Number of frames: four of this library, those of the app, and the one of Nest that called it. */
const FRAMES = 12;

const REQUESTS =
  /[/\\]@nestjs[/\\](?:(?:microservices|websockets)[/\\]context|core[/\\](?:router|helpers|guards|interceptors|pipes))[/\\]/;

const PACKAGE = /^.*[/\\]node_modules[/\\]((?:@[^/\\]+[/\\])?[^/\\]+)/;

/** Packages that call the code of the app, or stand between it and this library. */
const NEST = /^(?:@nestjs\/(?:common|config|core|testing)|nestjs-hot-config)$/;

/** Names of the types of receivers that are no classes. */
const NO_CLASSES: ReadonlySet<string> = new Set(['Object', 'Function', 'Module', 'global', 'undefined']);

/** Finds the code that calls this library. */
export class CallerFinder {
  /** The files of frames, by the names that frames have for them; undefined for those of Node and of this library. */
  readonly #files = new Map<string, CodeFile | undefined>();
  /** In `node_modules`, the files of this library have the name of the package. Elsewhere, as in a workspace, they do not. */
  readonly #ownFolder = libraryFolder();

  /**
   * Returns the outermost function of the app below the frames of Nest: if a class reads through a helper of the app, the
   * class and not the helper. If a package has called, the package.
   *
   * @returns undefined if the code is part of a request, or not known
   * @throws TypeError if `Error` is frozen (`--frozen-intrinsics`), or a loader gives its files other URLs
   */
  find(): Caller | undefined {
    const frames: NodeJS.CallSite[] = [];
    let library: string | undefined;
    for (const frame of stackFrames()) {
      const file = this.#fileOf(frame);
      if (file === undefined) continue;
      if (file.isOfRequests) return undefined;
      if (file.package === undefined) {
        // A function that waits for the code that runs now is another step of the start.
        if (frame.isAsync() && frames.length > 0) break;
        frames.push(frame);
      } else if (frames.length > 0 || file.package === '@nestjs/core') break;
      else if (!NEST.test(file.package)) library ??= file.package;
    }
    const [first] = frames;
    if (first === undefined) return library === undefined ? undefined : { name: library };
    const frame = frames.findLast((one) => one.getFunctionName()) ?? first;
    return this.#callerAt(frame);
  }

  #callerAt(frame: NodeJS.CallSite): Caller {
    const file = this.#fileOf(frame)!.path; // frames without a file were left out
    const position = { file, line: frame.getLineNumber() ?? 1, column: frame.getColumnNumber() ?? 1 };
    return { name: nameOf(frame) ?? file.slice(file.lastIndexOf(sep) + 1), position };
  }

  #fileOf(frame: NodeJS.CallSite): CodeFile | undefined {
    const name = frame.getFileName();
    if (!name) return undefined;
    if (!this.#files.has(name)) this.#files.set(name, this.#codeFile(name));
    return this.#files.get(name);
  }

  #codeFile(name: string): CodeFile | undefined {
    if (name.startsWith('node:')) return undefined;
    const path = name.startsWith('file:') ? fileURLToPath(name) : name;
    if (this.#ownFolder !== undefined && path.startsWith(this.#ownFolder)) return undefined;
    const found = PACKAGE.exec(path)?.[1]?.replace('\\', '/');
    return { path, package: found, isOfRequests: REQUESTS.test(path) };
  }
}

/** Returns the class, or else the function; undefined for code at the top of a file and for a function without a name. */
function nameOf(frame: NodeJS.CallSite): string | undefined {
  // Of `exports.useFactory`, as V8 names what is assigned there, the last word.
  const name = frame.getFunctionName()?.replace(/^.*[.]/, '') || undefined;
  const type = frame.getTypeName();
  if (name === undefined || frame.isConstructor() || type === null || NO_CLASSES.has(type)) return name;
  // Nest stores a factory as a property with another name, and calls it there.
  const member = frame.getMethodName();
  return member === null || name.endsWith(member) ? type : name;
}

/**
 * Returns the calls that are in progress. As objects, not as a text: source maps of the process, which are slow, are
 * applied to texts only.
 */
function stackFrames(): readonly NodeJS.CallSite[] {
  const { stackTraceLimit } = Error;
  const prepareStackTrace: unknown = Reflect.get(Error, 'prepareStackTrace');
  const holder: { stack?: readonly NodeJS.CallSite[] } = {};
  try {
    Error.prepareStackTrace = (_error, frames) => frames;
    Error.stackTraceLimit = FRAMES;
    Error.captureStackTrace(holder, stackFrames);
    return holder.stack ?? [];
  } finally {
    Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  }
}
