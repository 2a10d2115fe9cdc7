import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The code that called a function of this library. */
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

/** Number of frames: those of the app, and the one of Nest that called it. */
const FRAMES = 12;

/** The frames of a request or message: they are no part of the start, even if one arrives before its end. */
const REQUEST =
  /[/\\]@nestjs[/\\](?:(?:microservices|websockets)[/\\]context|core[/\\](?:router|helpers|guards|interceptors|pipes))[/\\]/;

/** Packages that call the code of the app, or stand between it and this library. They are nobody's reader. */
const NEST = /^(?:@nestjs\/(?:common|config|core|testing)|nestjs-hot-config)$/;

/** Names of the types of receivers that are no classes of the app. */
const NO_CLASSES: ReadonlySet<string> = new Set(['Object', 'Function', 'Module', 'global', 'undefined']);

/**
 * Finds the code of the app that called `callee`: the outermost function of the app below the frames of Nest, so that a
 * class which reads through a helper of the app is found, and not the helper. If a package has called it, the package.
 *
 * @returns undefined if it is part of a request, or not known
 */
export function findCaller(callee: (...parameters: never[]) => unknown): Caller | undefined {
  const frames: NodeJS.CallSite[] = [];
  let library: string | undefined;
  for (const frame of framesAbove(callee)) {
    const file = fileOf(frame);
    if (file === undefined || isOwn(file)) continue;
    const found = packageOf(file);
    if (found === undefined) {
      // What waits for the code that runs now is another step of the start.
      if (frame.isAsync() && frames.length > 0) break;
      frames.push(frame);
    } else if (REQUEST.test(file)) return undefined;
    else if (frames.length > 0 || found === '@nestjs/core') break;
    else if (!NEST.test(found)) library ??= found;
  }
  const frame = frames.findLast((one) => nameOf(one) !== undefined) ?? frames[0];
  if (frame === undefined) return library === undefined ? undefined : { name: library };
  return callerAt(frame);
}

function callerAt(frame: NodeJS.CallSite): Caller {
  const file = fileOf(frame)!; // frames without a file were left out
  const position = { file, line: frame.getLineNumber() ?? 1, column: frame.getColumnNumber() ?? 1 };
  return {
    name: nameOf(frame) ?? file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf(sep)) + 1),
    position,
  };
}

/** Returns the class, or else the function; undefined for code at the top of a file and for a function without a name. */
function nameOf(frame: NodeJS.CallSite): string | undefined {
  const name = frame.getFunctionName() || undefined;
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
function framesAbove(callee: (...parameters: never[]) => unknown): readonly NodeJS.CallSite[] {
  const { prepareStackTrace, stackTraceLimit } = Error;
  const holder: { stack?: readonly NodeJS.CallSite[] } = {};
  try {
    Error.prepareStackTrace = (_error, frames) => frames;
    Error.stackTraceLimit = FRAMES;
    Error.captureStackTrace(holder, callee);
    return holder.stack ?? [];
  } catch {
    return []; // with frozen intrinsics
  } finally {
    Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  }
}

/** Returns the file of a frame; undefined for code of Node. */
function fileOf(frame: NodeJS.CallSite): string | undefined {
  const file = frame.getFileName();
  if (!file || file.startsWith('node:') || file.startsWith('evalmachine.')) return undefined;
  return file.startsWith('file:') ? fileURLToPath(file) : file;
}

/** The folder of this library, if it is not bundled. In `node_modules`, its files have the name of the package. */
const OWN_FOLDER = /^file:.*[/]start-reads[/]/.test(String(import.meta.url))
  ? fileURLToPath(new URL('..', import.meta.url))
  : undefined;

function isOwn(file: string): boolean {
  return OWN_FOLDER !== undefined && file.startsWith(OWN_FOLDER);
}

const PACKAGE = /^.*[/\\]node_modules[/\\]((?:@[^/\\]+[/\\])?[^/\\]+)/;

/** Returns the name of the package that a file belongs to; undefined if it is the app's own. */
function packageOf(file: string): string | undefined {
  return PACKAGE.exec(file)?.[1]?.replace('\\', '/');
}
