import { extname } from 'node:path';

/** An export of a module, as a command line names it: `dist/app.config.js#AppConfig`. */
export interface ModuleReference {
  readonly module: string;
  /** Absent if the command line leaves it out. */
  readonly name?: string;
}

export function parseReference(reference: string): ModuleReference {
  const at = reference.lastIndexOf('#');
  return at === -1
    ? { module: reference }
    : { module: reference.slice(0, at), name: reference.slice(at + 1) };
}

export function isTypeScript(module: string): boolean {
  return /^\.[cm]?ts$/.test(extname(module));
}

/** Advice for TypeScript that Node cannot load, after the name of the compiled file. */
export const NO_DECORATORS =
  'Node cannot run TypeScript with decorators; a loader such as tsx can: NODE_OPTIONS="--import tsx" hot-config validate …';
