import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path/posix';

const DECISIONS = 'docs/decisions';

/** Pages for contributors. They make no app, and are not in the package. */
export const contributorPages: readonly string[] = [
  'CONTRIBUTING.md',
  'SECURITY.md',
  'docs/threat-model.md',
  'docs/architecture.md',
  ...readdirSync(DECISIONS).map((name) => join(DECISIONS, name)),
];

/** A path in backticks, from the root of the repository: `lib/index.ts`, `lib/sources/<name>.source.ts`. */
const PATH = /`((?:lib|test|docs|ops|bench|scripts|sample-app|\.ci|\.github)\/[\w./@<>*-]*)`/g;

/** Returns the paths that a page names and that do not exist. Of one with a placeholder, the folder above must exist. */
export function missingPaths(markdown: string): string[] {
  const paths = [...markdown.matchAll(PATH)].map(([, path = '']) => path);
  return [...new Set(paths)].filter((path) => !existsSync(fixedPartOf(path)));
}

function fixedPartOf(path: string): string {
  const segments = path.split('/');
  const variable = segments.findIndex((segment) => /[<*]/.test(segment));
  return segments.slice(0, variable === -1 ? undefined : variable).join('/');
}
