import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Transcript } from './transcript.js';

const FIXTURES = fileURLToPath(new URL('../fixtures', import.meta.url));

/** The recording of one release. */
export interface Recording {
  readonly name: string;
  readonly folder: string;
  readonly transcript: Transcript;
}

/** The recordings of all releases. */
export const RECORDINGS: readonly Recording[] = readdirSync(FIXTURES).map((name) => {
  const folder = join(FIXTURES, name);
  const transcript = JSON.parse(readFileSync(join(folder, 'control.json'), 'utf8')) as Transcript;
  return { name, folder, transcript };
});
