import { readdirSync, readFileSync } from 'node:fs';
import { contributorPages } from './contributor-pages.js';
import { fencesOf, type Fence } from './fences.js';

/** A page for users: README.md, and those below docs/. Its code is an app that runs. */
export interface UserPage {
  readonly path: string;
  readonly text: string;
  readonly fences: readonly Fence[];
}

export const userPages: readonly UserPage[] = [
  'README.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`),
]
  .filter((path) => path.endsWith('.md') && !contributorPages.includes(path))
  .map((path) => {
    const text = readFileSync(path, 'utf8');
    return { path, text, fences: fencesOf(path, text) };
  });
