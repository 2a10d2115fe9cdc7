import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** Relative to the repository, in which all commands run. */
export const CORPUS = 'test/fuzz/corpus';

/** An input, and the file that has it. */
export interface CorpusFile {
  readonly path: string;
  readonly input: Buffer;
}

/** Reads the inputs of a target, in the order of their names. */
export function readCorpus(target: string): CorpusFile[] {
  const folder = `${CORPUS}/${target}`;
  if (!existsSync(folder)) return [];
  const paths = readdirSync(folder)
    .sort()
    .map((name) => `${folder}/${name}`);
  return paths.map((path) => ({ path, input: readFileSync(path) }));
}

/** Adds an input to those of a target, and returns its path. */
export function addToCorpus(target: string, input: Buffer): string {
  const folder = `${CORPUS}/${target}`;
  mkdirSync(folder, { recursive: true });
  const path = `${folder}/${createHash('sha256').update(input).digest('hex').slice(0, 12)}`;
  writeFileSync(path, input);
  return path;
}
